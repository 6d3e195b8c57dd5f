"""The extraction pool: a page that hangs or kills its process costs that page alone."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from archive.model import Outcome
from archive.text.minhash import sketch_of
from pipelines.extract import extract
from pipelines.page_input import ServedArticle, ServedPage
from pipelines.pool import WARM_PAGE, ExtractionPool
from tests.servers.broken import article

TIMEOUT_S = 5.0
URL = "https://suara.example/a"
PAGE = article("/good-1.html").encode()


class Endless:
    """A header that never lets the extraction go on."""

    def __iter__(self) -> Iterator[str]:
        time.sleep(600)
        return iter(("Content-Type", "text/html"))


class Deadly:
    """A header that ends the process that reads it."""

    def __iter__(self) -> Iterator[str]:
        os._exit(3)


@pytest.fixture(scope="module", params=[1, 2], ids=["one worker", "two workers"])
def outcomes(request: pytest.FixtureRequest) -> list[tuple[Outcome, str]]:
    """Outcome and reason of good pages before, between and after two bad ones."""
    pages: list[Any] = [(), (Endless(),), (), (Deadly(),), ()]
    return asyncio.run(extract_all(request.param, pages))


def served(headers: Any = ()) -> ServedArticle:
    return ServedArticle(ServedPage(PAGE, URL, headers))


async def extract_all(workers: int, pages: list[Any]) -> list[tuple[Outcome, str]]:
    pool = ExtractionPool(workers, timeout_s=TIMEOUT_S)
    try:
        found = await asyncio.gather(*(pool.extract(served(headers)) for headers in pages))
    finally:
        await asyncio.to_thread(pool.close)
    return [(extraction.outcome, extraction.reason) for extraction in found]


def test_good_pages_come_through(outcomes: list[tuple[Outcome, str]]) -> None:
    assert outcomes[::2] == [(Outcome.ARTICLE, "")] * 3


def test_a_page_that_hangs_is_given_up(outcomes: list[tuple[Outcome, str]]) -> None:
    assert outcomes[1] == (Outcome.UNREADABLE, "extraction took longer than 5 seconds")


def test_a_page_that_kills_its_process_is_given_up(outcomes: list[tuple[Outcome, str]]) -> None:
    assert outcomes[3] == (Outcome.UNREADABLE, "extraction ended its process (exit code 3)")


def test_the_page_that_warms_a_process_goes_all_the_way() -> None:
    assert extract(WARM_PAGE, URL).outcome is Outcome.ARTICLE


async def test_what_a_process_reads_is_what_the_function_reads() -> None:
    pool = ExtractionPool(1)
    try:
        read = await pool.extract(served())
        assert read.text is not None
        assert read.sketch == sketch_of(read.text)
        assert replace(read, sketch=None) == extract(PAGE, URL, headers=())
    finally:
        await asyncio.to_thread(pool.close)
