import pytest

from archive.errors import DiscoveryError
from archive.model import FoundBy, Source, UrlKind
from crawler.discovery import Discovered
from crawler.discovery.listing import discover_listing

URL = "https://suara.example/"
SOURCE = Source("suara", URL)

FRONT = """<!DOCTYPE html>
<html lang="id-ID"><head><title>Suara Contoh - Berita Hari Ini</title></head><body>
<a class="skip" href="#isi">Langsung ke isi</a>
<nav><a href="/">Beranda</a> <a href="/politik/">Politik</a> <a href="/ekonomi">Ekonomi</a>
<a href="/tentang-kami">Tentang Kami</a> <a href="/indeks">Indeks</a></nav>
<main>
<article><a href="/2023/11/30/bendungan/"><img src="a.jpg"></a>
<h2><a href="/2023/11/30/bendungan/?utm_source=beranda#baca">Presiden Meresmikan Bendungan</a></h2>
<a rel="author" href="/penulis/sari">Sari</a> <a href="/tag/bendungan">bendungan</a>
<a href="https://www.facebook.com/sharer.php?u=x">Bagikan</a>
<a href="/2023/11/30/bendungan/?share=wa">WA</a></article>
<article><a href="opini/harga-beras">Mengapa harga beras naik lagi tahun ini</a></article>
<article><a href="https://m.suara.example/banjir-demak-surut/">Banjir surut</a></article>
<a href="/promo-belanja-murah-akhir-tahun" rel="nofollow sponsored">Iklan</a>
<a href="mailto:redaksi@suara.example">Surel</a> <a href="javascript:void(0)">Menu</a>
<a href="/page/2/">Berikutnya</a> <a href="">kosong</a>
</main></body></html>"""


def read(text: str | bytes, url: str = URL, content_type: str = "text/html") -> Discovered:
    body = text if isinstance(text, bytes) else text.encode()
    return discover_listing(body, url, content_type=content_type, source=SOURCE)


def urls(found: Discovered, kind: UrlKind) -> list[str]:
    return [candidate.url for candidate in found.candidates if candidate.kind is kind]


def test_articles_are_found_once_and_in_page_order() -> None:
    found = read(FRONT)
    assert urls(found, UrlKind.PAGE) == [
        "https://suara.example/2023/11/30/bendungan/",
        "https://suara.example/opini/harga-beras",
        "https://m.suara.example/banjir-demak-surut/",
    ]
    assert {(c.found_by, c.found_in) for c in found.candidates} == {(FoundBy.LINK, URL)}
    assert (found.title, found.language) == ("Suara Contoh - Berita Hari Ini", "id")


def test_sections_are_listings_and_no_other_listing_is_followed() -> None:
    found = read(FRONT)
    assert urls(found, UrlKind.LISTING) == [
        "https://suara.example/politik/",
        "https://suara.example/ekonomi",
    ]


def test_every_link_that_is_not_followed_has_its_rule() -> None:
    rules = {refusal.url: refusal.verdict.rule for refusal in read(FRONT).refused}
    assert rules == {
        "https://suara.example/tentang-kami": "about",
        "https://suara.example/indeks": "archive",
        "https://suara.example/penulis/sari": "taxonomy",
        "https://suara.example/tag/bendungan": "taxonomy",
        "https://www.facebook.com/sharer.php?u=x": "off-site",
        "https://suara.example/2023/11/30/bendungan/?share=wa": "reply",
        "https://suara.example/promo-belanja-murah-akhir-tahun": "nofollow",
        "mailto:redaksi@suara.example": "not-web",
        "javascript:void(0)": "not-web",
        "https://suara.example/page/2/": "pagination",
    }


def test_a_link_is_followed_if_any_of_its_anchors_may_be() -> None:
    found = read(
        """<html><body><a rel="nofollow" href="/2023/11/30/a/">gambar</a>
        <a href="/2023/11/30/a/">judul</a></body></html>"""
    )
    assert urls(found, UrlKind.PAGE) == ["https://suara.example/2023/11/30/a/"]


def test_links_are_relative_to_the_base_element() -> None:
    found = read(
        """<html><head><base href="https://www.suara.example/dunia/"></head>
        <body><a href="2023/11/30/a">A</a></body></html>"""
    )
    assert urls(found, UrlKind.PAGE) == ["https://www.suara.example/dunia/2023/11/30/a"]


def test_a_base_element_that_is_no_url_is_ignored() -> None:
    found = read('<html><base href="http://["><a href="/2023/11/30/a">A</a></html>')
    assert urls(found, UrlKind.PAGE) == ["https://suara.example/2023/11/30/a"]


def test_a_page_without_links_to_its_site_is_warned_of() -> None:
    found = read("<html><body><div id='root'></div></body></html>")
    assert found.candidates == ()
    assert found.warnings == ("links to no page of its own site",)


def test_a_page_without_a_doctype_is_a_page() -> None:
    assert urls(read('<div><a href="/2023/11/30/a">A</a></div>'), UrlKind.PAGE)


@pytest.mark.parametrize(
    ("body", "said"),
    [("", "an empty body"), ('{"a": 1}', "JSON of another kind"), (b"%PDF-1.4 ...", "a PDF")],
)
def test_what_is_no_page_is_named_for_what_it_is(body: str | bytes, said: str) -> None:
    with pytest.raises(DiscoveryError, match=f"^{URL}: not a page but {said}"):
        read(body)
