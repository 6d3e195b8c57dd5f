"""HTML of archived pages as it is shown again."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.web.replay.addresses import Place, read_moment, read_place
from archive.web.replay.markup import replayed_page

PLACE = Place("http://r", "replay", datetime(2026, 11, 20, tzinfo=UTC), "https://suara.example/a/b")
PART = "http://r/k/20261120000000/https://suara.example"
LINK = "http://r/replay/20261120000000/https://suara.example"


def shown(text: str) -> str:
    return replayed_page(text, PLACE, "k")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<IMG SRC=x.png>", f'<IMG src="{PART}/a/x.png">'),
        ("<img src='/x.png' alt=\"a > b\">", f'<img src="{PART}/x.png" alt="a &gt; b">'),
        ("<img data-src=y.png class=lazy>", f'data-src="y.png" class="lazy" src="{PART}/a/y.png"'),
        ("<img src=x.png data-src=y.png>", f'src="{PART}/a/x.png"'),
        ("<img srcset='a.png 1x,b.png 2x'>", f'"{PART}/a/a.png 1x,{PART}/a/b.png 2x"'),
        ("<a href=/c target=_top ping=/p>", f'<a href="{LINK}/c">'),
        ("<a href='#x'>", "<a href='#x'>"),
        ('<a href="java\nscript:x">', "<a"),
        ("<a href='mailto:a@b'>", "<a href='mailto:a@b'>"),
        ("<base href=https://lain.example/z/><a href=c>", "https://lain.example/z/c"),
        ("<link rel='preload stylesheet' href=a.css>", f'href="{PART}/a/a.css"'),
        ("<link rel=canonical href=/c>", "<link rel=canonical href=/c>"),
        ("<p style='background:url(a.png)'>", f"url(&quot;{PART}/a/a.png&quot;)"),
        ("<style>a{b:url(a.png)}</style>", f'<style>a{{b:url("{PART}/a/a.png")}}</style>'),
        ("<svg viewBox='0 0 1 1'><image xlink:href=a.svg>", f'xlink:href="{PART}/a/a.svg"'),
        ("<!-- <img src=x> -->", "<!-- <img src=x> -->"),
        ("<textarea><img src=x></textarea>", "<textarea><img src=x></textarea>"),
        ("a < b & c &lt; <p class=x>é</p", "a < b & c &lt; <p class=x>é</p"),
        ("<iframe src=//iklan.example/ad srcdoc=x>", "/k/20261120000000/https://iklan.example/ad"),
    ],
)
def test_addresses_are_those_of_the_replay_and_all_else_stays(before: str, after: str) -> None:
    assert after in shown(before)


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
    ],
)
def test_what_does_more_than_show_is_left_out(markup: str) -> None:
    assert shown(f"a{markup}") == "a"


def test_handlers_are_left_out() -> None:
    assert shown('<p OnClick="x()" id=p onx>') == '<p id="p">'


@pytest.mark.parametrize(
    "seed",
    ["<", "<a ", "<!--", '<a href="', "<a b='", "<a b=", "<a b =", "</a ", "<style>", "<script>",
     "<a =", "<textarea>", "<img srcset='a ", "<p style='url(", "<a\n/", "=\"'"],
)  # fmt: skip
def test_no_page_takes_long(seed: str) -> None:
    page = seed * (400_000 // len(seed))
    started_at = time.monotonic()
    shown(page)
    assert time.monotonic() - started_at < 5


@given(st.text(alphabet="<>/='\"ab \n!-&;#script", max_size=60))
def test_any_text_can_be_shown(text: str) -> None:
    assert "<script" not in shown(text).lower() or "<!--" in text


@given(st.text(min_size=1, max_size=40), st.booleans())
def test_a_place_is_read_as_it_is_written(tail: str, is_as_served: bool) -> None:
    url = f"https://suara.example/{tail.encode('utf-8', 'ignore').hex()}?a=%20b"
    place = Place("http://r", "replay", PLACE.moment, url, is_as_served)
    path, _, query = str(place).removeprefix("http://r").partition("?")
    assert read_place("http://r", path, query, "k") == place


def test_a_time_may_be_cut_short() -> None:
    assert read_moment("2026") == datetime(2026, 1, 1, tzinfo=UTC)
    assert read_moment("202611201") == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert read_moment("20261399") is None
