"""What a crawl shows: lines where nobody watches, a table that changes on a terminal."""

from __future__ import annotations

import io
from time import monotonic

import pytest
from rich.console import Console

from crawler.runs import display
from crawler.runs.display import line, pace, showing
from crawler.runs.progress import Progress, Tally


@pytest.fixture
def progress() -> Progress:
    tallies = {
        "suara": Tally(found=12, fetched=8, articles=7, errors=1, lists_read=2, waiting=4),
        "warta": Tally(lists_failed=1),
    }
    return Progress(tallies)


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=100)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_it_ends_with_a_table_of_all_sources(progress: Progress) -> None:
    out = console(terminal=False)
    with showing(progress, out):
        pass
    header, suara, warta = printed(out).splitlines()
    assert header.split() == ["source", "found", "fetched", "articles", "errors", "waiting"]
    assert suara.split() == ["suara", "12", "8", "7", "1", "4"]
    assert warta.split() == ["warta", "0", "0", "0", "0", "0", "failed"]


@pytest.mark.parametrize("terminal", [False, True])
def test_every_message_is_printed_once_and_as_it_is(progress: Progress, terminal: bool) -> None:
    out = console(terminal=terminal)
    long = "https://suara.example/" + "a" * 200
    progress.tell("suara", "before [red]markup[/red]")
    with showing(progress, out):
        progress.tell("suara", f"{long}: broken")
    for message in ("suara: before [red]markup[/red]", f"suara: {long}: broken"):
        assert printed(out).count(message) == 1


def test_lines_tell_where_it_is(progress: Progress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "STATUS_EVERY_S", 0.01)
    out = console(terminal=False)
    with showing(progress, out):
        while "crawl: found 12, fetched 8, articles 7, errors 1, waiting 4; " not in printed(out):
            pass
    assert "\x1b" not in printed(out)


def test_a_terminal_is_drawn_over(progress: Progress) -> None:
    out = console(terminal=True)
    with showing(progress, out):
        pass
    assert "\x1b" in printed(out)
    assert "crawl: found" not in printed(out)


@pytest.mark.parametrize(
    ("waiting", "left"), [(60, "30 s"), (60 * 60, "30 min"), (8 * 3600, "4.0 h")]
)
def test_the_time_left_is_in_the_unit_that_fits(waiting: int, left: str) -> None:
    tallies = {"suara": Tally(fetched=2000, waiting=waiting)}
    progress = Progress(tallies, started=monotonic() - 1000)
    assert pace(progress) == f"2.0 pages/s, about {left} left"
    assert line(progress).endswith(f"2.0 pages/s, about {left} left")
