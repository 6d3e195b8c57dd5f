"""What is remembered, and for how long."""

from __future__ import annotations

import asyncio

import pytest

from archive.web import remembering
from archive.web.remembering import Remembered


class Finder:
    """Finds another answer every time, and takes a while."""

    def __init__(self) -> None:
        self.now = 0.0
        self.takes_s = 1.0
        self.times = 0
        self.remembered: Remembered[int] = Remembered(lambda: self.now)

    async def find(self) -> int:
        self.now += self.takes_s
        self.times += 1
        return self.times

    async def ask(self, key: str = "") -> int:
        return await self.remembered.get(key, self.find)


@pytest.mark.parametrize(("takes_s", "good_s"), [(0.01, 1.0), (1.0, 100.0), (60.0, 300.0)])
async def test_what_took_longer_is_remembered_longer(takes_s: float, good_s: float) -> None:
    finder = Finder()
    finder.takes_s = takes_s
    assert await finder.ask() == 1
    finder.now += 0.99 * good_s
    assert await finder.ask() == 1
    finder.now += 0.02 * good_s
    assert await finder.ask() == 2


async def test_what_is_good_for_the_shortest_time_is_forgotten_where_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remembering, "MOST", 2)
    finder = Finder()
    assert [await finder.ask(key) for key in "abc"] == [1, 2, 3]
    assert [await finder.ask(key) for key in "cba"] == [3, 2, 4]


async def test_what_is_not_kept_is_found_anew() -> None:
    finder = Finder()

    async def ask() -> int:
        return await finder.remembered.get("", finder.find, is_kept=lambda answer: answer > 1)

    assert [await ask(), await ask(), await ask()] == [1, 2, 2]


async def test_a_failure_is_not_remembered() -> None:
    finder = Finder()

    async def fail() -> int:
        raise ValueError

    with pytest.raises(ValueError):
        await finder.remembered.get("", fail)
    assert await finder.ask() == 1


async def test_who_asks_for_what_is_being_found_waits_for_it() -> None:
    finder = Finder()
    may_go_on = asyncio.Event()

    async def slow() -> int:
        await may_go_on.wait()
        return await finder.find()

    asked = [asyncio.create_task(finder.remembered.get("", slow)) for _ in range(5)]
    await asyncio.sleep(0)
    may_go_on.set()
    assert await asyncio.gather(*asked) == [1] * 5


async def test_where_the_first_goes_away_the_next_finds_it() -> None:
    finder = Finder()
    first = asyncio.create_task(finder.remembered.get("", asyncio.Event().wait))
    await asyncio.sleep(0)
    second = asyncio.create_task(finder.ask())
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 1
