import json
from collections import Counter
from pathlib import Path

import pytest

from archive.core.urls import registrable_domain
from archive.model import Seed, Source, UrlKind
from crawler.discovery.judge import RULES, Judgement, judge, judge_sitemap, sites_of

SITES = frozenset({"suara.example"})
CORPORA = Path(__file__).parents[4].parent / "shared" / "corpora"
NOT_ARTICLES = [
    tuple(line.split())
    for line in Path(__file__).with_name("not_articles.txt").read_text().splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("expected", "url"), NOT_ARTICLES)
def test_what_is_no_article_is_known_by_its_url(expected: str, url: str) -> None:
    allowed = {"listing", "no"} if expected == "either" else {expected}
    assert judge(url, SITES).judgement in allowed


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("https://suara.example/2023/11/30/pertemuan/", "date"),
        ("https://suara.example/2023/11/pertemuan-blinken.html", "date"),
        ("https://suara.example/dunia/2024/mar/02/pertemuan", "date"),
        ("https://suara.example/news/2023-11-30/pertemuan", "date"),
        ("https://news.suara.example/berita/d-7012345/pertemuan-blinken", "number"),
        ("https://suara.example/read/546813/pertemuan-blinken", "marker"),
        ("https://suara.example/ekonomi/851796/dari-petani", "number"),
        ("https://suara.example/?p=512", "number"),
        ("https://suara.example/story?id=105867721", "number"),
        ("https://suara.example/pertemuan-blinken-dan-netanyahu-di-tel-aviv/", "long-slug"),
        ("https://suara.example/category/politik/pertemuan-blinken-dan-netanyahu/", "long-slug"),
        ("https://suara.example/articles/clymn8zyrp9o", "marker"),
        ("https://suara.example/sport/hasil-liga,bola.html", "page-file"),
        ("https://suara.example/2023/11/30/pertemuan/?page=all", "date"),
    ],
)
def test_an_article_is_known_by_its_url(url: str, rule: str) -> None:
    verdict = judge(url, SITES)
    assert (verdict.judgement, verdict.rule) == (Judgement.ARTICLE, rule)


@pytest.mark.parametrize(
    "url",
    [
        "https://suara.example/banjir-demak-surut/",
        "https://suara.example/video/banjir-demak-mulai-surut",
        "https://suara.example/foto/1234567",
    ],
)
def test_what_no_rule_knows_is_left_to_the_extraction(url: str) -> None:
    assert judge(url, SITES).judgement is Judgement.UNSURE


@pytest.mark.parametrize(
    "url",
    [
        "https://suara.example/politik/",
        "https://suara.example/tentang-kami",
        "https://suara.example/a",
    ],
)
def test_what_a_feed_names_is_trusted(url: str) -> None:
    assert judge(url, SITES).judgement is not Judgement.ARTICLE
    assert judge(url, SITES, trusted=True).judgement is Judgement.ARTICLE


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("https://suara.example/wp-content/uploads/siniar.mp3", "file"),
        ("https://suara.example/a/feed/", "machine"),
        ("https://suara.example/login", "account"),
        ("https://kabar.example/2023/11/30/pertemuan/", "off-site"),
        ("mailto:redaksi@suara.example", "not-web"),
        ("https://suara.example/", "front-page"),
    ],
)
def test_a_hard_no_holds_even_for_a_feed(url: str, rule: str) -> None:
    verdict = judge(url, SITES, trusted=True)
    assert verdict.rule == rule
    assert verdict.judgement in {Judgement.NO, Judgement.LISTING}


def test_a_verdict_says_why_in_words() -> None:
    reason = judge("https://kabar.example/a", SITES).reason
    assert reason == "it is on another site, kabar.example"
    assert all(rule.reason.startswith(("it ", "its ")) for rule in RULES)
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_a_source_owns_the_sites_of_its_home_and_its_listings() -> None:
    source = Source(
        "suara",
        "https://www.suara.example/",
        seeds=(
            Seed("https://suara.news/", UrlKind.LISTING),
            Seed("https://feeds.burner.example/suara", UrlKind.FEED),
        ),
    )
    assert sites_of(source) == {"suara.example", "suara.news"}


@pytest.mark.parametrize(
    ("name", "judgement"),
    [
        ("post-sitemap12.xml", Judgement.LISTING),
        ("sitemap-news.xml", Judgement.LISTING),
        ("sitemap.xml?yyyy=2023&mm=11", Judgement.LISTING),
        ("vintage-sitemap.xml", Judgement.LISTING),
        ("category-sitemap.xml", Judgement.NO),
        ("post_tag-sitemap3.xml", Judgement.NO),
        ("wp-sitemap-taxonomies-category-1.xml", Judgement.NO),
        ("wp-sitemap-users-1.xml", Judgement.NO),
        ("author-sitemap.xml", Judgement.NO),
        ("sitemap_tags.xml", Judgement.NO),
    ],
)
def test_sitemaps_of_tags_and_authors_are_left_out(name: str, judgement: Judgement) -> None:
    assert judge_sitemap(f"https://suara.example/{name}").judgement is judgement


def corpus_urls() -> list[str]:
    return [
        page["url"]
        for name in ("truth.json", "ground-truth.json")
        for truth in sorted(CORPORA.glob(f"*/{name}"))
        for page in json.loads(truth.read_text("utf-8")).values()
    ]


def test_real_articles_are_not_turned_away() -> None:
    urls = corpus_urls()
    if not urls:
        pytest.skip("the corpora are not here (../shared/corpora)")
    found = Counter(judge(url, {registrable_domain(url)}).judgement for url in urls)
    assert found[Judgement.NO] <= 0.005 * len(urls)
    assert found[Judgement.LISTING] <= 0.005 * len(urls)
    assert found[Judgement.ARTICLE] >= 0.95 * len(urls)
