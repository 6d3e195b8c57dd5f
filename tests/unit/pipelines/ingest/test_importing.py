"""Anybody's WARC files become captures and articles, once, wherever they were broken off."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import open_archive
from archive.db.engine import open_engine
from archive.db.frontier import FrontierTable
from archive.db.repository import Repository
from archive.errors import LockedError, SourceError
from archive.model import Candidate, FoundBy, Seed, Source, UrlKind
from archive.takedown.forget import forget
from archive.warc import cdxj
from archive.warc.reader import read_payload
from archive.warc.walk import walk
from crawler.demo.routes import page_at
from tests.fixtures.warc import foreign, make
from tests.fixtures.warc.sites import BEGAN_AT, Shape, WarcFile, outlets, write_outlet
from tests.unit.pipelines.importing import Library

FIXTURES = Path(make.__file__).parent
BROKEN = sorted(
    path for path in FIXTURES.glob("*.warc*") if not path.name.startswith(("good", "concurrent"))
)
SHAPES = {
    "heritrix": Shape(),
    "wget": Shape(is_request_first=True, codings=("chunked", "identity", "gzip")),
    "browsertrix": Shape(version="WARC/1.1", codings=("identity", "br")),
    "plain": Shape(version="WARC/1.1", is_gzipped=False, codings=("gzip", "br", "chunked")),
}


@pytest.fixture
def library(tmp_path: Path, in_process: None) -> Library:
    return Library.make(tmp_path / "home")


def site_file(path: Path, shape: Shape | None = None, names: tuple[str, ...] = ("ledger",)) -> Path:
    with WarcFile(path, shape or Shape()) as warc:
        for outlet in outlets(names):
            write_outlet(warc, outlet)
    return path


@pytest.mark.parametrize("tool", SHAPES)
def test_a_site_in_the_shape_of_a_tool(tmp_path: Path, library: Library, tool: str) -> None:
    path = tmp_path / f"{tool}.warc"
    with WarcFile(path, SHAPES[tool]) as warc:
        warc.other("response", "dns:www.ledger.example", b"20210501\n", "text/dns")
        (outlet,) = outlets(["ledger"])
        stories = write_outlet(warc, outlet)
        warc.other("metadata", stories[0], b"via: x\r\n", "application/warc-fields")
        warc.other("conversion", stories[0], b"only text", "text/plain")
        warc.other("resource", "urn:pageinfo:1", b"{}", "application/json")
        warc.other("resource", f"{outlet.base_url}/data.json", b"{}", "application/json")
    (result,) = library.take(path)

    assert (result.refused, result.known) == ((), 0)
    assert result.tally.articles == len(stories)
    assert result.tally.captures == len(stories) + 6
    assert result.tally.outcomes == {"not_article": 1}
    assert sorted(library.articles()) == sorted(stories)
    assert library.problems() == []
    article = library.articles()[stories[0]]
    assert article.ref.file == result.file
    assert article.captured_at == article.first_seen_at
    assert article.captured_at.year == 2021
    assert (
        read_payload(library.home.warc, article.ref)
        == page_at(outlet, outlet.path_of(outlet.stories[0])).payload
    )
    assert len(list(cdxj.lookup(library.home.warc, stories[0]))) == 1


def test_where_it_came_from_is_kept(tmp_path: Path, library: Library) -> None:
    path = site_file(tmp_path / "ledger.warc.gz")
    (result,) = library.take(path)
    assert result.file == "imported/ledger.warc.gz"
    assert (library.home.path / "warc" / result.file).read_bytes() == path.read_bytes()
    ((command, outcome, captures),) = library.rows(
        "SELECT command, outcome, (SELECT count(*) FROM captures c WHERE c.run_id = r.id"
        " AND c.warc_file = 'imported/ledger.warc.gz') FROM runs r"
    )
    assert (command, outcome, captures) == ("import", "done", result.tally.captures)
    ((summary,),) = library.rows("SELECT summary FROM runs")
    assert result.sha256 in summary and str(path) in summary
    urls = library.rows("SELECT DISTINCT kind, found_by, found_in, due_at, state FROM urls")
    assert urls == [("page", "import", "imported/ledger.warc.gz", None, "article")]
    (own,) = (library.home.path / "warc").glob("20*/*/kliping-*.warc.gz")
    notes = [record for record in walk(own) if record.type == "metadata"]
    assert len(notes) == result.tally.articles
    ids = {row[0] for row in library.rows("SELECT record_id FROM captures")}
    assert {(note.get("WARC-Refers-To") or "").strip("<>") for note in notes} <= ids


def test_nothing_is_taken_twice(tmp_path: Path, library: Library) -> None:
    path = site_file(tmp_path / "ledger.warc.gz")
    (first,) = library.take(path)
    (again,) = library.take(path)
    copy = tmp_path / "renamed.warc.gz"
    copy.write_bytes(path.read_bytes())
    (renamed,) = library.take(copy)
    for result in (again, renamed):
        assert (result.known, result.tally.captures) == (first.tally.captures, 0)
    assert [each.name for each in (library.home.path / "warc" / "imported").iterdir()] == [
        "ledger.warc.gz"
    ]
    assert library.problems() == []


def test_another_file_of_the_same_name_gets_another_name(tmp_path: Path, library: Library) -> None:
    (tmp_path / "other").mkdir()
    one = site_file(tmp_path / "a.warc.gz")
    other = site_file(tmp_path / "other" / "a.warc.gz", names=("kenanga",))
    first, second = library.take(one, other)
    assert first.file == "imported/a.warc.gz"
    assert second.file == f"imported/a-{second.sha256[:8]}.warc.gz"
    assert (library.home.path / "warc" / "imported/a.warc.gz").read_bytes() == one.read_bytes()
    assert library.problems() == []


def test_records_whose_file_is_missing_do_not_keep_others_out(
    tmp_path: Path, library: Library
) -> None:
    one = site_file(tmp_path / "a.warc.gz")
    (first,) = library.take(one)
    (library.home.path / "warc" / "imported" / "a.warc.gz").unlink()
    both = site_file(tmp_path / "b.warc.gz", names=("kenanga",))
    both.write_bytes(one.read_bytes() + both.read_bytes())
    (result,) = library.take(both)
    assert (result.refused, result.file) == ((), "imported/b.warc.gz")
    assert result.known == first.tally.captures
    assert result.tally.captures > 0


def test_a_file_may_stay_where_it_is(tmp_path: Path, library: Library) -> None:
    path = site_file(tmp_path / "ledger.warc.gz")
    (result,) = library.take(path, reference=True)
    assert result.file == str(path.resolve())
    article = next(iter(library.articles().values()))
    assert article.ref.file == str(path.resolve())
    assert b"<html" in read_payload(library.home.warc, article.ref)
    assert not list((library.home.path / "warc" / "imported").glob("*"))
    assert library.problems() == []
    (copied,) = library.take(path)
    assert (copied.file, copied.known) == (None, result.tally.captures)


def test_a_file_that_has_more_than_an_earlier_one(tmp_path: Path, library: Library) -> None:
    first = site_file(tmp_path / "part.warc.gz")
    more = site_file(tmp_path / "more.warc.gz", names=("kenanga",))
    both = tmp_path / "both.warc.gz"
    both.write_bytes(first.read_bytes() + more.read_bytes())
    library.take(first)
    (result,) = library.take(both)
    assert result.known == len(library.rows("SELECT 1 FROM captures")) - result.tally.captures > 0
    assert library.problems() == []
    assert library.take(both)[0].tally.captures == 0
    assert library.problems() == []


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.name)
def test_a_broken_file_is_refused_and_harms_nothing(library: Library, path: Path) -> None:
    (result,) = library.take(path)
    assert result.refused
    assert result.file is None
    assert library.rows("SELECT * FROM captures") == []
    assert not list((library.home.path / "warc").rglob("*.warc*"))
    assert library.rows("SELECT outcome FROM runs") == [("failed",)]


def test_other_files_go_on_after_a_broken_one(tmp_path: Path, library: Library) -> None:
    results = library.take(BROKEN[0], tmp_path / "missing.warc.gz", FIXTURES / "good.warc.gz")
    assert [bool(result.refused) for result in results] == [True, True, False]
    assert "No such file" in str(results[1].refused[0])


@pytest.mark.parametrize("name", ["gzip-crc", "impossible-date", "content-length-too-long"])
def test_sound_records_of_a_damaged_file(library: Library, name: str) -> None:
    (result,) = library.take(FIXTURES / f"{name}.warc.gz", accept_damaged=True)
    # The revisit goes too: what it revisits is the damaged record.
    assert {problem.offset for problem in result.left_out} >= {328}
    assert library.problems() == []


def test_a_cut_file_gives_what_is_whole(tmp_path: Path, library: Library) -> None:
    path = site_file(tmp_path / "cut.warc.gz")
    path.write_bytes(path.read_bytes()[:-700])
    assert library.take(path)[0].refused
    (result,) = library.take(path, accept_damaged=True)
    assert len(result.left_out) == 1
    assert result.tally.articles == len(outlets(["ledger"])[0].stories) - 1
    assert result.file == f"imported/cut-part-{result.sha256[:8]}.warc.gz"
    assert library.problems() == []
    (again,) = library.take(path, accept_damaged=True)
    assert (again.tally.captures, again.known) == (0, result.tally.captures)


def test_nothing_sound_at_all(library: Library) -> None:
    for name in ("empty", "not-a-warc", "one-gzip-member"):
        (result,) = library.take(FIXTURES / f"{name}.warc.gz", accept_damaged=True)
        assert result.refused


def test_a_revisit_of_what_another_file_holds(tmp_path: Path, library: Library) -> None:
    url = "https://www.ledger.example/a"
    body = page_at(outlet := outlets(["ledger"])[0], outlet.path_of(outlet.stories[0])).payload
    with WarcFile(tmp_path / "first.warc.gz") as first:
        one = first.page(url, body)
    with WarcFile(tmp_path / "later.warc.gz") as later:
        later.revisit(f"{url}-again", one, of_url=url)
        later.revisit(f"{url}-too", one, of_url=url, by_id=False)
    (alone,) = library.take(tmp_path / "later.warc.gz")
    assert ["revisits a record that is not there" in str(each) for each in alone.refused] == [
        True, True,
    ]  # fmt: skip
    later_result, first_result = sorted(
        library.take(tmp_path / "later.warc.gz", tmp_path / "first.warc.gz"),
        key=lambda result: result.address, reverse=True,
    )  # fmt: skip
    assert (first_result.tally.articles, later_result.tally.articles) == (1, 2)
    assert library.problems() == []


def test_two_files_that_revisit_each_other(tmp_path: Path, library: Library) -> None:
    base = "https://www.ledger.example"
    with WarcFile(tmp_path / "a.warc.gz") as a, WarcFile(tmp_path / "b.warc.gz") as b:
        in_a = a.page(f"{base}/a.png", b"a" * 50, "image/png")
        in_b = b.page(f"{base}/b.png", b"b" * 50, "image/png")
        a.revisit(f"{base}/b.png", in_b)
        b.revisit(f"{base}/a.png", in_a)
    results = library.take(tmp_path / "a.warc.gz", tmp_path / "b.warc.gz")
    assert [(result.refused, result.tally.captures) for result in results] == [((), 2), ((), 2)]
    assert library.problems() == []


def test_an_id_that_another_record_has_is_no_reason_to_drop_a_capture(
    tmp_path: Path, library: Library
) -> None:
    (tmp_path / "a.warc.gz").write_bytes(foreign.heritrix())
    other = foreign.heritrix()
    path = tmp_path / "c.warc"
    path.write_bytes(gzip.decompress(other).replace(b"/hujan", b"/panas"))
    first, refused = library.take(tmp_path / "a.warc.gz", path)
    assert first.tally.captures == 1
    assert "another record with the same WARC-Record-ID" in str(refused.refused[0])


def test_captures_belong_to_the_source_of_their_site(tmp_path: Path, in_process: None) -> None:
    followed = Source("the-ledger", "https://ledger.example/")
    library = Library.make(tmp_path / "home", [followed])
    library.take(site_file(tmp_path / "both.warc.gz", names=("ledger", "kenanga")))
    found = library.rows(
        "SELECT s.name, count(*) > 5 FROM captures c JOIN sources s ON s.id = c.source_id"
        " GROUP BY s.name ORDER BY s.name"
    )
    assert found == [("kenanga", 1), ("the-ledger", 1)]
    assert {article.source for article in library.articles().values()} == {"kenanga", "the-ledger"}
    assert not list(library.home.sources.glob("*.toml"))


def test_everything_may_belong_to_one_source(tmp_path: Path, library: Library) -> None:
    path = site_file(tmp_path / "both.warc.gz", names=("ledger", "kenanga"))
    library.take(path, source="cc-news")
    assert {article.source for article in library.articles().values()} == {"cc-news"}
    with pytest.raises(SourceError, match="cannot name a source"):
        library.take(path, source="CC NEWS")


def test_an_older_capture_becomes_a_revision_and_not_the_newest(
    tmp_path: Path, library: Library
) -> None:
    (outlet,) = outlets(["ledger"])
    story = outlet.stories[0]
    url, path = outlet.url_of(story), outlet.path_of(story)
    edited = outlet.edited(story.slug, title="What it said before")
    with WarcFile(tmp_path / "new.warc.gz") as new:
        new.page(url, page_at(outlet, path).payload, at=BEGAN_AT + timedelta(days=9))
    with WarcFile(tmp_path / "old.warc.gz") as old:
        old.page(url, page_at(edited, path).payload, at=BEGAN_AT)
    library.take(tmp_path / "new.warc.gz")
    library.take(tmp_path / "old.warc.gz")
    article = library.articles()[url]
    assert (article.title, article.revision) == (story.title, 2)
    assert article.first_seen_at == BEGAN_AT
    assert library.rows("SELECT number, title FROM revisions ORDER BY number") == [
        (1, "What it said before"),
        (2, story.title),
    ]
    ((fetched_at,),) = library.rows("SELECT fetched_at FROM urls")
    assert fetched_at.startswith("2021-05-10")


def test_pages_that_are_hard_to_read(tmp_path: Path, library: Library) -> None:
    (outlet,) = outlets(["kenanga"])
    story = outlet.stories[0]
    page = page_at(outlet, outlet.path_of(story)).payload
    base = outlet.base_url
    latin = "<html><body><p>Se\xf1or</p></body></html>".encode("latin-1")
    with WarcFile(tmp_path / "odd.warc.gz") as warc:
        warc.page(f"{base}/latin", latin, "text/html")
        warc.page(f"{base}/empty", b"")
        warc.page(f"{base}/binary", bytes(range(256)) * 40)
        warc.page(f"{base}/liar", page, "text/html; charset=utf-16")
        warc.page(f"{base}/no-type", page, "")
        warc.page(f"http://www.kenanga.example/{'x' * 9000}", page)
    (result,) = library.take(tmp_path / "odd.warc.gz")
    assert result.refused == ()
    assert result.tally.captures == 6
    assert result.tally.articles >= 1
    assert library.problems() == []


def test_a_url_that_the_frontier_waits_for_stays_due(tmp_path: Path, in_process: None) -> None:
    library = Library.make(tmp_path / "home", [Source("ledger", "https://www.ledger.example/")])
    (outlet,) = outlets(["ledger"])
    engine = open_engine(library.home.database_url)
    now = datetime.now(UTC)
    Repository(engine).refresh_sources(library.followed, now)
    table = FrontierTable(engine)
    url = outlet.url_of(outlet.stories[0])
    table.add(1, [Candidate(url, UrlKind.PAGE, FoundBy.FEED, "feed")], now)
    table.begin(1, [Seed(f"{outlet.base_url}/", UrlKind.LISTING)], now)
    engine.dispose()
    library.take(site_file(tmp_path / "a.warc.gz"))
    kinds = library.rows("SELECT url, kind, due_at IS NULL FROM urls WHERE found_by != 'import'")
    assert sorted(kinds) == [(f"{outlet.base_url}/", "listing", 0), (url, "page", 0)]
    assert open_archive(library.home.path).article(url).url == url


def test_what_was_forgotten_does_not_come_back(tmp_path: Path, library: Library) -> None:
    path = site_file(tmp_path / "ledger.warc.gz")
    first, *_ = stories = [outlets(["ledger"])[0].url_of(s) for s in outlets(["ledger"])[0].stories]
    library.take(path)
    forget(library.home, first, reason="a court says so", by="tests")
    assert library.take(path)[0].tally.captures == 0
    # The page again, in another file and under another id.
    library.take(site_file(tmp_path / "again.warc.gz"))
    assert sorted(library.articles()) == sorted(stories[1:])
    assert library.rows(f"SELECT 1 FROM captures WHERE url = '{first}'") == []
    title = outlets(["ledger"])[0].stories[0].title.encode()
    for kept in (library.home.path / "warc").rglob("*.warc.gz"):
        assert title not in b"".join(r.block for r in walk(kept) if r.target_uri == first)
    assert library.problems() == []
    assert library.mend() == ([], [])


def test_another_address_of_what_was_forgotten_does_not_come_in(
    tmp_path: Path, library: Library
) -> None:
    (outlet,) = outlets(["ledger"])
    story = outlet.stories[0]
    library.take(site_file(tmp_path / "ledger.warc.gz"))
    forget(library.home, outlet.url_of(story), reason="a court says so", by="tests")
    other = f"{outlet.base_url}/print/{story.slug}"
    with WarcFile(tmp_path / "print.warc.gz", Shape()) as warc:
        warc.page(other, page_at(outlet, outlet.path_of(story)).payload)
    (result,) = library.take(tmp_path / "print.warc.gz")
    assert result.tally.articles == 0
    assert library.rows(f"SELECT 1 FROM captures WHERE url = '{other}'") == []
    for kept in (library.home.path / "warc").rglob("*.warc.gz"):
        assert other not in [record.target_uri for record in walk(kept)]
    assert library.problems() == []


def test_one_import_at_a_time(library: Library) -> None:
    with library.home.lock(["import"]), pytest.raises(LockedError):
        library.take(FIXTURES / "good.warc.gz")
