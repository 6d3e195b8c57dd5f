"""Sites written by hand, answered from a dictionary."""

import pytest

from archive.errors import SourceError
from archive.model import Seed, UrlKind
from crawler.sources.fetch import FetchResult
from crawler.sources.probe import Probed, answer_probe, probe_site

HOME = "https://suara.example"
FRONT = """<!DOCTYPE html><html lang="id-ID"><head><title>Suara Contoh - Berita Hari Ini</title>
{head}</head><body><a href="/politik/">Politik</a>
<a href="/2026/11/22/bendungan/">Bendungan</a></body></html>"""


def feed(*paths: str, title: str = "Suara Contoh") -> str:
    items = "".join(
        f"<item><link>{HOME}{path}</link><pubDate>Sun, 22 Nov 2026 08:00:00 +0700</pubDate></item>"
        for path in paths
    )
    return f"""<rss version="2.0"><channel><title>{title}</title><language>id</language>
    {items}</channel></rss>"""


def link(href: str) -> str:
    return f'<link rel="alternate" type="application/rss+xml" href="{href}">'


def urlset(*paths: str) -> str:
    locs = "".join(f"<url><loc>{HOME}{path}</loc></url>" for path in paths)
    return f"<urlset>{locs}</urlset>"


def index(*names: str) -> str:
    locs = "".join(f"<sitemap><loc>{HOME}/{name}</loc></sitemap>" for name in names)
    return f"<sitemapindex>{locs}</sitemapindex>"


async def probe(
    pages: dict[str, str | FetchResult], url: str = f"{HOME}/", **options: object
) -> tuple[Probed, list[str]]:
    """Probe a site that has only `pages` (by path); return the result and what was asked for."""
    asked: list[str] = []

    async def fetch(wanted: str, delay_s: float | None = None) -> FetchResult:
        asked.append(wanted)
        page = pages.get(wanted.removeprefix(HOME))
        if isinstance(page, FetchResult):
            return page
        return FetchResult(wanted, (page or "").encode(), 200 if page else 404, "text/html")

    return await answer_probe(probe_site(url, **options), fetch), asked  # type: ignore[arg-type]


async def test_a_site_that_says_everything() -> None:
    probed, asked = await probe(
        {
            "/": FRONT.format(
                head=link("/feed/")
                + link("/rss")
                + link("/mati")
                + '<meta property="og:site_name" content="Suara Contoh">'
            ),
            "/feed/": feed("/2026/11/22/a", "/2026/11/22/b"),
            "/rss": feed("/2026/11/22/b"),
            "/robots.txt": f"Sitemap: {HOME}/index.xml\nSitemap: {HOME}/category-sitemap.xml\n",
            "/index.xml": index("post-1.xml", "post-2.xml", "news-sitemap.xml"),
        }
    )
    source = probed.source
    assert (source.name, source.url) == ("suara", f"{HOME}/")
    assert (source.title, source.language) == ("Suara Contoh", "id")
    assert source.seeds == (
        Seed(f"{HOME}/", UrlKind.LISTING),
        Seed(f"{HOME}/feed/", UrlKind.FEED),
        Seed(f"{HOME}/index.xml", UrlKind.SITEMAP),
    )
    assert probed.findings == (
        f"page {HOME}/ with links to 1 article and 1 section",
        f"feed {HOME}/feed/ with 2 articles, newest 2026-11-22",
        f"feed {HOME}/rss is not used: it names nothing that the others do not",
        f"feed {HOME}/mati is not used: HTTP 404",
        f"sitemap index {HOME}/index.xml with 3 sitemaps, 1 of them news",
    )
    assert asked == [
        f"{HOME}{path}" for path in ("/", "/feed/", "/rss", "/mati", "/robots.txt", "/index.xml")
    ]


async def test_a_site_that_says_nothing_is_looked_at_in_the_usual_places() -> None:
    probed, asked = await probe(
        {
            "/": FRONT.format(head=""),
            "/feed/": FRONT.format(head=""),
            "/rss.xml": feed("/2026/11/22/a", title="Suara Contoh » Feed"),
            "/sitemap.xml": urlset("/2026/11/22/a", "/2026/11/22/b"),
            "/sitemap-news.xml": urlset("/2026/11/22/a"),
        }
    )
    assert [(seed.kind, seed.url) for seed in probed.source.seeds] == [
        (UrlKind.LISTING, f"{HOME}/"),
        (UrlKind.FEED, f"{HOME}/rss.xml"),
        (UrlKind.SITEMAP, f"{HOME}/sitemap.xml"),
        (UrlKind.SITEMAP, f"{HOME}/sitemap-news.xml"),
    ]
    assert probed.source.title == "Suara Contoh"
    assert f"{HOME}/atom.xml" not in asked
    assert not any("not used" in finding for finding in probed.findings)


