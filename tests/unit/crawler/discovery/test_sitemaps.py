import gzip
from datetime import UTC, datetime, timedelta, timezone

import pytest

from archive.errors import SitemapError
from archive.model import FoundBy, Source, UrlKind
from crawler.discovery import Discovered
from crawler.discovery.sitemaps import discover_sitemap

URL = "https://suara.example/sitemap.xml"
SOURCE = Source("suara", "https://suara.example/")
WIB = timezone(timedelta(hours=7))
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def urlset(*locs: str, namespace: str = NS) -> str:
    entries = "\n".join(f"<url><loc>{loc}</loc></url>" for loc in locs)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {namespace}>\n{entries}\n</urlset>'


def numbered(count: int) -> str:
    return urlset(*(f"https://suara.example/berita/{n}-judul" for n in range(count)))


def read(text: str | bytes, url: str = URL) -> Discovered:
    body = text if isinstance(text, bytes) else text.encode()
    return discover_sitemap(body, url, content_type="application/xml", source=SOURCE)


def urls(found: Discovered) -> list[str]:
    return [candidate.url for candidate in found.candidates]


def test_a_sitemap_lists_pages_with_their_last_change() -> None:
    found = read(
        f"""<urlset {NS} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url>
        <image:image><image:loc>https://suara.example/a.jpg</image:loc></image:image>
        <loc> https://suara.example/2023/11/30/a/#top </loc>
        <lastmod>2023-11-30T10:00:00+07:00</lastmod></url></urlset>"""
    )
    (page,) = found.candidates
    assert (page.url, page.kind) == ("https://suara.example/2023/11/30/a/", UrlKind.PAGE)
    assert (page.found_by, page.found_in) == (FoundBy.SITEMAP, URL)
    assert page.modified_at == datetime(2023, 11, 30, 10, tzinfo=WIB)
    assert found.warnings == ()


def test_a_news_sitemap_is_trusted_and_gives_title_time_and_language() -> None:
    found = read(
        f"""<urlset {NS} xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url>
        <loc>https://suara.example/bola</loc><news:news><news:publication>
        <news:name>Suara Contoh</news:name><news:language>id</news:language></news:publication>
        <news:publication_date>2023-11-30</news:publication_date>
        <news:title>Bola &amp;amp; gol</news:title></news:news></url></urlset>"""
    )
    (page,) = found.candidates
    assert (page.url, page.title) == ("https://suara.example/bola", "Bola & gol")
    assert page.published_at == datetime(2023, 11, 30, tzinfo=UTC)
    assert found.language == "id"


def test_an_index_lists_sitemaps_but_those_of_tags_are_left_out() -> None:
    found = read(
        f"""<sitemapindex {NS}>
        <sitemap><loc>/post-sitemap.xml</loc><lastmod>2023-11-30</lastmod></sitemap>
        <sitemap><loc>https://cdn.example/news.xml.gz</loc></sitemap>
        <sitemap><loc>https://suara.example/category-sitemap.xml</loc></sitemap>
        <sitemap><loc>{URL}</loc></sitemap></sitemapindex>"""
    )
    assert urls(found) == [
        "https://suara.example/post-sitemap.xml",
        "https://cdn.example/news.xml.gz",
    ]
    assert {candidate.kind for candidate in found.candidates} == {UrlKind.SITEMAP}
    assert found.candidates[0].modified_at == datetime(2023, 11, 30, tzinfo=UTC)
    assert [refusal.verdict.rule for refusal in found.refused] == ["taxonomy-sitemap", "sitemap"]


def test_pages_that_are_no_articles_are_refused_but_short_paths_are_not() -> None:
    found = read(
        urlset(
            "https://suara.example/",
            "https://suara.example/harga-naik",
            "https://suara.example/tag/pemilu",
            "https://suara.example/laporan.pdf",
            "https://kabar.example/2023/11/30/a",
        )
    )
    assert urls(found) == ["https://suara.example/harga-naik"]
    assert [refusal.verdict.rule for refusal in found.refused] == [
        "front-page",
        "taxonomy",
        "file",
        "off-site",
    ]


@pytest.mark.parametrize(
    "namespace",
    [
        "",
        'xmlns="https://www.sitemaps.org/schemas/sitemap/0.9/"',
        'xmlns="http://www.google.com/schemas/sitemap/0.84"',
    ],
)
def test_the_namespace_does_not_matter(namespace: str) -> None:
    assert len(read(urlset("https://suara.example/a1", namespace=namespace)).candidates) == 1


def test_prefixed_elements_are_read() -> None:
    text = """<s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9">
    <s:url><s:loc>https://suara.example/a1</s:loc></s:url></s:urlset>"""
    assert urls(read(text)) == ["https://suara.example/a1"]


