from archive.model import FoundBy, UrlKind
from crawler.discovery.robots import crawl_delay_s, sitemaps_in_robots

URL = "https://suara.example/robots.txt"
ROBOTS = b"""\xef\xbb\xbfUser-agent: kliping
Crawl-delay: 2.5

User-agent: *
Disallow: /wp-admin/
Crawl-delay: 10

Sitemap: https://suara.example/sitemap.xml
sitemap:/news-sitemap.xml   # berita
Sitemap: https://cdn.example/sitemaps/suara.xml.gz
Sitemap: https://suara.example/sitemap.xml
Sitemap: ftp://suara.example/sitemap.xml
"""


def test_sitemaps_are_found_once_on_any_host() -> None:
    found = sitemaps_in_robots(ROBOTS, URL)
    assert [candidate.url for candidate in found] == [
        "https://suara.example/sitemap.xml",
        "https://suara.example/news-sitemap.xml",
        "https://cdn.example/sitemaps/suara.xml.gz",
    ]
    assert {(c.kind, c.found_by, c.found_in) for c in found} == {
        (UrlKind.SITEMAP, FoundBy.ROBOTS, URL)
    }


def test_crawl_delay_is_that_of_the_agent_or_of_all() -> None:
    assert crawl_delay_s(ROBOTS, "kliping") == 2.5
    assert crawl_delay_s(ROBOTS, "otherbot") == 10.0
    assert crawl_delay_s(b"User-agent: *\nDisallow:", "kliping") is None
    for nonsense in (b"soon", b"-1", b"inf", b"nan", b"0"):
        assert crawl_delay_s(b"User-agent: *\nCrawl-delay: " + nonsense, "kliping") is None


def test_a_page_in_the_place_of_robots_txt_says_nothing() -> None:
    page = (
        b"<!DOCTYPE html><html><body>\nSitemap: https://suara.example/sitemap.xml\n</body></html>"
    )
    assert sitemaps_in_robots(page, URL) == ()
    assert sitemaps_in_robots(b"", URL) == ()
