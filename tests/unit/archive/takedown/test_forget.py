"""What is forgotten is gone from every file, everything else is as it was, and it stays away."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.db.engine import open_engine
from archive.db.repository import UrlOutcome
from archive.errors import (
    LockedError,
    NotArchivedError,
    SourceError,
    StorageError,
    WrongUseError,
)
from archive.home import create_home, run_lock
from archive.model import Candidate, FoundBy, Seed, UrlKind, UrlState
from archive.read.query import Query
from archive.takedown import erase
from archive.takedown.forget import Forgotten, forget, require_not_forgotten, takedowns
from archive.warc import cdxj
from archive.warc.reader import iter_records
from tests.examples import examples
from tests.unit.archive.shelf import NOW, SITE, Shelf, answer, secret
from tests.unit.archive.warc.tools import assert_tools_accept


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    home = create_home(tmp_path / "home")
    engine = open_engine(home.database_url)
    yield Shelf(home, engine)
    engine.dispose()


def forgotten(shelf: Shelf, target: str, *, also_copies: bool = False) -> Forgotten:
    reason, by = "putusan 7/2027", "Ani"
    done = forget(shelf.home, target, reason=reason, by=by, also_copies=also_copies)
    assert done is not None
    assert done.problems == ()
    return done


def fill(shelf: Shelf, *names: str) -> None:
    with shelf.writer() as writer:
        for name in names:
            shelf.article(writer, name)


def assert_gone(shelf: Shelf, *names: str) -> None:
    for name in names:
        assert shelf.where(secret(name)) == []
        assert shelf.where(f"Judul {name}") == []
    assert shelf.problems() == []
    assert_tools_accept(shelf.home.path / "warc")


def test_nothing_is_left_of_it_and_the_rest_is_as_it_was(shelf: Shelf) -> None:
    fill(shelf, "budi", "siti", "ani")
    assert len(shelf.where(secret("siti"))) >= 2
    done = forgotten(shelf, f"{SITE}/siti")
    assert (done.takedown.articles, done.takedown.urls, done.takedown.records) == (1, 1, 1)
    assert_gone(shelf, "siti")
    assert [article.title for article in Query(shelf.engine).all_articles()] == [
        "Judul budi",
        "Judul ani",
    ]
    assert shelf.reads_back(f"{SITE}/budi") and shelf.reads_back(f"{SITE}/ani")
    assert list(cdxj.lookup(shelf.home.warc, f"{SITE}/siti")) == []
    with pytest.raises(NotArchivedError, match="forgotten"):
        Query(shelf.engine).article(f"{SITE}/siti")


def test_the_log_says_who_when_and_why(shelf: Shelf) -> None:
    fill(shelf, "siti")
    forgotten(shelf, "1")
    [logged] = takedowns(shelf.home)
    assert (logged.target, logged.kind, logged.by) == ("1", "article", "Ani")
    assert logged.reason == "putusan 7/2027"
    assert logged.done_at is not None and logged.done_at >= logged.forgotten_at


def test_older_revisions_are_gone_too(shelf: Shelf) -> None:
    with shelf.writer() as writer:
        shelf.article(writer, "siti")
        url = f"{SITE}/siti"
        shelf.article(writer, "dua", url=url, text="Tulisan baru tanpa nama saksi.")
    assert shelf.count("revisions") == 2
    forgotten(shelf, "1")
    assert shelf.count("revisions") == 0
    assert_gone(shelf, "siti", "dua")


def test_nothing_of_it_is_left_in_the_clusters(shelf: Shelf) -> None:
    wire = "\n".join(
        f"Menurut saksi, perahu ke-{n} milik Pak Haji tiba di Nipah." for n in range(9)
    )
    with shelf.writer() as writer:
        ids = [shelf.article(writer, name, text=wire) for name in ("budi", "siti", "ani")]
    cluster = Query(shelf.engine).cluster("1")
    assert cluster is not None
    assert [member.id for member in cluster.members] == ids
    forgotten(shelf, f"{SITE}/budi")
    assert Query(shelf.engine).article("2").first_publisher == "suara"
    for table in ("sketches", "sketch_bands", "cluster_links"):
        assert shelf.count(table, f"article_id = {ids[0]}") == 0
        assert shelf.count(table) > 0
    forgotten(shelf, f"{SITE}/siti")
    assert shelf.count("clusters") == shelf.count("cluster_links") == 0
    assert Query(shelf.engine).article("3").cluster_id is None
    forgotten(shelf, "suara")
    assert shelf.count("sketches") == shelf.count("sketch_bands") == 0


def test_every_address_of_an_article_is_forgotten(shelf: Shelf) -> None:
    url = f"{SITE}/siti"
    with shelf.writer() as writer:
        shelf.article(writer, "siti", asked=f"{SITE}/?p=17", url=url)
        shelf.article(writer, "siti", url=f"{SITE}/amp/siti", canonical=url)
        shelf.article(writer, "ani")
    done = forgotten(shelf, f"{SITE}/amp/siti")
    assert done.takedown.urls == 2
    assert shelf.count("captures", "url LIKE '%siti%' OR url LIKE '%p=17%'") == 0
    assert_gone(shelf, "siti")
    for address in (url, f"{SITE}/amp/siti", f"{SITE}/?p=17"):
        assert not is_due(shelf, address)


def is_due(shelf: Shelf, url: str) -> bool:
    """Whether the frontier would fetch a URL that a feed names."""
    shelf.table.add(1, [Candidate(url, UrlKind.PAGE, FoundBy.FEED, f"{SITE}/feed")], NOW)
    return shelf.count("urls", f"url = '{url}' AND due_at IS NOT NULL") == 1


@pytest.mark.parametrize(
    "spelling",
    ["https://www.suara.example/siti", "http://suara.example/siti", f"{SITE}/siti?utm_source=x"],
)
def test_no_spelling_of_it_comes_back(shelf: Shelf, spelling: str) -> None:
    fill(shelf, "siti")
    forgotten(shelf, f"{SITE}/siti")
    assert not is_due(shelf, spelling)
    assert is_due(shelf, f"{SITE}/siti-lain")


def test_another_address_of_it_is_not_taken_in(shelf: Shelf) -> None:
    fill(shelf, "siti")
    forgotten(shelf, f"{SITE}/siti")
    with shelf.writer() as writer:
        shelf.article(writer, "ani")
        assert (
            shelf.article(writer, "siti", url=f"{SITE}/edisi/siti", canonical=f"{SITE}/siti")
            is None
        )
    assert shelf.problems() != []  # the record waits
    assert erase.finish_takedowns(shelf.home, shelf.engine) == []
    assert_gone(shelf, "siti")
    assert not is_due(shelf, f"{SITE}/edisi/siti")
    assert shelf.reads_back(f"{SITE}/ani")


def test_captures_that_come_in_otherwise_get_no_rows(shelf: Shelf) -> None:
    fill(shelf, "siti")
    forgotten(shelf, f"{SITE}/siti")
    with shelf.writer() as writer:
        found = [
            shelf.keep(writer, f"{SITE}/{name}", answer(f"<p>{secret(name)}</p>"))
            for name in ("siti", "budi")
        ]
        shelf.repository.save_captures(found, run_id=1)
    ids = [capture.ref.record_id for capture in found if capture.ref]
    assert shelf.repository.recorded_ids(ids) == set(ids)
    erase.finish_takedowns(shelf.home, shelf.engine)
    assert shelf.where(secret("siti")) == []
    assert shelf.reads_back(f"{SITE}/budi")


def test_metadata_in_a_later_file_goes_too(shelf: Shelf) -> None:
    with shelf.writer() as writer:
        shelf.article(writer, "siti")
        capture = shelf.keep(writer, f"{SITE}/siti", answer("<p>sama</p>"))
        shelf.repository.save_captures([capture], run_id=1)
    with shelf.writer() as writer:
        shelf.article(writer, "ani")
        writer.append_metadata([(capture, [("title", "Judul siti yang baru")])])
    forgotten(shelf, "1")
    assert_gone(shelf, "siti")
    assert shelf.reads_back(f"{SITE}/ani")


def test_a_page_that_others_depend_on_goes_with_them_or_not_at_all(shelf: Shelf) -> None:
    same = f"<p>{secret('siti')}</p>"
    with shelf.writer() as writer:
        shelf.article(writer, "siti", body=same)
        shelf.article(writer, "salinan", body=same)
        shelf.article(writer, "ani")
    with pytest.raises(WrongUseError, match="/salinan"):
        forgotten(shelf, f"{SITE}/siti")
    assert shelf.reads_back(f"{SITE}/salinan")
    assert takedowns(shelf.home) == []
    forgotten(shelf, f"{SITE}/siti", also_copies=True)
    assert_gone(shelf, "siti", "salinan")
    assert shelf.reads_back(f"{SITE}/ani")


def test_a_copy_that_stays_is_named(shelf: Shelf) -> None:
    same = f"<p>{secret('siti')}</p>"
    with shelf.writer() as writer:
        shelf.article(writer, "siti", body=same)
        shelf.article(writer, "salinan", body=same)
    done = forgotten(shelf, f"{SITE}/salinan")
    assert done.twins == (f"{SITE}/siti",)
    assert shelf.reads_back(f"{SITE}/siti")
    assert shelf.problems() == []


def test_an_error_page_that_others_repeat_stays(shelf: Shelf) -> None:
    missing = answer("<h1>Tidak ada</h1>", "404 Not Found")
    with shelf.writer() as writer:
        shelf.article(writer, "siti")
        shelf.page(writer, f"{SITE}/siti", missing, UrlKind.PAGE)
        shelf.page(writer, f"{SITE}/hilang", missing, UrlKind.PAGE)
    forgotten(shelf, "1")
    assert shelf.reads_back(f"{SITE}/hilang")
    assert_gone(shelf, "siti")


def test_a_page_where_others_land_too_is_left_alone(shelf: Shelf) -> None:
    login = f"{SITE}/masuk"
    with shelf.writer() as writer:
        for name in ("siti", "ani"):
            shelf.article(writer, name)
            url_id = shelf.know(f"{SITE}/{name}")
            visit = [shelf.keep(writer, login, answer("<form>"))]
            outcome = UrlOutcome(200, UrlState.NO_ARTICLE, "not_article: a form")
            shelf.repository.save_visit(
                visit, outcome, run_id=1, source_id=1, url_id=url_id, reading=None
            )
    forgotten(shelf, "1")
    assert shelf.reads_back(login)
    assert is_due(shelf, f"{SITE}/masuk")
    assert_gone(shelf, "siti")


def test_its_own_lead_image_goes_and_a_shared_one_stays(shelf: Shelf) -> None:
    own, logo = f"{SITE}/siti.jpg", f"{SITE}/logo.png"
    with shelf.writer() as writer:
        shelf.article(writer, "siti", image=own)
        shelf.article(writer, "budi", image=logo)
        shelf.article(writer, "ani", image=logo)
        for url in (own, logo):
            shelf.page(writer, url, answer(f"gambar {url}"), UrlKind.REQUISITE)
    forgotten(shelf, "1")
    forgotten(shelf, "2")
    assert shelf.count("captures", f"url = '{own}'") == 0
    assert shelf.where(f"gambar {own}") == []
    assert shelf.reads_back(logo)


def test_of_a_feed_only_what_it_said_is_forgotten(shelf: Shelf) -> None:
    feed = f"{SITE}/feed"
    with shelf.writer() as writer:
        shelf.page(writer, feed, answer(f"<rss>{secret('siti')}</rss>"), UrlKind.FEED)
        shelf.article(writer, "ani")
    forgotten(shelf, feed)
    assert_gone(shelf, "siti")
    shelf.table.begin(1, [Seed(feed, UrlKind.FEED)], NOW)
    assert shelf.count("urls", f"url = '{feed}' AND due_at IS NOT NULL") == 1


def test_a_whole_source(shelf: Shelf) -> None:
    other = shelf.source("kabar", "https://kabar.example")
    with shelf.writer() as writer:
        shelf.article(writer, "siti")
        shelf.article(writer, "ani", url="https://kabar.example/ani", source_id=other)
        shelf.page(writer, f"{SITE}/feed", answer(secret("budi")), UrlKind.FEED)
        robots = shelf.keep(writer, f"{SITE}/robots.txt", answer("User-agent: *"))
        shelf.repository.save_captures([robots], run_id=1)
    done = forgotten(shelf, "suara")
    assert (done.takedown.kind, done.takedown.records) == ("source", 3)
    assert_gone(shelf, "siti", "budi")
    assert shelf.reads_back("https://kabar.example/ani")
    assert shelf.count("urls", "url LIKE '%suara%'") == 0
    assert sorted(path.name for path in shelf.home.sources.iterdir()) == [
        "kabar.toml",
        "suara.toml.forgotten",
    ]
    for url in (SITE, "http://www.suara.example/"):
        with pytest.raises(SourceError, match="by Ani"):
            require_not_forgotten(shelf.home, url)
    require_not_forgotten(shelf.home, "https://kabar.example/")
    with pytest.raises(SourceError, match="forgotten"):
        shelf.source("suara", SITE)


def test_a_source_that_shares_its_site_with_another(shelf: Shelf) -> None:
    sport = shelf.source("sport", "https://sport.suara.example")
    with shelf.writer() as writer:
        shelf.article(writer, "siti")
        shelf.article(writer, "ani", url="https://sport.suara.example/ani", source_id=sport)
    forgotten(shelf, "suara")
    assert_gone(shelf, "siti")
    assert shelf.reads_back("https://sport.suara.example/ani")
    require_not_forgotten(shelf.home, "https://sport.suara.example")
    with pytest.raises(SourceError):
        require_not_forgotten(shelf.home, SITE)


KILLED = """
import os, signal, sys
from pathlib import Path
import archive.takedown.erase, archive.warc.cdxj, archive.warc.tombstone
from archive.takedown.forget import forget
from archive.home import open_home
module, name = sys.argv[2].rsplit(".", 1)
owner = sys.modules.get(module) or getattr(archive.warc.tombstone, module)
setattr(owner, name, lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL))
forget(open_home(Path(sys.argv[1])), "suara", reason="putusan 7/2027", by="Ani")
"""


@pytest.mark.parametrize(
    "step",
    [
        "archive.takedown.erase.forget_records",
        "archive.core.disk.sync_folder",
        "archive.warc.cdxj.forget_lines",
        "archive.takedown.erase.scrub",
        "os.fsync",  # the new file is there beside the old one, and not in its place yet
    ],
)
def test_what_was_killed_is_finished_later(shelf: Shelf, step: str) -> None:
    fill(shelf, "siti")
    command = [sys.executable, "-W", "ignore", "-c", KILLED, str(shelf.home.path), step]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    assert shelf.count("articles") == 0
    [logged] = takedowns(shelf.home)
    assert logged.done_at is None
    assert erase.finish_takedowns(shelf.home, shelf.engine) == []
    assert_gone(shelf, "siti")
    assert (shelf.home.sources / "suara.toml.forgotten").exists()
    assert erase.finish_takedowns(shelf.home, shelf.engine) == []
    [logged] = takedowns(shelf.home)
    assert logged.done_at is not None


def test_a_file_that_cannot_be_rewritten_is_told_and_tried_again(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shelf, "siti")

    def full(*arguments: object, **keywords: object) -> None:
        raise StorageError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(erase, "forget_records", full)
        done = forget(shelf.home, "1", reason="r", by="b")
    assert done is not None and done.takedown.done_at is None
    assert "no room" in done.problems[0]
    again = forgotten(shelf, "1")
    assert not again.is_new and again.takedown.done_at is not None
    assert_gone(shelf, "siti")


def test_a_missing_file_is_told(shelf: Shelf, tmp_path: Path) -> None:
    fill(shelf, "siti")
    [path] = (shelf.home.path / "warc").rglob("*.warc.gz")
    aside = path.rename(tmp_path / "aside")
    done = forget(shelf.home, "1", reason="r", by="b")
    assert done is not None and path.name in done.problems[0]
    aside.rename(path)
    forgotten(shelf, "1")
    assert_gone(shelf, "siti")


def test_damage_elsewhere_does_not_stop_it(shelf: Shelf) -> None:
    fill(shelf, "siti")
    with shelf.writer() as writer:
        shelf.article(writer, "budi")
        first = shelf.keep(writer, f"{SITE}/x", answer("x" * 500))
        shelf.article(writer, "ani")
    assert first.ref is not None
    path = shelf.home.path / "warc" / first.ref.file
    data = bytearray(path.read_bytes())
    data[first.ref.offset + 40] ^= 0xFF
    path.write_bytes(bytes(data))
    forgotten(shelf, "1")
    assert shelf.where(secret("siti")) == []
    assert shelf.reads_back(f"{SITE}/ani")


def test_a_crawl_at_work_keeps_it_waiting(shelf: Shelf) -> None:
    fill(shelf, "siti")
    with shelf.home.lock(["suara"]), pytest.raises(LockedError):
        forgotten(shelf, "1")
    run_id = shelf.repository.start_run("crawl", "1", NOW)
    with shelf.home.lock([run_lock(run_id)]), pytest.raises(LockedError):
        forgotten(shelf, "1")
    assert shelf.count("articles") == 1
    forgotten(shelf, "1")  # that run is dead now


def test_a_dead_runs_file_and_torn_end(shelf: Shelf) -> None:
    fill(shelf, "siti")
    [path] = (shelf.home.path / "warc").rglob("*.warc.gz")
    [record, *_] = [each for each in iter_records(path) if each.type == "response"]
    whole = path.read_bytes()
    torn = whole[record.offset : record.offset + record.length - 20]
    path.rename(f"{path}.open").write_bytes(whole + torn)
    forgotten(shelf, "1")
    assert_gone(shelf, "siti")
    assert list((shelf.home.path / "warc").rglob("*.torn-*")) == []


def test_a_file_that_somebody_is_writing_waits_for_its_end(shelf: Shelf) -> None:
    with shelf.writer() as writer:
        shelf.article(writer, "siti")
        done = forget(shelf.home, "1", reason="r", by="b")
        assert done is not None and "is writing" in done.problems[0]
    assert shelf.problems() != []
    forgotten(shelf, "1")
    assert_gone(shelf, "siti")


def test_records_outside_the_archive_are_counted_and_left(shelf: Shelf, tmp_path: Path) -> None:
    fill(shelf, "siti")
    [path] = (shelf.home.path / "warc").rglob("*.warc.gz")
    outside = path.rename(tmp_path / "theirs.warc.gz")
    before = outside.read_bytes()
    with shelf.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE captures SET warc_file = '{outside}'")
    done = forgotten(shelf, "1")
    assert done.elsewhere == 1
    assert done.takedown.done_at is not None
    assert outside.read_bytes() == before
    assert shelf.problems() == []


@pytest.mark.parametrize("target", ["9", "99999999999999999999", "x", f"{SITE}/none", "ftp://a/b"])
def test_nothing_of_the_kind(shelf: Shelf, target: str) -> None:
    fill(shelf, "siti")
    with pytest.raises(NotArchivedError, match="nothing to forget"):
        forget(shelf.home, target, reason="r", by="b")


def test_a_url_that_is_known_and_not_fetched_yet_is_never_fetched(shelf: Shelf) -> None:
    shelf.know(f"{SITE}/siti")
    forgotten(shelf, f"{SITE}/siti")
    assert not is_due(shelf, f"{SITE}/siti")


def test_nothing_happens_without_a_yes(shelf: Shelf) -> None:
    fill(shelf, "siti")
    plans: list[str] = []

    def no(plan: object) -> bool:
        plans.append(str(plan))
        return False

    assert forget(shelf.home, "1", reason="r", by="b", confirm=no) is None
    assert "Judul siti" in plans[0]
    assert shelf.reads_back(f"{SITE}/siti")
    assert takedowns(shelf.home) == []


def test_the_number_of_a_forgotten_article_is_never_given_again(shelf: Shelf) -> None:
    fill(shelf, "budi", "siti")
    forgotten(shelf, "2")
    with shelf.writer() as writer:
        assert shelf.article(writer, "ani") == 3


@settings(max_examples=examples(6), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(doomed=st.sets(st.sampled_from(["a", "b", "c", "d"])))
def test_forgetting_any_of_them_leaves_the_others_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, doomed: set[str]
) -> None:
    home = create_home(tmp_path_factory.mktemp("any") / "home")
    engine = open_engine(home.database_url)
    shelf = Shelf(home, engine)
    names = ["a", "b", "c", "d"]
    with shelf.writer() as writer:
        for name in names:
            shelf.article(writer, name, asked=f"{SITE}/?p={name}", url=f"{SITE}/{name}")
    with shelf.writer() as writer:
        for name in names:  # fetched again: revisits
            shelf.article(writer, name)
    for name in sorted(doomed):
        forgotten(shelf, f"{SITE}/{name}")
    assert_gone(shelf, *doomed)
    for name in names:
        assert shelf.reads_back(f"{SITE}/{name}") == (name not in doomed)
    assert shelf.count("articles") == len(names) - len(doomed)
    engine.dispose()
