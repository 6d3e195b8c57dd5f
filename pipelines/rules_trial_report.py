"""Output of `kliping rules test`: what each article loses and gains, and how many do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import typer

from archive.cli.options import print_json
from pipelines.line_diff import lines_of, print_diff
from pipelines.rules_trial import Trial


def report_trials(trials: Iterable[Trial], *, as_json: bool) -> None:
    """Tell what came of each trial, and of all of them."""
    tally: Counter[str] = Counter()
    gone = came = 0
    for trial in trials:
        tally[trial.verdict] += 1
        gone += len(lines_of(trial.lines, "-"))
        came += len(lines_of(trial.lines, "+"))
        if as_json:
            _print_facts(trial)
        elif trial.verdict != "unchanged":
            _tell(trial)
    if as_json:
        return
    if not tally:
        typer.echo("This source has no archived articles to try the rules on.")
        return
    counts = ", ".join(f"{count} {verdict}" for verdict, count in tally.most_common())
    typer.echo(f"{tally.total()} articles: {counts}; {gone} lines gone, {came} lines come.")


def _tell(trial: Trial) -> None:
    reason = f" ({trial.problem})" if trial.problem else ""
    if trial.after is not None and trial.after.reason:
        reason = f" ({trial.after.outcome}: {trial.after.reason})"
    head = f"{trial.verdict}: {trial.article_id} {trial.page.url}{reason}"
    typer.secho(head, bold=True)
    for name, (before, after) in trial.facts.items():
        print_diff([("-", f"{name}: {_shown(before)}"), ("+", f"{name}: {_shown(after)}")])
    print_diff(trial.lines)


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _print_facts(trial: Trial) -> None:
    print_json(
        {
            "article_id": trial.article_id,
            "url": trial.page.url,
            "captured_at": trial.page.captured_at,
            "change": trial.verdict,
            "gone": lines_of(trial.lines, "-"),
            "came": lines_of(trial.lines, "+"),
            "facts": {
                name: {"before": before, "after": after}
                for name, (before, after) in trial.facts.items()
            },
            "reason": trial.problem or (trial.after.reason if trial.after else ""),
        }
    )
