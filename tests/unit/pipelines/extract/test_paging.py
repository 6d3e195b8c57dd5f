"""The further pages of an article are found in the shapes of common themes, and nothing else is."""

from __future__ import annotations

import pytest

from pipelines.extract.paging import MOST_PAGES, Paging, covers, find_paging

SITE = "https://kabar.example"
SLUG = "/ekonomi/read/2026/11/23/harga-beras-naik-di-pasar-induk"
HTML_SLUG = "/ekonomi/2026/11/23/harga-beras-naik.html"
TEXT = "".join(
    f"<p>Pedagang nomor {number} mengatakan harga beras naik lagi sejak hari Senin pagi.</p>"
    for number in range(6)
)


def page(pager: str, *, head: str = "", body_class: str = "single") -> bytes:
    return (
        f"<!DOCTYPE html><html><head><title>Harga beras</title>{head}</head>"
        f"<body class='{body_class}'><article><h1>Harga beras naik</h1>{TEXT}{pager}</article>"
        "<aside><a href='/ekonomi/read/2026/11/22/harga-cabai-turun'>Harga cabai turun</a></aside>"
        "</body></html>"
    ).encode()


def found(pager: str, path: str = SLUG, **parts: str) -> Paging:
    return find_paging(page(pager, **parts), SITE + path, "text/html")


def numbered(path: str, form: str, *numbers: int) -> dict[int, str]:
    return {number: SITE + path + form.format(number) for number in numbers}


@pytest.mark.parametrize(
    ("pager", "pages"),
    [
        pytest.param(
            "<div class='paging__wrap'><a class='paging__link' href='?page=1'>1</a>"
            "<a class='paging__link' href='?page=2'>2</a><a href='?page=3'>3</a></div>",
            numbered(SLUG, "?page={}", 2, 3),
            id="kompas-like numbers",
        ),
        pytest.param(
            f"<div class='detail__multiple'><span>1</span><a href='{SITE}{SLUG}/2'>2</a>"
            f"<a href='{SITE}{SLUG}/3'>3</a><a href='{SITE}{SLUG}/2'>Selanjutnya</a></div>",
            numbered(SLUG, "/{}", 2, 3),
            id="detik-like path",
        ),
        pytest.param(
            "<p class='baca'>Halaman <a href='?halaman=2'>Halaman berikutnya</a></p>",
            numbered(SLUG, "?halaman={}", 2),
            id="only the next page, by its words",
        ),
        pytest.param(
            "<div class='page-links'>Pages: <span class='post-page-numbers current'>1</span>"
            f"<a class='post-page-numbers' href='{SLUG}/2/'>2</a>"
            f"<a class='post-page-numbers' href='{SLUG}/3/'>3</a></div>",
            numbered(SLUG, "/{}/", 2, 3),
            id="WordPress page breaks",
        ),
        pytest.param(
            "<ul class='pagination'><li><a href='?page=2'>2</a><li><a href='?page=6'>6</a></ul>",
            numbered(SLUG, "?page={}", 2, 3, 4, 5, 6),
            id="a pager that leaves some out",
        ),
        pytest.param(
            f"<nav><a rel='next' href='{SLUG}?page=2'>&raquo;</a></nav>",
            numbered(SLUG, "?page={}", 2),
            id="rel=next on a link",
        ),
    ],
)
def test_numbered_pages(pager: str, pages: dict[int, str]) -> None:
    assert found(pager) == Paging(pages)


def test_a_view_of_all_pages_beside_the_numbers() -> None:
    """As on kompas.com and tribunnews.com."""
    pager = (
        "<div class='paging'><a href='?page=2'>2</a><a href='?page=all'>Tampilkan Semua</a></div>"
    )
    assert found(pager) == Paging(numbered(SLUG, "?page={}", 2), f"{SITE}{SLUG}?page=all")


@pytest.mark.parametrize(
    ("link", "words"),
    [("?page=all", "Baca semua"), ("?single=1", "View all"), ("?showpage=all", "Semua halaman")],
)
def test_a_view_of_all_pages_alone(link: str, words: str) -> None:
    assert found(f"<a href='{link}'>{words}</a>").whole == f"{SITE}{SLUG}{link}"


def test_the_head_names_the_next_page() -> None:
    assert found("", head=f"<link rel='next' href='{SLUG}/2/'>") == Paging(
        numbered(SLUG, "/{}/", 2)
    )


def test_files_with_numbers() -> None:
    links = "".join(f"<a href='harga-beras-naik-{n}.html'>{n}</a>" for n in (2, 3))
    paging = found(f"<div class='pager'>{links}</div>", HTML_SLUG)
    stem = SITE + HTML_SLUG.removesuffix(".html")
    assert paging.addresses == (f"{stem}-2.html", f"{stem}-3.html")


