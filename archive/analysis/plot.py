"""Charts of counts and of terms, as PNG or SVG by the file's suffix. Needs matplotlib.

Colours are those of Okabe and Ito, which people with any colour vision can tell apart, and no two
lines differ in colour alone. An SVG keeps its words as text, so that any letter can be shown.
Source: https://jfly.uni-koeln.de/color/
"""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.util import find_spec
from math import isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive.analysis.chart_series import ChartLines
from archive.core.disk import replacing
from archive.errors import StorageError, WrongUseError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg")
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINE_STYLES = ("-", "--", "-.", ":", "-", "--", "-.")
MAX_CHART_LINES = len(COLOURS)
MAX_CHART_BARS = 30
_FEW_POINTS = 40
"""Lines with at most so many points have markers."""
_TITLE_CHARS, _NOTE_CHARS, _NAME_CHARS = 90, 150, 40
_SMALL = 0.1
"""Smaller shares are labelled to a tenth of a percent."""
_GREY = "#555555"
_FONTS = (
    "DejaVu Sans",  # comes with matplotlib; others are for what it lacks, where they are installed
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Sans Bengali",
    "Noto Sans Tamil",
    "WenQuanYi Zen Hei",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Arial Unicode MS",
)


@dataclass(frozen=True, slots=True)
class Caption:
    """The labels of a chart."""

    title: str
    subtitle: str
    """What is shown, below the title."""
    note: str
    """Small print: where the data are from, and what is left out."""
    axis: str
    """Label of the values."""
    is_share: bool = False


def require_plot(path: Path) -> None:
    """Check that a chart can be drawn, before anything is counted.

    Raises:
        WrongUseError: the suffix is another one, or matplotlib is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise WrongUseError(f"{path}: charts are .png or .svg files; use one of these suffixes")
    if find_spec("matplotlib") is None:
        raise WrongUseError("charts need matplotlib: pip install 'kliping[plot]'")


def plot_lines(path: Path, lines: ChartLines, caption: Caption) -> bool:
    """Draw lines over time.

    Returns: whether the fonts have all letters.

    Raises:
        StorageError: the file cannot be written.
    """
    with _settings():
        figure, axes = _figure(caption)
        is_marked = len(lines.days) <= _FEW_POINTS
        days: Any = lines.days  # matplotlib accepts dates, but is not typed so
        for line, colour, style in zip(lines.lines, COLOURS, LINE_STYLES, strict=False):
            values = [nan if value is None else value for value in line.values]
            axes.plot(days, values, style, color=colour, label=_short(line.name), lw=1.8, zorder=3)
            seen = values if is_marked else _alone(values)
            axes.plot(days, seen, "o", color=colour, ms=3.5, clip_on=False, zorder=3)
        _time_axis(axes, lines)
        axes.set_ylabel(caption.axis)
        axes.set_ylim(bottom=0)
        _format_values(axes, caption, vertical=True)
        if any(line.name for line in lines.lines):
            axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, handlelength=2.6)
        return _save(figure, path)


def plot_bars(path: Path, bars: Sequence[tuple[str, float]], caption: Caption) -> bool:
    """Draw a bar for each name, the first on top. Returns and raises as `plot_lines`."""
    with _settings():
        figure, axes = _figure(caption, height=1.9 + 0.27 * max(len(bars), 4))
        places = range(len(bars))
        drawn = axes.barh(places, [value for _, value in bars], color=COLOURS[0], height=0.72)
        axes.set_yticks(places, [_short(name) for name, _ in bars])
        axes.invert_yaxis()
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(caption.axis)
        axes.margins(x=0.1)
        axes.bar_label(drawn, [_told(value, caption) for _, value in bars], padding=4, color=_GREY)
        _format_values(axes, caption, vertical=False)
        return _save(figure, path)


def _settings() -> AbstractContextManager[None]:
    from matplotlib import font_manager, rc_context

    installed = set(font_manager.get_font_names())
    return rc_context(
        {
            "font.sans-serif": [font for font in _FONTS if font in installed],
            "font.size": 10,
            "text.parse_math": False,  # a $ in a name is a dollar
            "svg.fonttype": "none",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": "#999999",
            "axes.labelcolor": _GREY,
            "xtick.color": _GREY,
            "ytick.color": _GREY,
            "ytick.labelcolor": "black",
            "axes.axisbelow": True,
            "grid.color": "#e3e3e3",
        }
    )


def _figure(caption: Caption, height: float = 5.4) -> tuple[Figure, Axes]:
    """An empty chart, ten inches wide, with its labels."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, height), dpi=150, layout="constrained")
    inch = 1 / height
    title = textwrap.shorten(caption.title, _TITLE_CHARS, placeholder=" …")
    figure.text(0.012, 1 - 0.14 * inch, title, va="top", size=14, weight="bold")
    figure.text(0.012, 1 - 0.46 * inch, caption.subtitle, va="top", color=_GREY)
    note = textwrap.fill(caption.note, _NOTE_CHARS)
    figure.text(0.012, 0.1 * inch, note, va="bottom", color=_GREY, size=8)
    below = (0.2 + 0.14 * (note.count("\n") + 1)) * inch
    engine = figure.get_layout_engine()
    assert engine is not None
    engine.set(rect=(0.005, below, 0.99, 1 - below - 0.78 * inch))  # type: ignore[call-arg]
    return figure, figure.add_subplot()


def _time_axis(axes: Axes, lines: ChartLines) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    if len(lines.days) == 1:
        only: Any = lines.days[0]
        axes.set_xticks([only], [only.isoformat()])
        return
    locator = AutoDateLocator(minticks=3, maxticks=10)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def _format_values(axes: Axes, caption: Caption, *, vertical: bool) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    axis = axes.yaxis if vertical else axes.xaxis
    if caption.is_share:
        axis.set_major_formatter(PercentFormatter(1.0))
    else:
        axis.set_major_formatter("{x:,.0f}")
        axis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.grid(axis="y" if vertical else "x")


def _told(value: float, caption: Caption) -> str:
    if not caption.is_share:
        return f"{value:,.0f}"
    return f"{value:.1%}" if value < _SMALL else f"{value:.0%}"


def _alone(values: Sequence[float]) -> list[float]:
    """The values without a neighbour, which have no line."""
    around = [nan, *values, nan]
    trios = zip(around, values, around[2:], strict=False)
    return [here if isnan(before) and isnan(after) else nan for before, here, after in trios]


def _short(name: str) -> str:
    return name if len(name) <= _NAME_CHARS else f"{name[: _NAME_CHARS - 1]}…"


def _save(figure: Figure, path: Path) -> bool:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with replacing(path) as file:
                figure.savefig(file, format=path.suffix[1:].lower(), facecolor="white")
        except OSError as error:
            reason = error.strerror or error
            raise StorageError(f"{path}: cannot write the chart: {reason}") from error
    is_text = path.suffix.lower() == ".svg"
    return is_text or not any("missing from" in str(each.message) for each in caught)
