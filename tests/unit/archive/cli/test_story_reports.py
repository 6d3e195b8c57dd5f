"""`kliping cluster` and `kliping diff` as people and programs see them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from archive.cli.diff_report import print_revision_diff
from archive.core.diff import Change, diff_text
from archive.db.engine import open_engine
from archive.errors import NotArchivedError, WrongUseError
from archive.home import create_home
from archive.read.query import Query
from archive.read.revision_diff import PARAGRAPH_END, diff_paragraphs
from crawler.cli import app
from tests.unit.archive.shelf import NOW, SITE, Shelf

OTHER = "https://warta.example"
WIRE = "\n".join(
    f"Menurut saksi, perahu ke-{number} milik Haji Sabri tiba di Nipah pukul {number + 5}.30."
    for number in range(12)
)
OLD = "Gempa mengguncang Bitung.\nDua belas orang luka.\nWarga mengungsi & <menunggu>."
NEW = OLD.replace("belas", "puluh")


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    home = create_home(tmp_path / "home")
    engine = open_engine(home.database_url)
    yield Shelf(home, engine)
    engine.dispose()


@pytest.fixture
def wire(shelf: Shelf) -> Shelf:
    """A wire story: first seen at one source, published before that by another, which cut it."""
    warta = shelf.source("warta", OTHER)
    half = "\n".join(WIRE.splitlines()[:6])
    earlier = NOW - timedelta(hours=3)
    with shelf.writer() as writer:
        shelf.article(writer, "budi", text=WIRE, published_at=NOW - timedelta(hours=1))
        url = f"{OTHER}/siti"
        shelf.article(writer, "siti", url=url, text=half, source_id=warta, published_at=earlier)
        shelf.article(writer, "ani")
    return shelf


@pytest.fixture
def revised(shelf: Shelf) -> Shelf:
    with shelf.writer() as writer:
        for name, text in (("satu", OLD), ("dua", NEW), ("dua", NEW + "\nTidak ada tsunami.")):
            shelf.article(writer, name, url=f"{SITE}/gempa", text=text)
        shelf.article(writer, "ani")
    return shelf


def run(shelf: Shelf, *arguments: str) -> str:
    """What a command prints.

    Raises:
        KlipingError: as the command does.
    """
    done = CliRunner().invoke(app, [*arguments, "--home", str(shelf.home.path)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0
    return done.output


def test_a_cluster_names_its_members_and_who_was_first(wire: Shelf) -> None:
    printed = run(wire, "cluster", f"{SITE}/budi")
    assert "First published by warta: https://warta.example/siti" in printed
    siti, budi = printed.splitlines()[2:4]
    assert siti.split()[:4] == ["2", "warta", "2026-11-23", "09:00"]
    assert budi.split()[:4] == ["1", "suara", "2026-11-23", "11:00"]
    told = json.loads(run(wire, "cluster", "1", "--json"))
    assert told["first_publisher"] == "warta"
    siti, budi = told["members"]
    assert (siti["id"], siti["source"], siti["is_first"]) == (2, "warta", True)
    assert siti["containment"] == 1.0
    assert 0.3 < siti["resemblance"] < 0.7
    assert (budi["id"], budi["resemblance"], budi["is_first"]) == (1, 1.0, False)


def test_an_article_that_is_nowhere_else_says_so(wire: Shelf) -> None:
    assert "No other article" in run(wire, "cluster", "3")
    told = json.loads(run(wire, "cluster", "3", "--json"))
    assert told == {"article": 3, "cluster_id": None, "first_publisher": None, "members": []}
    with pytest.raises(NotArchivedError, match="no article 9"):
        run(wire, "cluster", "9")


def test_exports_name_the_cluster_and_the_first_publisher(wire: Shelf) -> None:
    found = [json.loads(line) for line in run(wire, "articles", "--json").splitlines()]
    by_id = {one["id"]: (one["cluster_id"], one["first_publisher"]) for one in found}
    assert by_id[3] == (None, None)
    assert by_id[1] == by_id[2]
    assert by_id[1][1] == "warta"


def test_a_diff_marks_what_changed(revised: Shelf) -> None:
    last = run(revised, "diff", f"{SITE}/gempa")
    assert "(3 paragraphs unchanged)" in last
    assert "{+Tidak ada tsunami.+}" in last
    assert "Title" not in last
    whole = run(revised, "diff", "1", "1", "3")
    assert "Title: Judul[- satu-]{+ dua+}" in whole
    assert "Dua[- belas-]{+ puluh+} orang luka." in whole
    assert run(revised, "diff", "1", "1") == whole
    assert "[-Tidak ada tsunami.-]" in run(revised, "diff", "1", "3", "2")


def test_a_terminal_gets_colours(
    revised: Shelf, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    print_revision_diff(*Query(revised.engine).two_revisions("1", [1, 2]))
    printed = capsys.readouterr().out
    assert "\x1b[9;31m belas\x1b[0m\x1b[32m puluh\x1b[0m" in printed
    assert "[-" not in printed


def test_html_is_whole_escaped_and_closed(revised: Shelf) -> None:
    page = run(revised, "diff", "1", "1", "3", "--html")
    assert "<del> belas</del><ins> puluh</ins>" in page
    assert "<p><ins>Tidak ada tsunami.</ins></p>" in page
    assert "&amp; &lt;menunggu&gt;" in page
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert "script" not in tags.seen


class Tags(HTMLParser):
    """Which tags a fragment has, and which of them stay open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_json_holds_both_sides(revised: Shelf) -> None:
    told = json.loads(run(revised, "diff", "1", "1", "2", "--json"))
    assert (told["before"]["number"], told["after"]["number"]) == (1, 2)
    sides = {"removed": "", "added": ""}
    for piece in told["text"]:
        for side in sides:
            sides[side] += piece["text"] if piece["change"] in ("same", side) else ""
    assert sides == {"removed": OLD, "added": NEW}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["9"], "no article 9"),
        (["2"], "article 2 has one revision"),
        (["2", "2"], "article 2 has no revision 2; it has only revision 1"),
        (["1", "1", "4"], "article 1 has no revision 4; it has revisions 1 to 3"),
        (["1", "0"], "no revision 0"),
        (["1", "3"], "revision 3 of article 1 is the newest"),
        (["1", "2", "2"], "the same revision"),
        (["1", "1", "2", "3"], "at most two revisions"),
        (["1", "--html", "--json"], "one of --html and --json"),
    ],
)
def test_what_cannot_be_compared_says_why(
    revised: Shelf, arguments: list[str], message: str
) -> None:
    with pytest.raises(WrongUseError, match=message):
        run(revised, "diff", *arguments)


@pytest.mark.parametrize(
    ("before", "after", "ends"),
    [
        ("Satu.\nDua tiga.", "Satu. Dua tiga.", [Change.REMOVED]),
        ("Satu. Dua tiga.", "Satu.\nDua tiga.", [Change.ADDED]),
        ("Satu.", "Satu.\nDua.", []),
        ("Satu.\nDua.", "Dua.", []),
    ],
)
def test_joined_and_parted_paragraphs_show(before: str, after: str, ends: list[Change]) -> None:
    pieces = [piece for line in diff_paragraphs(diff_text(before, after)) for piece in line]
    assert [piece.change for piece in pieces if piece.text == PARAGRAPH_END] == ends
