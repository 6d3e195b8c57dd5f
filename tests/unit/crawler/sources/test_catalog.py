"""The catalog that ships with Kliping: every file sound, none of it passed off as verified."""

from pathlib import Path

import crawler.sources.catalog
from archive.core.urls import registrable_domain
from crawler.sources import load_source
from crawler.sources.catalog import load_catalog, search_catalog

FOLDER = Path(crawler.sources.catalog.__file__).parent


def test_every_file_is_a_source_that_nobody_verified() -> None:
    paths = sorted(FOLDER.glob("*.toml"))
    assert len(paths) >= 60
    for path in paths:
        source = load_source(path)
        assert source.verified is None
        assert "verified" not in path.read_text("utf-8")
        assert source.title, path
        assert source.language, path
        assert source.url.startswith("https://")
    assert [source.name for source in load_catalog()] == [path.stem for path in paths]


def test_no_site_is_there_twice() -> None:
    urls = [source.url for source in load_catalog()]
    assert len(set(urls)) == len(urls)
    seeds = [seed for source in load_catalog() for seed in source.seeds]
    assert len(set(seeds)) == len(seeds)


def test_it_is_searched_by_words_and_language() -> None:
    assert {source.name for source in search_catalog(["BBC"])} == {"bbc", "bbc-indonesia"}
    assert [source.name for source in search_catalog(["bbc"], language="id")] == ["bbc-indonesia"]
    assert search_catalog(["bbc", "nosuch"]) == []
    indonesian = search_catalog([], language="id")
    assert len(indonesian) > 20
    assert any(registrable_domain(source.url) == "detik.com" for source in indonesian)
