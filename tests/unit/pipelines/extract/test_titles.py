"""Which of a page's titles is its headline."""

from collections.abc import Callable

import pytest
from lxml import html

from pipelines.extract.page import read_page
from pipelines.extract.titles import headline, without_site

SITE = "Suara Contoh"


@pytest.fixture
def title_of() -> Callable[..., str | None]:
    """The headline of a page with these titles in its heading, data, meta tags and element."""

    def read(
        heading: str = "",
        *,
        linked: str = "",
        og: str = "",
        twitter: str = "",
        element: str = "",
        **meta: str,
    ) -> str | None:
        tags = {"og:title": og, "twitter:title": twitter, **meta}
        root = html.document_fromstring(
            f"<html><head><title>{element}</title>"
            + "".join(f'<meta property="{k}" content="{v}">' for k, v in tags.items() if v)
            + '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "'
            + linked
            + f'"}}</script></head><body><h1>{heading}</h1><p>Isi.</p></body></html>'
        )
        return headline(read_page(root, "https://suara.example/1"), SITE).text

    return read


def test_the_heading_wins_over_one_other(title_of: Callable[..., str | None]) -> None:
    assert title_of("Banjir surut di Demak", og="Demak bebas banjir") == "Banjir surut di Demak"


def test_two_that_agree_outvote_the_heading(title_of: Callable[..., str | None]) -> None:
    said = "Warga Demak pulang, banjir surut"
    assert title_of("Banjir surut di Demak", linked=said, og=said) == said


def test_a_heading_unlike_all_data_is_no_headline(title_of: Callable[..., str | None]) -> None:
    assert title_of("Nusantara", og="Banjir surut di Demak") == "Banjir surut di Demak"


def test_a_title_written_for_sharing_wins_over_one_field_in_three_places(
    title_of: Callable[..., str | None],
) -> None:
    field = "Banjir Demak: banjir surut dan warga pulang"
    element = f"{field} - {SITE}"
    by_hand = "Akhirnya warga Demak pulang"
    assert title_of(field, linked=field, og=by_hand, element=element) == by_hand
    assert title_of(field, linked=field, og=by_hand, twitter=field, element=element) == field
    assert title_of(field, linked=field, og="Berita hari ini", element=element) == field


def test_a_section_behind_the_headline_goes(title_of: Callable[..., str | None]) -> None:
    said = "Banjir surut di Demak-Nasional"
    assert title_of(said, og=said, headline="Banjir surut di Demak") == "Banjir surut di Demak"


def test_two_kickers_before_one_headline_go(title_of: Callable[..., str | None]) -> None:
    shared = "Jawa Tengah: Banjir surut di Demak"
    got = title_of("Cuaca ekstrem - Banjir surut di Demak", og=shared, twitter=shared)
    assert got == "Banjir surut di Demak"


def test_entities_written_twice_are_undone(title_of: Callable[..., str | None]) -> None:
    assert title_of(og="Pasar &amp;quot;Lama&amp;quot; dibuka") == 'Pasar "Lama" dibuka'


def test_a_title_cut_short_does_not_count(title_of: Callable[..., str | None]) -> None:
    whole = "Banjir surut di Demak setelah tiga hari hujan"
    assert title_of(og="Banjir surut di Demak setelah...", element=whole) == whole


def test_a_text_in_the_place_of_a_title_does_not_count(title_of: Callable[..., str | None]) -> None:
    long = " - ".join(["banjir"] * 2000)
    assert title_of("Banjir surut di Demak", og=long, twitter=long) == "Banjir surut di Demak"


@pytest.mark.parametrize(
    ("title", "site", "expected"),
    [
        ("Banjir Surut - Suara Contoh", SITE, "Banjir Surut"),
        ("Suara Contoh | Banjir Surut", SITE, "Banjir Surut"),
        ("Banjir Surut di Demak dan Kudus - News - SRF", "SRF", "Banjir Surut di Demak dan Kudus"),
        ("Banjir: tiga desa terendam", SITE, "Banjir: tiga desa terendam"),
        ("Suara - Lima janji: Suara pemilih muda", "Suara", "Lima janji: Suara pemilih muda"),
        ("Menteri: «Banjir surut»", SITE, "Menteri: «Banjir surut»"),
        ("Banjir surut di Demak» Suara Contoh", SITE, "Banjir surut di Demak"),
    ],
)  # fmt: skip
def test_site_name_is_no_title(title: str, site: str, expected: str) -> None:
    assert without_site(title, site) == expected
