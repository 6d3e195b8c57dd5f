"""Pages that scripts fill: crawled with a browser, archived as served and as shown."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive import open_archive
from archive.db.engine import open_engine
from archive.home import open_home
from archive.model import RecordRef, RecordType
from archive.read.articles import ArchivedArticle
from archive.verify_rows import audit
from archive.warc.reader import iter_records, read_exchange, read_payload, read_record
from pipelines.extract import extract
from tests.commands import kliping, make_home
from tests.integration.test_bad_input import rows
from tests.integration.test_corpus_crawl import warcio_check
from tests.servers.scripted import STORIES, ScriptedSite, text_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("chromium") is None,
        reason="no chromium here (Debian: apt-get install chromium)",
    ),
]
STORY = next(iter(STORIES))


@pytest.fixture(scope="module")
def site() -> Iterator[ScriptedSite]:
    with ScriptedSite() as site:
        yield site


def make_rendered(path: Path, site: ScriptedSite) -> Path:
    home = make_home(path, [("suara", site.url("/"))])
    with (home / "sources" / "suara.toml").open("a") as file:
        file.write("render = true\n")
    return home


@pytest.fixture(scope="module")
def crawled(site: ScriptedSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = make_rendered(tmp_path_factory.mktemp("rendering") / "home", site)
    kliping(home, "crawl")
    return home


def captures(home: Path) -> list[Any]:
    return rows(home, "SELECT * FROM captures ORDER BY id")


def ref_of(row: Any) -> RecordRef:
    return RecordRef(row.warc_file, row.warc_offset, row.warc_length, row.record_id)


def articles(home: Path) -> dict[str | None, ArchivedArticle]:
    return {article.title: article for article in open_archive(home).all_articles()}


def texts(home: Path) -> dict[str | None, str]:
    return {title: article.text for title, article in articles(home).items()}


def problems(home: Path) -> list[str]:
    """What `kliping verify` would say."""
    opened = open_home(home)
    engine = open_engine(opened.database_url, read_only=True)
    found = [str(problem) for problem in audit(opened, engine)]
    engine.dispose()
    return found


def test_the_text_that_scripts_put_there_is_archived(crawled: Path) -> None:
    found = articles(crawled)
    assert set(found) == set(STORIES.values())
    for path, title in STORIES.items():
        assert text_of(path).strip() in found[title].text
        assert found[title].warc_record_type == RecordType.CONVERSION
    assert "as rendered by a browser" in kliping(crawled, "show", "1")


def test_what_was_served_is_kept_byte_for_byte_and_the_dom_beside_it(
    crawled: Path, site: ScriptedSite
) -> None:
    warc = open_home(crawled).warc
    by_id = {row.record_id: row for row in captures(crawled)}
    made = [row for row in by_id.values() if row.record_type == RecordType.CONVERSION]
    assert {row.url for row in made} == {site.url(path) for path in ("/", *STORIES)}
    for row in made:
        served = by_id[row.made_of]
        assert (served.url, served.record_type, served.status) == (row.url, "response", 200)
        path = "/" + row.url.split("/", 3)[3]
        assert read_exchange(warc, ref_of(served)).response == site._scripts[path][0][0]
        record = read_record(warc, ref_of(row))
        assert record.get("WARC-Refers-To") == f"<{row.made_of}>"
        assert record.get("Content-Type") == "text/html; charset=utf-8"
    (story,) = [row for row in made if row.url == site.url(STORY)]
    page = read_payload(warc, ref_of(story))
    assert text_of(STORY).strip() in (extract(page, story.url).text or "")
    assert text_of(STORY).encode() not in read_payload(warc, ref_of(by_id[story.made_of]))


def test_scripts_ask_through_the_crawl_and_for_no_more_than_text_needs(
    crawled: Path, site: ScriptedSite
) -> None:
    asked = Counter(site.asked())
    expected = ["/robots.txt", "/", "/app.js", "/api/front", *STORIES]
    expected += [f"/api{path}" for path in STORIES]
    assert asked == Counter(f"GET {path}" for path in expected)
    agents = {request.lower().partition(b"user-agent: ")[2][:8] for request in site.requests}
    assert agents == {b"kliping/"}
    kept = {row.url for row in captures(crawled) if row.status == 200}
    assert {site.url(path) for path in ("/app.js", "/api/front", f"/api{STORY}")} <= kept


def test_everything_else_works_with_such_records(crawled: Path, tmp_path: Path) -> None:
    assert problems(crawled) == []
    home = open_home(crawled)
    assert warcio_check(crawled / "warc") == ""
    index = "".join(path.read_text() for path in (home.path / "warc" / "indexes").glob("*.cdxj"))
    made = {row.warc_offset for row in captures(crawled) if row.made_of}
    assert all(f'"offset": "{offset}"' not in index for offset in made)
    kliping(crawled, "cdxj")
    packed = tmp_path / "archive.wacz"
    assert "Exported 2 articles" in kliping(
        crawled, "export", "--format", "wacz", "-o", str(packed)
    )


def test_reading_again_reads_what_was_read(crawled: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(crawled, home)
    engine = open_engine(open_home(home).database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE revisions SET text = 'x', text_sha256 = 'x'")
        connection.exec_driver_sql("UPDATE articles SET text_sha256 = 'x'")
    engine.dispose()
    kliping(home, "reextract")
    assert texts(home) == texts(crawled)
    assert rows(home, "SELECT count(*) FROM revisions") == [(2,)]


def test_another_archive_takes_the_records_in(crawled: Path, tmp_path: Path) -> None:
    other = make_home(tmp_path / "other")
    files = [str(path) for path in (crawled / "warc").rglob("*.warc.gz")]
    kliping(other, "import", *files)
    assert texts(other) == texts(crawled)
    assert rows(other, "SELECT count(*) FROM revisions") == [(2,)]
    assert problems(other) == []


@pytest.mark.parametrize("command", ["crawl", "repair"])
def test_a_lost_database_comes_back_from_the_records(
    crawled: Path, tmp_path: Path, site: ScriptedSite, command: str
) -> None:
    home = tmp_path / "home"
    shutil.copytree(crawled, home)
    before = texts(home)
    for path in home.glob("kliping.db*"):
        path.unlink()
    asked = len(site.requests)
    kliping(home, command)
    assert texts(home) == before
    assert f"GET {STORY}" not in site.asked()[asked:]
    assert rows(home, "SELECT count(*) FROM revisions") == [(2,)]
    assert len([row for row in captures(home) if row.made_of]) >= 3
    assert problems(home) == []


def test_what_a_killed_run_did_not_render_is_fetched_again(
    crawled: Path, tmp_path: Path, site: ScriptedSite
) -> None:
    """The run died between keeping a page and keeping its DOM, which ends the file."""
    home = tmp_path / "home"
    shutil.copytree(crawled, home)
    rendered = [row for row in captures(home) if row.made_of and row.url == site.url(STORY)]
    (file,) = (home / "warc").rglob("*.warc.gz")
    with file.open("r+b") as warc:
        warc.truncate(rendered[0].warc_offset)
    file.rename(file.with_name(f"{file.name}.open"))
    for path in home.glob("kliping.db*"):
        path.unlink()
    asked = len(site.requests)
    kliping(home, "crawl")
    assert f"GET {STORY}" in site.asked()[asked:]
    assert set(articles(home)) == set(STORIES.values())
    assert problems(home) == []


def test_forgetting_takes_the_dom_too(crawled: Path, tmp_path: Path, site: ScriptedSite) -> None:
    home = tmp_path / "home"
    shutil.copytree(crawled, home)
    words = text_of(STORY)[:60].encode()
    kliping(home, "forget", site.url(STORY), "--reason", "asked to", "--yes")
    kliping(home, "forget", site.url(f"/api{STORY}"), "--reason", "asked to", "--yes")
    assert site.url(STORY) not in [row.url for row in captures(home)]
    for path in (home / "warc").rglob("*.warc.gz"):
        assert not [record for record in iter_records(path) if words in record.block]
    assert problems(home) == []


def test_an_edit_behind_an_unchanged_page_is_a_revision(tmp_path: Path) -> None:
    with ScriptedSite() as site:
        home = make_rendered(tmp_path / "home", site)
        kliping(home, "crawl")
        more = "Ralat: saluran itu baru selesai dibangun pada bulan Maret, bukan Februari. " * 2
        site.edit(STORY, more)
        engine = open_engine(open_home(home).database_url)
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE urls SET due_at = fetched_at WHERE kind = 'page' AND article_id IS NOT NULL"
            )
        engine.dispose()
        kliping(home, "crawl")
    edited = articles(home)[STORIES[STORY]]
    assert edited.revision == 2
    assert more.strip() in edited.text
    other = articles(home)[next(title for path, title in STORIES.items() if path != STORY)]
    assert other.revision == 1


def test_a_missing_browser_is_told_before_anything_begins(
    site: ScriptedSite, tmp_path: Path
) -> None:
    home = make_rendered(tmp_path / "home", site)
    asked = len(site.requests)
    said = kliping(home, "crawl", exit_code=2, KLIPING_CRAWL__BROWSER="/no/such/browser")
    assert "crawl.browser = '/no/such/browser': there is no such program" in said
    assert len(site.requests) == asked
    assert not (home / "kliping.db").exists()
