"""HTML of archived pages as it is shown again."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.web.replay.addresses import ReplayAddress, parse_replay_path, parse_timestamp
from archive.web.replay.markup import replayed_page

PLACE = ReplayAddress(
    "http://r", "replay", datetime(2026, 11, 20, tzinfo=UTC), "https://suara.example/a/b"
)
PART = "http://r/k/20261120000000/https://suara.example"
LINK = "http://r/replay/20261120000000/https://suara.example"


def shown(text: str) -> str:
    return replayed_page(text, PLACE, "k")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<IMG SRC=x.png>", f'<img src="{PART}/a/x.png">'),
        ("<img src='/x.png' alt=\"a > b\">", f'<img src="{PART}/x.png" alt="a &gt; b">'),
        (
            "<img data-src=y.png class=lazy>",
            f'<img data-src="y.png" class="lazy" src="{PART}/a/y.png">',
        ),
        (
            "<img src=x.png data-src=y.png>",
            f'<img src="{PART}/a/x.png" data-src="y.png">',
        ),
        ("<img srcset='a.png 1x,b.png 2x'>", f'<img srcset="{PART}/a/a.png 1x,{PART}/a/b.png 2x">'),
        ("<a href=/c target=_top ping=/p>", f'<a href="{LINK}/c">'),
        ("<a href='#x'>", '<a href="#x">'),
        ('<a href=" java\nscript:x">', "<a>"),
        ("<a href='mailto:a@b'>", '<a href="mailto:a@b">'),
        (
            "<base href=https://lain.example/z/><img src=c>",
            '<img src="http://r/k/20261120000000/https://lain.example/z/c">',
        ),
        ("<link rel='preload stylesheet' href=a.css>",
         f'<link rel="preload stylesheet" href="{PART}/a/a.css">'),
        ("<p style='background:url(a.png)'>",
         f'<p style="background:url(&quot;{PART}/a/a.png&quot;)">'),
        ("<style>a{b:url(a.png)}</style>", f'<style>a{{b:url("{PART}/a/a.png")}}</style>'),
        ("<style>@media (width<=9px){a{content:'<b>'}}</style>",
         "<style>@media (width<=9px){a{content:'\\3c b>'}}</style>"),
        ("<svg viewBox='0 0 1 1'><image xlink:href=a.svg />",
         f'<svg viewbox="0 0 1 1"><image xlink:href="{PART}/a/a.svg" />'),
        ("<textarea>a<b></textarea>", "<textarea>a&lt;b&gt;</textarea>"),
        ("<!DOCTYPE html>a < b &lt; <p class=x>é</p",
         '<!DOCTYPE html>a &lt; b &lt; <p class="x">é'),
        ("<form action=/x method=post><button formaction=/y>", '<form method="post"><button>'),
        ('<p OnClick="x()" id=p onx>', '<p id="p">'),
        ("<NoScript><img src=/x.png></noscript>",
         f'<noscript><img src="{PART}/x.png"></noscript>'),
    ],
)  # fmt: skip
def test_addresses_are_those_of_the_replay_and_all_else_stays(before: str, after: str) -> None:
    assert shown(before) == after


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "<script src=x></script>",
        "<script>alert(1)",
        "<meta http-equiv=refresh content='0;url=http://e/'>",
        "<meta http-equiv='Content-Security-Policy' content=x>",
        "<link rel=preconnect href=http://e>",
        "<link rel='dns-prefetch' href=//e>",
        "<link rel=preload as=script href=x.js>",
        "<iframe src=//iklan.example/ad srcdoc=x>a</iframe>",
        "<object data=x><embed src=y></object>",
        "<!-- <p> --><!--><!---><?xml x?><![CDATA[",
    ],
)
def test_what_does_more_than_show_is_left_out(markup: str) -> None:
    assert shown(f"a{markup}") == "a"


LINK_OUT = "<link rel=preconnect href=http://e>"


@pytest.mark.parametrize(
    "hidden",
    [
        f"<svg><title>{LINK_OUT}</title></svg>",
        f"<svg><style>{LINK_OUT}</style></svg>",
        f"<noembed><!--</noembed>{LINK_OUT}-->",
        f"<iframe><p title='</iframe>{LINK_OUT}'>",
        f"<xmp><p title='</xmp>{LINK_OUT}'>",
        f"<plaintext>{LINK_OUT}",
        f"<textarea><p title='</textarea>{LINK_OUT}'>",
        f"<a <link {LINK_OUT}",
        f"<a<link {LINK_OUT}",
        f"<math><annotation-xml>{LINK_OUT}",
        f"<!x '{LINK_OUT}'>",
        f"<!doctype html PUBLIC '{LINK_OUT}'>",
        f"<svg><![CDATA[{LINK_OUT}]]></svg>",
        f"<noscript><!-- </noscript>{LINK_OUT}-->",
        f"<noscript><p title='</noscript>{LINK_OUT}'>",
        f"</p title='{LINK_OUT}'>",
        "<p title='<link rel=preconnect href=http://e>'>",
        "<link\x1crel=preconnect\x0bhref=http://e>",
    ],
)
def test_no_tag_hides_where_only_a_browser_finds_it(hidden: str) -> None:
    assert "<link" not in shown(hidden)


@pytest.mark.parametrize(
    "seed",
    ["<", "<a ", "<!--", '<a href="', "<a b='", "<a b=", "<a b =", "</a ", "<style>", "<script>",
     "<a =", "<textarea>", "<img srcset='a ", "<p style='url(", "<a\n/", "=\"'",
     "<div>", "<noscript>", "<p><b>", "<script><!--<script>"],
)  # fmt: skip
def test_no_page_takes_long(seed: str) -> None:
    page = seed * (400_000 // len(seed))
    started_at = time.monotonic()
    shown(page)
    assert time.monotonic() - started_at < 5


MARKUP = st.lists(
    st.sampled_from(
        [*"<>/='\"! \n?", "--", "a", "script", "link", "title", "svg", "style", "textarea", "rel"]
    ),
    max_size=40,
).map("".join)


@given(MARKUP)
def test_no_script_or_hint_is_left_in_any_text(text: str) -> None:
    assert not re.search(r"<(?:script|link|iframe|noembed)[\s/>]", shown(text))


@given(st.text(min_size=1, max_size=40), st.booleans())
def test_a_place_is_read_as_it_is_written(tail: str, is_as_served: bool) -> None:
    url = f"https://suara.example/{tail.encode('utf-8', 'ignore').hex()}?a=%20b"
    place = ReplayAddress("http://r", "replay", PLACE.moment, url, is_as_served)
    path, _, query = str(place).removeprefix("http://r").partition("?")
    assert parse_replay_path("http://r", path, query, "k") == place


def test_a_key_may_begin_with_a_dash() -> None:
    place = parse_replay_path("http://r", "/-k_/2026/https://suara.example/", "", "-k_")
    assert place and place.is_part


def test_a_time_may_be_cut_short() -> None:
    assert parse_timestamp("2026") == datetime(2026, 1, 1, tzinfo=UTC)
    assert parse_timestamp("202611201") == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert parse_timestamp("20261399") is None
