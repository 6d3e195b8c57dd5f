"""The schedule must earn its requests, on histories that it does not assume."""

from __future__ import annotations

from random import Random

from benchmarks.revisits.simulate import NEWSROOMS, Account, compare


def test_the_schedule_catches_more_edits_a_look_than_any_interval() -> None:
    rng = Random(3)
    sums: dict[str, Account] = {}
    for habits in NEWSROOMS:
        for name, account in compare(habits, 150, rng).items():
            sums.setdefault(name, Account()).add(account)
    yields = {name: account.caught / account.looks for name, account in sums.items()}
    ours = yields.pop("this archive")
    assert ours > 1.2 * max(yields.values())