def test_other_parameters_stay() -> None:
    pager = "<div class='paging'><a href='?id=778812&amp;page=2'>2</a></div>"
    assert found(pager, "/berita.php?id=778812").addresses == (
        f"{SITE}/berita.php?id=778812&page=2",
    )


def test_a_further_page_knows_its_first() -> None:
    pager = f"<div class='page-links'><a href='{SLUG}/'>1</a> 2 <a href='{SLUG}/3/'>3</a></div>"
    assert found(pager, f"{SLUG}/2/") == Paging(first=f"{SITE}{SLUG}/")


def test_a_further_page_names_those_after_it() -> None:
    pager = f"<div class='page-links'><a href='{SLUG}/'>1</a> 2 <a href='{SLUG}/3/'>3</a></div>"
    paging = find_paging(page(pager), f"{SITE}{SLUG}/2/", article_url=f"{SITE}{SLUG}/")
    assert paging.numbered[3] == f"{SITE}{SLUG}/3/"


def test_the_view_of_all_pages_has_no_others() -> None:
    assert (
        found("<div class='paging'><a href='?page=2'>2</a></div>", f"{SLUG}?page=all") == Paging()
    )


@pytest.mark.parametrize(
    "pager",
    [
        pytest.param("<p>Tidak ada halaman lain.</p>", id="no pager"),
        pytest.param(
            "<nav class='comments-pagination'><a href='?cpage=2#comments'>2</a></nav>",
            id="comment pages",
        ),
        pytest.param(
            "<div id='komentar'><a class='page' href='?page=2'>2</a></div>", id="komentar"
        ),
        pytest.param("<a href='?page=2#comments'>Next page</a>", id="a fragment of comments"),
        pytest.param(
            "<div class='related-posts'><a href='?page=2'>2</a></div>", id="related stories"
        ),
        pytest.param("<div class='photo-gallery'><a href='?page=2'>Next</a></div>", id="a gallery"),
        pytest.param(
            "<div class='nav-links'><a href='/ekonomi/read/2026/11/22/harga-cabai-turun'>Next</a>"
            "</div>",
            id="the next post",
        ),
        pytest.param(
            "<ul class='pagination'><li><a href='/ekonomi/page/2/'>2</a></ul>",
            id="the section's pager",
        ),
        pytest.param(
            "<ul class='pagination'><a href='?page=2'>2</a><a href='?page=214'>214</a></ul>",
            id="a listing's many pages",
        ),
        pytest.param(f"<p>Lihat <a href='{SLUG}/2'>tabel kedua di sini</a></p>", id="a mere link"),
        pytest.param("<a href='?page=2'><!-- x", id="broken markup"),
    ],
)
def test_other_pagers_are_none_of_the_article(pager: str) -> None:
    assert found(pager) == Paging()


@pytest.mark.parametrize(
    "path", ["/tag/harga-beras-naik", "/", "/ekonomi/", "/foto/banjir-di-kota"]
)
def test_listings_and_galleries_have_no_further_pages(path: str) -> None:
    assert found("<ul class='pagination'><li><a href='?page=2'>2</a></ul>", path) == Paging()


def test_what_says_that_it_lists_is_no_article() -> None:
    head = '<script type=\'application/ld+json\'>{"@type": "CollectionPage"}</script>'
    assert found("<div class='paging'><a href='?page=2'>2</a></div>", head=head) == Paging()


def test_a_short_address_is_an_article_s_if_the_page_says_so() -> None:
    pager = "<div class='paging'><a href='?page=2'>2</a></div>"
    assert found(pager, "/ekonomi") == Paging()
    head = "<meta property='og:type' content='article'>"
    assert found(pager, "/ekonomi", head=head).addresses == (f"{SITE}/ekonomi?page=2",)


def test_there_is_an_end() -> None:
    link = f"<div class='paging'><a href='?page={MOST_PAGES}'>{MOST_PAGES}</a></div>"
    assert len(found(link).addresses) == MOST_PAGES - 1


@pytest.mark.parametrize("body", [b"", b"\x89PNG", b"<a href='?page=2'>", b"{}"])
def test_whatever_the_bytes(body: bytes) -> None:
    assert find_paging(body, SITE + SLUG) in (Paging(), Paging(numbered(SLUG, "?page={}", 2)))
    assert find_paging(body, "not an address") == Paging()


def test_a_view_that_has_more_than_the_first_page_is_the_whole() -> None:
    more = page("<p>Di halaman kedua cerita berlanjut dengan kabar dari petani di desa.</p>")
    assert covers(more, page(""))
    assert not covers(page(""), page(""))
    assert not covers(
        b"<p>Silakan masuk untuk membaca semua halaman dari berita ini.</p>", page("")
    )
