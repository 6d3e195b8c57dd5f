"""Names in bylines, and which of a page's names wrote it."""

from collections.abc import Callable

import pytest
from lxml import html

from pipelines.extract.authors import Authors, authors, is_organisation, names
from pipelines.extract.page import read_page

AuthorsOf = Callable[..., Authors]


@pytest.fixture
def authors_of() -> AuthorsOf:
    """The authors of a page with this author in its data, meta tag and under its headline."""

    def read(shown: str = "", *, linked: str = "null", meta: str = "", around: str = "") -> Authors:
        data = f'{{"@type": "NewsArticle", "headline": "Pasar dibuka", "author": {linked}}}'
        root = html.document_fromstring(
            f'<html><head><meta name="author" content="{meta}">'
            f'<script type="application/ld+json">{data}</script></head><body>'
            f'<div class="{around}"><h1>Pasar dibuka</h1>{shown}</div><p>Isi.</p></body></html>'
        )
        return authors(read_page(root, "https://www.suara-contoh.example/1"), "Suara")

    return read


def test_organisations_stand_apart_from_people(authors_of: AuthorsOf) -> None:
    linked = '[{"@type": "Person", "name": "Rina Lestari"}, {"@type": "Person", "name": "AFP"}]'
    found = authors_of(linked=linked)
    assert found.people == ["Rina Lestari"]
    assert found.organisations == ["AFP"]


def test_an_organisation_that_alone_signs_is_the_author(authors_of: AuthorsOf) -> None:
    found = authors_of(linked='{"@type": "Organization", "name": "dpa"}')
    assert found.people == found.organisations == ["dpa"]


@pytest.mark.parametrize("own", ["Suara", "Suara Contoh", "suara-contoh.example"])
def test_the_site_is_no_person(authors_of: AuthorsOf, own: str) -> None:
    found = authors_of("<div>Oleh Rina Lestari</div>", meta=own)
    assert found.people == ["Rina Lestari"]
    assert found.organisations == [own]


def test_a_byline_beside_the_headline_counts_in_any_wrapper(authors_of: AuthorsOf) -> None:
    byline = '<span class="author"><a href="/rina">Rina Lestari</a></span>'
    assert authors_of(byline, around="has-sidebar card").people == ["Rina Lestari"]
    elsewhere = f'<div class="sidebar">{byline}</div>'
    assert authors_of(elsewhere).people == []


def test_a_section_is_no_byline(authors_of: AuthorsOf) -> None:
    shown = '<div class="authors">nasional</div><div>Oleh Rina Lestari</div>'
    assert authors_of(shown).people == ["Rina Lestari"]


def test_a_byline_may_have_an_element_for_each_name(authors_of: AuthorsOf) -> None:
    shown = '<div><b class="byline">Rina Lestari</b><b class="byline">Agus Prasetyo</b></div>'
    assert authors_of(shown).people == ["Rina Lestari", "Agus Prasetyo"]


@pytest.mark.parametrize(
    ("byline", "expected"),
    [
        ("By Helen Marsh", ["Helen Marsh"]),
        ("Oleh: Rina Lestari dan Agus Prasetyo", ["Rina Lestari", "Agus Prasetyo"]),
        ("Penulis: Dewi Anggraini", ["Dewi Anggraini"]),
        ("Editor: Siti Aminah", []),
        ("RINA LESTARI", ["Rina Lestari"]),
        ("Dan Jervis-Bardy", ["Dan Jervis-Bardy"]),
        ("Felix Schröder und Jörg Soldwisch, dpa", ["Felix Schröder", "Jörg Soldwisch", "dpa"]),
        ("John Garcia Jr.", ["John Garcia Jr."]),
        ("Chus del Pino", ["Chus del Pino"]),
        ("https://www.facebook.com/kabar", []),
        ("By Helen Marsh 30 August 2023 • 4:45pm", ["Helen Marsh"]),
        ("By Helen Marsh on December 22, 2023", ["Helen Marsh"]),
        ("posted on 2023-12-19 23:30 EST by Helen Marsh", ["Helen Marsh"]),
        ("Oleh Rina Lestari, Kamis 30 November 2023", ["Rina Lestari"]),
        ("Penulis: Rina Lestari | Editor: Budi Santoso", ["Rina Lestari"]),
        ("Reporter: Rina Lestari Editor: Budi Santoso", ["Rina Lestari"]),
        ("Pewarta : Rina Lestari/Agus Prasetyo", ["Rina Lestari", "Agus Prasetyo"]),
        ("Foto: Agus Prasetyo", []),
        ("Sumber: Antara", []),
        ("Rina Lestari, Staff Writer", ["Rina Lestari"]),
        ("5 min read", []),
        ("신현주 기자", ["신현주"]),
    ],
)
def test_names_in_bylines(byline: str, expected: list[str]) -> None:
    assert names(byline) == expected


@pytest.mark.parametrize("name", ["Tim Redaksi", "Kabar News", "AFP", "Kabar.com"])
def test_organisations_are_told_from_people(name: str) -> None:
    assert is_organisation(name)
    assert not is_organisation("Rina Lestari")