async def test_a_site_with_a_front_page_alone_is_followed_by_its_links() -> None:
    probed, asked = await probe({"/": FRONT.format(head="")})
    assert probed.source.seeds == (Seed(f"{HOME}/", UrlKind.LISTING),)
    assert probed.findings == (f"page {HOME}/ with links to 1 article and 1 section",)
    assert len(asked) == len(set(asked)) < 15


async def test_a_feed_that_is_html_is_a_finding() -> None:
    probed, _ = await probe(
        {"/": FRONT.format(head=link("/feed/")), "/feed/": FRONT.format(head="")}
    )
    assert (
        f"feed {HOME}/feed/ is not used: not a feed but an HTML page titled "
        '"Suara Contoh - Berita Hari Ini"'
    ) in probed.findings


async def test_a_cut_off_sitemap_is_used_and_told_of() -> None:
    cut = urlset("/2026/11/22/a", "/2026/11/22/b")[:-30]
    probed, _ = await probe({"/": FRONT.format(head=""), "/sitemap.xml": cut})
    (said,) = (finding for finding in probed.findings if "sitemap" in finding)
    assert said.startswith(f"sitemap {HOME}/sitemap.xml with 1 article; cut off or malformed")


async def test_the_source_is_where_the_front_page_redirects_to() -> None:
    page = FetchResult(
        "https://www.kabar.example/id/", FRONT.format(head="").encode(), 200, "text/html"
    )
    probed, asked = await probe({"/": page})
    assert (probed.source.name, probed.source.url) == ("kabar", "https://www.kabar.example/id/")
    assert "https://www.kabar.example/robots.txt" in asked


async def test_the_address_of_a_feed_will_do() -> None:
    probed, _ = await probe({"/rss.xml": feed("/2026/11/22/a")}, f"{HOME}/rss.xml")
    assert probed.source.seeds == (Seed(f"{HOME}/rss.xml", UrlKind.FEED),)
    assert probed.source.title == "Suara Contoh"


async def test_an_address_without_a_scheme_is_tried_by_https_then_http() -> None:
    page = FetchResult("http://suara.example/", FRONT.format(head="").encode(), 200, "text/html")
    probed, asked = await probe({"http://suara.example/": page}, "suara.example")
    assert asked[:2] == ["https://suara.example/", "http://suara.example/"]
    assert probed.source.url == "http://suara.example/"


async def test_the_name_may_be_given_or_must_be_free() -> None:
    pages = {"/": FRONT.format(head="")}
    assert (await probe(pages, name="warta"))[0].source.name == "warta"
    assert (await probe(pages, taken=["suara"]))[0].source.name == "suara-example"


async def test_many_feeds_and_sitemaps_are_not_all_tried() -> None:
    robots = "".join(f"Sitemap: {HOME}/s{n}.xml\n" for n in range(30))
    pages = {f"/s{n}.xml": urlset(f"/2026/11/22/{n}") for n in range(30)}
    probed, asked = await probe(
        {
            "/": FRONT.format(head="".join(link(f"/{n}/feed/") for n in range(40))),
            "/robots.txt": robots,
            **pages,
        }
    )
    assert len(asked) < 50
    assert "28 more feeds are named but were not tried" in probed.findings
    assert sum(seed.kind is UrlKind.SITEMAP for seed in probed.source.seeds) == 30
    assert f"sitemap {HOME}/s29.xml, named in robots.txt, not tried" in probed.findings


@pytest.mark.parametrize(
    ("url", "pages", "said"),
    [
        (f"{HOME}/", {}, f"cannot be followed: {HOME}/: HTTP 404"),
        (f"{HOME}/", {"/": FetchResult(HOME, error="certificate expired")}, "certificate expired"),
        (f"{HOME}/", {"/": FetchResult(HOME, b" ", 200)}, "an empty answer"),
        ("ftp://suara.example/", {}, "not an http or https address"),
        ("suara.example:99999", {}, "no such host or port"),
        ("suara.example", {}, "https://suara.example/: HTTP 404; http://suara.example/: HTTP 404"),
    ],
)
async def test_what_cannot_be_followed_is_an_error(
    url: str, pages: dict[str, str | FetchResult], said: str
) -> None:
    with pytest.raises(SourceError, match=said):
        await probe(pages, url)
