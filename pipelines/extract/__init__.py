"""Extraction: the bytes of one page to the text and facts a reader would take from it.

Called by worker processes, the command line and re-extraction. Everything here is pure: the
same bytes give the same `Extraction`, nothing is fetched, nothing is kept between pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from archive.model import Extraction
    from archive.text.learnt_boilerplate import Learnt, Recurring
    from pipelines.extract.decode import AnyHeaders
    from pipelines.extract.explanation import Explanation
    from pipelines.extract.overrides import Rules

__all__ = ["explain", "extract"]


def extract(
    body: bytes,
    url: str,
    *,
    headers: AnyHeaders = None,
    rules: Rules | None = None,
    learnt: Learnt | Recurring | None = None,
    captured_at: datetime | None = None,
) -> Extraction:
    """What the page in `body`, served under `url`, says. No bytes make it raise.

    `headers` are those of the response, as a mapping or as (name, value) pairs of str or
    bytes; Content-Type, Date, TDM-Reservation and X-Robots-Tag are read. `rules` are the
    source's own, `learnt` is what its other stories taught; `captured_at` (else Date) picks
    the rules of the page's time and gives dates such as "2 jam lalu" their meaning.
    """
    return explain(
        body, url, headers=headers, rules=rules, learnt=learnt, captured_at=captured_at
    ).extraction


def explain(
    body: bytes,
    url: str,
    *,
    headers: AnyHeaders = None,
    rules: Rules | None = None,
    learnt: Learnt | Recurring | None = None,
    captured_at: datetime | None = None,
    without: Collection[str] = (),
    is_part: bool = False,
) -> Explanation:
    """The same with its steps: which candidate won, what each step removed and why.

    `without` names steps to leave out (`pipelines.extract.chain.STEPS`), for measuring.
    `is_part`: it is a further page of an article (`pipelines.extract.stitch`).
    """
    # trafilatura takes 0.4 s to import, too long for commands that extract nothing.
    from pipelines.extract.chain import Settings, run_chain  # noqa: PLC0415

    settings = Settings(rules, learnt, captured_at, frozenset(without), is_part)
    return run_chain(body, url, headers, settings)
