import gzip
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from archive.errors import FeedError
from archive.model import FoundBy, Source, UrlKind
from crawler.discovery import Discovered
from crawler.discovery.feeds import discover_feed

URL = "https://suara.example/feed/"
SOURCE = Source("suara", "https://www.suara.example/")
WIB = timezone(timedelta(hours=7))

RSS2 = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel>
<title>Suara &amp; Contoh</title><link>https://suara.example</link><language>id-ID</language>
<item><title><![CDATA[Bendungan <b>diresmikan</b> &amp; dibuka]]></title>
  <link>https://suara.example/bendungan?utm_source=rss</link>
  <pubDate>Kam, 30 Nov 2023 10:00:00 +0700</pubDate></item>
<item><title>Relatif</title><link>/2023/11/30/relatif/</link></item>
<item><title>Permalink</title><guid isPermaLink="true">https://suara.example/permalink</guid></item>
<item><title>FeedBurner</title><link>https://feeds.burner.example/~r/1</link>
  <feedburner:origLink>https://suara.example/asli</feedburner:origLink></item>
<item><title>Ulangan</title><link>https://suara.example/bendungan</link></item>
<item><title>Siniar</title><link>https://suara.example/siniar.mp3</link></item>
<item><title>Iklan</title><link>https://toko.example/promo-besar</link></item>
<item><title>Surat</title><link>mailto:redaksi@suara.example</link></item>
<item><title>Tanpa alamat</title><guid isPermaLink="false">x-17</guid></item>
<item><title>Nomor</title><guid>17</guid></item>
</channel></rss>"""

RSS091 = """<rss version="0.91"><channel><title>Lama</title>
<item><title>A</title><link>https://suara.example/a</link></item></channel></rss>"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://suara.example/"><title>Lama</title></channel>
<item rdf:about="https://suara.example/a"><title>A</title><link>https://suara.example/a</link>
<dc:date>2023-11-30T10:00:00+07:00</dc:date></item></rdf:RDF>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="id" xml:base="https://suara.example/b/">
<title type="html">Suara &lt;i&gt;Contoh&lt;/i&gt;</title>
<entry><title>A</title><id>tag:suara.example,2023:1</id>
 <link rel="self" href="https://suara.example/api/1"/>
 <link rel="enclosure" type="audio/mpeg" href="https://suara.example/a.mp3"/>
 <link rel="alternate" type="text/html" href="a"/>
 <published>2023-11-30T10:00:00+07:00</published><updated>2023-11-30T12:30:00Z</updated></entry>
