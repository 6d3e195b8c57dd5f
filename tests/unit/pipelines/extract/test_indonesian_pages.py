"""Metadata of Indonesian portals' kinds of pages."""

from datetime import UTC, datetime
from typing import Any

import pytest

from archive.model import Extraction, Outcome, PageKind
from pipelines import extract
from tests.unit.pipelines.extract import indonesian as pages

SERVED_AT = datetime(2023, 11, 30, 9, 5, tzinfo=UTC)
WIB = "2023-11-30T14:05:00+07:00"


def read(page: bytes, path: str = "berita/pasar-ikan-1") -> Extraction:
    return extract(page, f"https://www.kabar.example/{path}", captured_at=SERVED_AT)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (
            pages.DETAIL,
            {
                "authors": ["Rina Lestari"],
                "section": "Berita",
                "tags": ["pasar ikan", "muara baru"],
                "description": "Pasar ikan dibuka lagi.",
                "image_url": "https://cdn.kabar.example/pasar.jpg",
                "image_caption": "Suasana pasar ikan Muara Baru.",
                "image_credit": "Agus Prasetyo/kabarcom",
            },
        ),
        (
            pages.READ,
            {
                "authors": ["Rina Lestari", "Agus Prasetyo"],
                "section": "Megapolitan",
                "tags": ["pasar ikan", "Muara Baru"],
                "image_url": "https://www.kabar.example/pasar.jpg",
                "image_caption": "Suasana pasar ikan Muara Baru, Kamis.",
                "image_credit": "KABAR.com/AGUS PRASETYO",
                "dateline": "JAKARTA, KABAR.com",
            },
        ),
        (
            pages.NETWORK,
            {
                "authors": ["Rina Lestari"],
                "section": "Metropolitan",
                "tags": ["pasar ikan"],
                "image_url": "https://www.kabar.example/p.jpg",
                "image_caption": "Suasana pasar ikan.",
                "image_credit": "Kabarnews.com/Agus Prasetyo",
                "dateline": "KABARNEWS.COM, JAKARTA",
            },
        ),
        (
            pages.WEEKLY,
            {
                "authors": ["Rina Lestari"],
                "section": "Metro",
                "image_caption": "Suasana pasar ikan Muara Baru.",
                "image_credit": "KORAN/Agus Prasetyo",
            },
        ),
        (
            pages.AGENCY,
            {
                "authors": ["Rina Lestari"],
                "image_caption": "Arsip foto - Suasana pasar ikan.",
                "image_credit": "BERITA FOTO/Agus Prasetyo/foc",
                "dateline": "Jakarta (BERITA)",
            },
        ),
    ],
    ids=["detail", "read", "network", "weekly", "agency"],
)
def test_all_metadata_of_a_news_page(page: bytes, expected: dict[str, Any]) -> None:
    got = read(page)
    assert got.outcome is Outcome.ARTICLE
    assert got.page_kind is PageKind.ARTICLE
    assert got.title == pages.TITLE
    assert got.language == "id"
    assert got.published_at is not None
    assert got.published_at.isoformat() == WIB
    assert {name: getattr(got, name) for name in expected} == expected


def test_a_time_told_as_so_long_ago() -> None:
    got = read(pages.FRESH)
    assert got.authors == ["Rina Lestari"]
    assert got.published_at == datetime(2023, 11, 30, 7, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("page", "path", "kind"),
    [
        (pages.COLUMN, "nasional/1", PageKind.OPINION),
        (pages.LIVE, "nasional/2", PageKind.LIVEBLOG),
        (pages.VIDEO, "video/pasar", PageKind.VIDEO),
        (pages.GALLERY, "foto/pasar", PageKind.GALLERY),
        (pages.INDEX, "indeks/", PageKind.INDEX),
        (pages.PAID, "nasional/3", PageKind.ARTICLE),
    ],
    ids=["column", "live", "video", "gallery", "index", "paid"],
)
def test_kinds_of_pages(page: bytes, path: str, kind: PageKind) -> None:
    got = read(page, path)
    assert got.page_kind is kind
    assert 0.5 < got.page_kind_confidence <= 1
    text_kinds = (PageKind.OPINION, PageKind.LIVEBLOG, PageKind.ARTICLE)
    assert (got.outcome is Outcome.ARTICLE) == (kind in text_kinds)


def test_zones_of_the_east_and_the_middle() -> None:
    column, live = read(pages.COLUMN), read(pages.LIVE)
    assert column.published_at is not None
    assert column.published_at.isoformat() == "2023-11-30T14:05:00+08:00"
    assert live.published_at is not None
    assert live.published_at.isoformat() == "2023-11-30T14:05:00+09:00"


def test_what_a_column_says_of_itself() -> None:
    got = read(pages.COLUMN)
    assert got.authors == ["Siti Rahma"]
    assert got.section == "Opini"


def test_a_page_for_subscribers() -> None:
    assert read(pages.PAID).paywalled is True
    assert read(pages.FRESH).paywalled is None


def test_a_section_from_linked_crumbs() -> None:
    crumbs = ", ".join(
        f'{{"@type": "ListItem", "position": {at}, "item": {{"@id": "/{at}", "name": "{name}"}}}}'
        for at, name in enumerate(("Beranda", "Ekonomi", pages.TITLE), start=1)
    )
    data = f'{{"@type": "BreadcrumbList", "itemListElement": [{crumbs}]}}'
    page = pages.page(
        f"<h1>{pages.TITLE}</h1>{pages.BODY}",
        head=f'<script type="application/ld+json">{data}</script>',
    )
    assert read(page).section == "Ekonomi"
