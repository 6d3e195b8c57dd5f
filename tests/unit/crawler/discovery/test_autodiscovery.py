import pytest

from crawler.discovery.autodiscovery import FeedLink, SiteHead, read_site_head

URL = "https://suara.example/politik/"


def head(text: str, content_type: str | None = "text/html; charset=utf-8") -> SiteHead:
    return read_site_head(text.encode(), URL, content_type=content_type)


def test_a_head_names_title_site_language_and_feeds() -> None:
    found = head(
        """<!doctype html><html lang="id_ID"><head><title>Politik &raquo; Suara</title>
        <meta property="og:site_name" content="Suara Contoh">
        <link rel="alternate" type="application/rss+xml" title="Berita" href="/feed/">
        <link rel="alternate" type="application/rss+xml" title="Komentar" href="/comments/feed/">
        <link rel="ALTERNATE feed" type="application/atom+xml; charset=utf-8" href="atom.xml">
        <link rel="alternate" type="application/feed+json" href="/feed.json">
        <link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/1">
        <link rel="alternate" type="application/json+oembed" href="/oembed?url=x">
        <link rel="alternate" hreflang="en" href="/en/">
        <link rel="stylesheet" href="/feed/"></head><body></body></html>"""
    )
    assert found == SiteHead(
        title="Politik » Suara",
        site_name="Suara Contoh",
        language="id",
        feeds=(
            FeedLink("https://suara.example/feed/", "Berita"),
            FeedLink("https://suara.example/politik/atom.xml"),
            FeedLink("https://suara.example/feed.json"),
        ),
    )


def test_feeds_among_the_ordinary_links_come_last() -> None:
    found = head(
        """<html><head><link rel="alternate" type="text/xml" href="/index.xml"></head><body>
        <a href="/rss">RSS</a> <a href="https://feeds.feedburner.com/suara">Langganan</a>
        <a href="https://kabar.example/rss">lain</a> <a href="/a/comments/feed/">x</a>
        <a href="/berita/feed-hewan-ternak">pakan</a></body></html>"""
    )
    assert [feed.url for feed in found.feeds] == [
        "https://suara.example/index.xml",
        "https://suara.example/rss",
        "https://feeds.feedburner.com/suara",
    ]


@pytest.mark.parametrize(
    ("markup", "language"),
    [
        ('<html lang="en-GB">', "en"),
        ('<html><meta property="og:locale" content="id_ID">', "id"),
        ('<html><meta http-equiv="content-language" content="fr">', "fr"),
        ('<html lang="in">', "id"),
        ('<html lang="x-klingon">', None),
        ("<html>", None),
    ],
)
def test_language(markup: str, language: str | None) -> None:
    assert head(markup).language == language


def test_a_wrong_charset_does_no_harm() -> None:
    title = "<html><title>Café</title></html>"
    assert head(title, "text/html; charset=iso-8859-1").title == "Café"
    assert read_site_head(title.encode("latin-1"), URL, content_type="text/html").title == "Café"


def test_nothing_gives_nothing() -> None:
    assert read_site_head(b"", URL, content_type=None) == SiteHead()