</feed>"""

JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Suara Contoh",
        "language": "id",
        "items": [
            {
                "id": "1",
                "url": "https://suara.example/a",
                "title": "A",
                "date_published": "2023-11-30T10:00:00+07:00",
                "date_modified": "2023-11-30T12:30:00Z",
            },
            {"id": "https://suara.example/b"},
            {"id": 3},
            "broken",
        ],
    }
)


def read(text: str | bytes, content_type: str | None = "application/rss+xml") -> Discovered:
    body = text if isinstance(text, bytes) else text.encode()
    return discover_feed(body, URL, content_type=content_type, source=SOURCE)


def urls(found: Discovered) -> list[str]:
    return [candidate.url for candidate in found.candidates]


def test_rss_2() -> None:
    found = read(RSS2)
    assert urls(found) == [
        "https://suara.example/bendungan",
        "https://suara.example/2023/11/30/relatif/",
        "https://suara.example/permalink",
        "https://suara.example/asli",
    ]
    assert (found.title, found.language, found.warnings) == ("Suara & Contoh", "id", ())
    first = found.candidates[0]
    assert (first.kind, first.found_by, first.found_in) == (UrlKind.PAGE, FoundBy.FEED, URL)
    assert first.title == "Bendungan diresmikan & dibuka"
    assert first.published_at == datetime(2023, 11, 30, 10, tzinfo=WIB)
    assert first.modified_at is None


def test_what_a_feed_names_in_vain_is_told_with_the_rule() -> None:
    refused = {refusal.url: refusal.verdict.rule for refusal in read(RSS2).refused}
    assert refused == {
        "https://suara.example/siniar.mp3": "file",
        "https://toko.example/promo-besar": "off-site",
        "mailto:redaksi@suara.example": "not-web",
    }


@pytest.mark.parametrize("text", [RSS091, RDF, ATOM.replace('href="a"', 'href="../a"'), JSON_FEED])
def test_every_format_gives_the_article(text: str) -> None:
    assert urls(read(text))[0] == "https://suara.example/a"


@pytest.mark.parametrize("text", [ATOM, JSON_FEED])
def test_published_and_modified_times_are_aware(text: str) -> None:
    first = read(text).candidates[0]
    assert first.published_at == datetime(2023, 11, 30, 10, tzinfo=WIB)
    assert first.modified_at == datetime(2023, 11, 30, 12, 30, tzinfo=UTC)


def test_atom_links_are_relative_to_xml_base_and_only_alternates_count() -> None:
    found = read(ATOM)
    assert urls(found) == ["https://suara.example/b/a"]
    assert found.title == "Suara Contoh"


def test_json_feed_tolerates_broken_items() -> None:
    found = read(JSON_FEED)
    assert urls(found) == ["https://suara.example/a", "https://suara.example/b"]
    assert (found.title, found.language) == ("Suara Contoh", "id")


def test_articles_on_the_site_that_the_feed_calls_its_home_are_its_own() -> None:
    text = RSS091.replace("<title>Lama</title>", "<link>https://suara.news/</link>").replace(
        "https://suara.example/a", "https://suara.news/a"
    )
    assert urls(read(text)) == ["https://suara.news/a"]


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type"),
    [
        ("utf-8", "iso-8859-1", "text/xml; charset=iso-8859-1"),
        ("utf-8", "us-ascii", "text/xml"),
        ("utf-8", "utf-16", None),
        ("windows-1252", "utf-8", "text/xml; charset=utf-8"),
        ("iso-8859-1", "iso-8859-1", "text/xml"),
        ("utf-16", "utf-16", "application/xml"),
        ("utf-8", "no-such-charset", "application/rss+xml; charset=nonsense"),
    ],
)
def test_a_wrong_charset_does_no_harm(
    encoding: str, declared: str, content_type: str | None
) -> None:
    text = f"""<?xml version="1.0" encoding="{declared}"?><rss version="2.0"><channel>
    <item><title>Café dé Déçu</title><link>https://suara.example/a</link></item></channel></rss>"""
    found = read(text.encode(encoding), content_type)
    assert [candidate.title for candidate in found.candidates] == ["Café dé Déçu"]


def test_a_feed_after_white_space_or_a_php_warning_is_still_read() -> None:
    assert urls(read("\r\n \n" + RSS2))
    assert urls(read("<br />\n<b>Warning</b>: include() failed in x.php<br />\n" + RSS091))


def test_a_gzipped_feed_is_read_whatever_its_name() -> None:
    assert urls(read(gzip.compress(RSS091.encode()))) == ["https://suara.example/a"]


def test_a_feed_that_is_cut_off_gives_what_came_before_and_a_warning() -> None:
    found = read(RSS2[: RSS2.index("<item><title>FeedBurner") + 30])
    assert urls(found)[:2] == [
        "https://suara.example/bendungan",
        "https://suara.example/2023/11/30/relatif/",
    ]
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith("cut off or malformed")


def test_an_empty_feed_is_a_feed() -> None:
    found = read('<rss version="2.0"><channel><title>Kosong</title></channel></rss>')
    assert (found.candidates, found.title) == ((), "Kosong")


PAGE = """<!DOCTYPE html><html><head><title>Suara – Halaman tidak ditemukan</title>
<link rel="alternate" type="application/rss+xml" href="/rss/berita.xml">
</head><body><p>404</p></body></html>"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            PAGE,
            'an HTML page titled "Suara – Halaman tidak ditemukan"; '
            "it names these feeds: https://suara.example/rss/berita.xml",
        ),
        (f'<?xml version="1.0"?>\n<!-- x -->{PAGE}', "an HTML page titled"),
        ("<html><body>Masuk</body></html>", "an HTML page without a title"),
        ("", "an empty body"),
        ("  \n", "an empty body"),
        ('{"error": "Forbidden"}', 'JSON whose error is "Forbidden"'),
        ('{"items": []}', "JSON of another kind"),
        ('{"items": [', "broken JSON"),
        ("<urlset><url><loc>https://suara.example/a</loc></url></urlset>", "opens with <urlset>"),
        ("Service unavailable", 'text that begins "Service unavailable"'),
        (b"%PDF-1.7", "a PDF"),
        (bytes(range(128, 255)) * 3, "binary data served as application/rss+xml"),
        (gzip.compress(bytes(17 * 2**20)), "more than 16 MiB"),
    ],
)
def test_what_is_no_feed_is_named_for_what_it_is(body: str | bytes, said: str) -> None:
    with pytest.raises(FeedError) as caught:
        read(body)
    assert str(caught.value).startswith(f"{URL}: not ")
    assert said in str(caught.value)
