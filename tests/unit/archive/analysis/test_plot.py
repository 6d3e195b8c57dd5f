"""Charts: what they say, and what cannot be drawn."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from archive.analysis import plot
from archive.analysis.chart_series import ChartLine, ChartLines
from archive.analysis.plot import Caption, plot_bars, plot_lines, require_plot
from archive.errors import StorageError, WrongUseError
from archive.search.tree import By

pytest.importorskip("matplotlib")

CAPTION = Caption('subsidi "bahan bakar"', "Share, by month", "Archive 1234", "share", True)
DAYS = tuple(date(2025, 1, 6) + timedelta(weeks=n) for n in range(6))
LINES = ChartLines(
    By.WEEK,
    DAYS,
    (
        ChartLine("suara $x$", (0.1, 0.2, None, 0.3, None, 0.2)),
        ChartLine("Ñandú & <Çağ>", (0.0, 0.0, 0.0, 0.1, 0.1, 0.2)),
    ),
    0,
    0,
)
SVG = "{http://www.w3.org/2000/svg}"


def texts_in(path: Path) -> list[str]:
    return ["".join(each.itertext()).strip() for each in ElementTree.parse(path).iter(f"{SVG}text")]


def test_lines_are_drawn_with_all_that_stands_around_them(tmp_path: Path) -> None:
    path = tmp_path / "chart.svg"
    assert plot_lines(path, LINES, CAPTION)
    texts = texts_in(path)
    for expected in (CAPTION.title, CAPTION.subtitle, CAPTION.note, CAPTION.axis):
        assert expected in texts
    assert {"suara $x$", "Ñandú & <Çağ>", "30%"} <= {text.replace(".0", "") for text in texts}


def test_a_gap_parts_a_line(tmp_path: Path) -> None:
    path = tmp_path / "chart.svg"
    plot_lines(path, LINES, CAPTION)
    drawn = [
        each.get("d", "").count("M")
        for each in ElementTree.parse(path).iter(f"{SVG}path")
        if any(colour.lower() in each.get("style", "") for colour in plot.COLOURS[:2])
        and "clip-path" in each.attrib
    ]
    # Of the first line one piece before the gap, and points without a neighbour; of the other one.
    assert sorted(drawn) == [1, 3]


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".svg"])
def test_the_suffix_says_the_format(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"chart{suffix}"
    require_plot(path)
    assert plot_bars(path, [("subsidi", 20.5), ("bahan bakar", 3)], CAPTION)
    head = b"<?xml" if suffix == ".svg" else b"\x89PNG"
    assert path.read_bytes().startswith(head)


def test_nothing_to_draw_is_drawn_too(tmp_path: Path) -> None:
    assert plot_bars(tmp_path / "bars.svg", [], CAPTION)
    assert plot_lines(tmp_path / "lines.svg", ChartLines(By.DAY, (), (), 0, 3), CAPTION)
    only = ChartLines(By.DAY, DAYS[:1], (ChartLine("", (0.5,)),), 0, 0)
    plot_lines(tmp_path / "one.svg", only, CAPTION)
    assert "2025-01-06" in texts_in(tmp_path / "one.svg")


def test_missing_letters_are_told_of_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plot, "_FONTS", ("DejaVu Sans",))
    bars = [("日本経済", 1.0)]
    assert not plot_bars(tmp_path / "bars.png", bars, CAPTION)
    assert plot_bars(tmp_path / "bars.svg", bars, CAPTION)
    assert "日本経済" in texts_in(tmp_path / "bars.svg")


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    for name in ("chart.pdf", "chart"):
        with pytest.raises(WrongUseError, match=r"\.png or \.svg"):
            require_plot(tmp_path / name)


def test_matplotlib_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plot, "find_spec", lambda _: None)
    with pytest.raises(WrongUseError, match=r"pip install 'kliping\[plot\]'"):
        require_plot(tmp_path / "chart.png")


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot write the chart"):
        plot_bars(tmp_path / "nowhere" / "chart.png", [], CAPTION)
