"""Answers that are kept for a few seconds."""

from __future__ import annotations

import asyncio

import pytest
from starlette.responses import Response

from archive.web.answer_cache import MAX_CACHED_BYTES, TTL_S, AnswerCache


class Maker:
    """Makes answers, and counts them."""

    def __init__(self) -> None:
        self.now = 0.0
        self.made = 0
        self.answer = Response(b"x")
        self.cache = AnswerCache(lambda: self.now)

    async def make(self) -> Response:
        self.made += 1
        await asyncio.sleep(0)
        return self.answer

    async def get(self, key: str = "") -> Response:
        return await self.cache.get(key, self.make)


@pytest.mark.parametrize(("after_s", "made"), [(TTL_S - 0.1, 1), (TTL_S + 0.1, 2)])
async def test_an_answer_is_kept_for_some_seconds(after_s: float, made: int) -> None:
    maker = Maker()
    await maker.get()
    maker.now = after_s
    await maker.get()
    assert maker.made == made
    await maker.get("another")
    assert maker.made == made + 1


@pytest.mark.parametrize(
    ("answer", "is_kept"),
    [
        (Response(b"x" * MAX_CACHED_BYTES), True),
        (Response(b"x" * (MAX_CACHED_BYTES + 1)), False),
        (Response(b"", status_code=404), False),
    ],
)
async def test_good_answers_of_some_size_are_kept(answer: Response, is_kept: bool) -> None:
    maker = Maker()
    maker.answer = answer
    assert await maker.get() is answer is await maker.get()
    assert maker.made == (1 if is_kept else 2)


async def test_who_asks_for_what_is_being_made_waits_for_it() -> None:
    maker = Maker()
    await asyncio.gather(*(maker.get() for _ in range(5)))
    assert maker.made == 1


async def test_where_one_fails_the_next_tries() -> None:
    maker = Maker()

    async def fail() -> Response:
        await asyncio.sleep(0)
        raise ValueError

    failing = asyncio.create_task(maker.cache.get("", fail))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(maker.get())
    with pytest.raises(ValueError, match=r"^$"):
        await failing
    assert (await waiting).body == b"x"