def test_gzip_is_known_by_its_bytes_even_twice_and_in_members() -> None:
    body = numbered(3).encode()
    halves = gzip.compress(body[:70]) + gzip.compress(body[70:])
    for packed in (gzip.compress(body), gzip.compress(gzip.compress(body)), halves):
        assert len(read(packed).candidates) == 3


def test_a_plain_text_sitemap_is_one_url_a_line() -> None:
    found = read("\ufeffhttps://suara.example/a1\r\n\r\nhttps://suara.example/a2\nlihat juga\n")
    assert urls(found) == ["https://suara.example/a1", "https://suara.example/a2"]
    assert found.warnings == ("cut off or malformed after 2 entries: 1 lines are no URLs",)


def test_a_feed_may_serve_as_a_sitemap() -> None:
    found = read(
        """<rss version="2.0"><channel><item><link>https://suara.example/a</link></item>
        </channel></rss>"""
    )
    assert urls(found) == ["https://suara.example/a"]


@pytest.mark.parametrize("cut", [1, 12, 30, 58])
def test_a_sitemap_that_is_cut_off_gives_the_entries_before_the_cut(cut: int) -> None:
    whole = numbered(42)
    found = read(whole[: whole.index("/41-judul") - cut])
    assert len(found.candidates) in {40, 41}
    assert urls(found)[-1].endswith(f"/{len(found.candidates) - 1}-judul")
    assert found.warnings[0].startswith(
        f"cut off or malformed after {len(found.candidates)} entries"
    )


def test_gzip_that_is_cut_off_gives_the_entries_before_the_cut() -> None:
    packed = gzip.compress(numbered(5000).encode())
    found = read(packed[: len(packed) // 2])
    assert 1000 < len(found.candidates) < 5000
    assert found.warnings[0].startswith("cut off or malformed after")


def test_what_generators_get_wrong_is_mended() -> None:
    text = "\n\n " + urlset(
        "https://suara.example/index.php?id=12345&page=all",
        "<![CDATA[https://suara.example/index.php?id=12346&amp;page=all]]>",
        "https://suara.example/judul\x0b-tiga-1234567",
    )
    assert urls(read(text)) == [
        "https://suara.example/index.php?id=12345&page=all",
        "https://suara.example/index.php?id=12346&page=all",
        "https://suara.example/judul-tiga-1234567",
    ]


def test_a_wrong_charset_does_no_harm() -> None:
    text = urlset("https://suara.example/caf\u00e9-2023").replace("UTF-8", "ISO-8859-1")
    assert urls(read(text.encode())) == ["https://suara.example/caf%C3%A9-2023"]
    utf_16 = numbered(1).replace("UTF-8", "UTF-16").encode("utf-16")
    assert urls(read(utf_16)) == ["https://suara.example/berita/0-judul"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<!DOCTYPE html><html><title>Suara</title></html>", 'an HTML page titled "Suara"'),
        ("", "an empty body"),
        ("   ", "an empty body"),
        ('{"error": "no"}', 'JSON whose error is "no"'),
        ("<opml><body/></opml>", "a document that opens with <opml>"),
        ("Not found", 'text that begins "Not found"'),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "an image"),
        (b"\x1f\x8bbroken", "an empty body"),
        (f'<?xml version="1.0"?><urlset {NS}><url><lo', "broken before its first entry"),
        (f"<urlset {NS}><url><loc>https://suara.ex", "broken before its first entry"),
        (gzip.compress(b"<urlset>" + b" " * (65 * 2**20)), "more than 64 MiB"),
    ],
)
def test_what_is_no_sitemap_is_named_for_what_it_is(body: str | bytes, said: str) -> None:
    with pytest.raises(SitemapError) as caught:
        read(body)
    assert str(caught.value).startswith(f"{URL}: ")
    assert said in str(caught.value)


def test_an_empty_sitemap_is_a_sitemap() -> None:
    assert read(f"<urlset {NS}></urlset>") == Discovered()


def test_entities_are_not_expanded_and_nothing_is_opened() -> None:
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f"""<!DOCTYPE urlset [<!ENTITY a0 "ha">{laughs}
    <!ENTITY file SYSTEM "file:///etc/hostname">]>
    <urlset {NS}><url><loc>https://suara.example/&file;a1</loc></url>
    <url><loc>https://suara.example/a2?&a9;</loc></url></urlset>"""
    try:
        found = urls(read(bomb))
    except SitemapError:
        return  # the XML library refused the document as a whole
    assert all(len(url) < 60 for url in found)
