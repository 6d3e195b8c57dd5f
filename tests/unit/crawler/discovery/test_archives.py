"""What archive pages, pages of posts and addresses with dates in them say."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from archive.errors import DiscoveryError
from archive.model import Candidate, FoundBy, Source, UrlKind
from crawler.discovery.archives import (
    DayTemplate,
    discover_archive,
    first_page,
    is_next_page,
    page_number,
    template_of,
    template_problem,
    with_number,
)
from crawler.discovery.posts import discover_posts, posts_url, with_all_pages
from crawler.discovery.span import Span, period_in

SITE = "https://suara.example/"
SOURCE = Source("suara", SITE)
SPAN = Span(date(2024, 2, 1), date(2024, 3, 10))


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("indeks?date=2024-05-17", "indeks?date={date:%Y-%m-%d}"),
        ("indeks?page=3&date=2024-05-17", "indeks?date={date:%Y-%m-%d}"),
        ("indeks/2024/05/17/page/2", "indeks/{date:%Y/%m/%d}"),
        ("arsip/20240517/", "arsip/{date:%Y%m%d}"),
    ],
)
def test_a_day_in_an_address_makes_a_template(url: str, text: str) -> None:
    template = template_of(SITE + url)
    assert template == DayTemplate(SITE + text)
    assert template.day_of(SITE + url) == date(2024, 5, 17)
    day = date(2023, 1, 2)
    assert template.day_of(template.url(day)) == day


def test_an_address_without_a_day_makes_none() -> None:
    assert template_of(f"{SITE}politik/2024-ekonomi") is None
    assert template_of(f"{SITE}dari/2024-05-17/ke/2024-05-18") is None
    assert DayTemplate(f"{SITE}indeks?date={{date:%Y-%m-%d}}").day_of(f"{SITE}politik") is None


def test_templates_of_people_are_checked() -> None:
    assert template_problem(f"{SITE}indeks?tgl={{date:%d}}&bln={{date:%m}}&th={{date:%Y}}") is None
    assert template_problem(f"{SITE}{{date:%Y/%m}}/") is None
    for wrong in (SITE, f"{SITE}{{day}}", "indeks/{date:%Y}", f"{SITE}{{date:%d}}"):
        assert template_problem(wrong) is not None


def test_pages_of_a_listing_are_counted() -> None:
    assert page_number(f"{SITE}politik/page/12/") == 12
    assert page_number(f"{SITE}indeks?date=2024-05-17&page=3") == 3
    assert page_number(f"{SITE}?p=3") == 1
    assert first_page(f"{SITE}politik/page/12/") == first_page(f"{SITE}politik/")
    assert with_number(f"{SITE}politik/page/2/", 40) == f"{SITE}politik/page/40/"
    assert is_next_page(f"{SITE}politik?page=2", f"{SITE}politik/")
    assert not is_next_page(f"{SITE}ekonomi?page=2", f"{SITE}politik/")


def test_an_archive_page_names_articles_and_what_leads_on() -> None:
    body = b"""<html><body>
      <li><a href="/2024/05/17/harga-cabai-turun-di-pasar">Harga</a>
          <time datetime="2024-05-17T08:00:00+07:00">hari ini</time></li>
      <a href="?date=2024-05-16">Kemarin</a> <a href="?date=2024-05-17&amp;page=2">2</a>
      <a href="/politik/">Politik</a> <a href="/tag/cabai">cabai</a>
      <a href="https://lain.example/2024/05/17/berita-dari-tempat-lain">Lain</a></body></html>"""
    url = f"{SITE}indeks?date=2024-05-17"
    found = discover_archive(body, url, content_type="text/html", source=SOURCE)
    pages = [each for each in found.candidates if each.kind is UrlKind.PAGE]
    assert [each.url for each in pages] == [f"{SITE}2024/05/17/harga-cabai-turun-di-pasar"]
    assert pages[0].published_at == datetime(2024, 5, 17, 1, tzinfo=UTC)
    assert pages[0].found_by is FoundBy.ARCHIVE
    leads = {each.url for each in found.candidates if each.kind is UrlKind.ARCHIVE}
    assert leads == {f"{SITE}indeks?date=2024-05-16", f"{url}&page=2", f"{SITE}politik/"}
    with pytest.raises(DiscoveryError):
        discover_archive(b"%PDF-1.7", url, content_type="application/pdf", source=SOURCE)


def test_posts_name_articles_and_all_their_pages() -> None:
    post = {"link": f"{SITE}kabar-baru-dari-kampung", "date_gmt": "2024-02-03T04:05:06"}
    url = posts_url(SITE, SPAN.first, SPAN.last)
    found = discover_posts(json.dumps([post]).encode(), url, content_type=None, source=SOURCE)
    assert [each.published_at for each in found.candidates] == [
        datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    ]
    paged = with_all_pages(found, url, "3").candidates
    assert [page_number(each.url) for each in paged if each.kind is UrlKind.API] == [2, 3]
    for wrong in (b"{}", b"<html>", b'[{"id": 1}]', b"[1]"):
        with pytest.raises(DiscoveryError):
            discover_posts(wrong, url, content_type=None, source=SOURCE)


def test_a_full_page_of_posts_has_a_next_one_where_no_total_is_told() -> None:
    posts = [{"link": f"{SITE}kabar-nomor-{number}-dari-kampung"} for number in range(100)]
    url = posts_url(SITE, SPAN.first, SPAN.last)
    found = discover_posts(json.dumps(posts).encode(), url, content_type=None, source=SOURCE)
    assert [page_number(each.url) for each in found.candidates if each.kind is UrlKind.API] == [2]


@pytest.mark.parametrize(
    ("name", "period"),
    [
        ("sitemap-2024-02.xml", (date(2024, 2, 1), date(2024, 2, 29))),
        ("sitemap-posttype-post.2024.02.xml.gz", (date(2024, 2, 1), date(2024, 2, 29))),
        ("sitemap.xml?yyyy=2024&mm=02&dd=03", (date(2024, 2, 1), date(2024, 2, 29))),
        ("sitemaps/2024/02/03.xml", (date(2024, 2, 3), date(2024, 2, 3))),
        ("sitemap-2023.xml", (date(2023, 1, 1), date(2023, 12, 31))),
        ("post-sitemap12.xml", None),
    ],
)
def test_dated_sitemaps_are_known_by_their_address(
    name: str, period: tuple[date, date] | None
) -> None:
    assert period_in(SITE + name) == period


def candidate(path: str, kind: UrlKind = UrlKind.PAGE, **facts: datetime) -> Candidate:
    return Candidate(SITE + path, kind, FoundBy.SITEMAP, SITE, **facts)


def test_what_is_known_to_lie_outside_a_span_is_left_out() -> None:
    old = datetime(2024, 1, 20, tzinfo=UTC)
    assert SPAN.may_hold(candidate("kabar"))
    assert SPAN.may_hold(candidate("2024/01/31/kabar-di-tengah-malam"))
    assert SPAN.may_hold(candidate("2024/03/kabar-bulan-maret"))
    assert SPAN.may_hold(candidate("kabar", modified_at=datetime(2025, 1, 1, tzinfo=UTC)))
    assert not SPAN.may_hold(candidate("2024/01/20/kabar-lama-sekali"))
    assert not SPAN.may_hold(candidate("kabar", published_at=old))
    assert not SPAN.may_hold(candidate("kabar", modified_at=old))
    assert not SPAN.may_hold(candidate("sitemap-2024-04.xml", UrlKind.SITEMAP))
    assert not SPAN.may_hold(candidate("post-sitemap1.xml", UrlKind.SITEMAP, modified_at=old))
