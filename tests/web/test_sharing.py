"""Processes share requests: who has more than another lets go of connections."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from multiprocessing import get_context

import pytest
from starlette.types import Message, Receive, Scope, Send

from archive.web import sharing
from archive.web.sharing import MARGIN, Load, Sharing


@pytest.fixture
def load() -> Load:
    load = Load()
    load.join()
    return load


def other(load: Load, pid: int, requests: int) -> None:
    """Let there be another process with so many requests."""
    slot = (os.getpid() + 1) % len(load._pids)
    load._pids[slot], load._requests[slot] = pid, requests


def ended() -> int:
    """The number of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


@pytest.mark.parametrize(
    ("own", "others", "is_uneven"),
    [(MARGIN, 0, True), (MARGIN - 1, 0, False), (9, 9 - MARGIN, True), (5, 9, False)],
)
def test_it_is_uneven_where_another_has_clearly_less(
    load: Load, own: int, others: int, is_uneven: bool
) -> None:
    load.change(own)
    other(load, os.getppid(), others)
    assert load.is_uneven == is_uneven


def test_one_alone_shares_with_nobody(load: Load) -> None:
    load.change(100)
    assert not load.is_uneven
    other(load, ended(), 0)
    load._look_at = 0.0
    assert not load.is_uneven


def test_processes_know_of_each_other(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    context = get_context("spawn")
    may_end = context.Event()
    process = context.Process(target=_answer_one, args=(load, may_end))
    process.start()
    monkeypatch.setattr(sharing, "_LOOK_S", 0)
    try:
        load.change(MARGIN + 1)
        for _ in range(600):
            if load.is_uneven:
                break
            may_end.wait(0.05)
        assert load.is_uneven
        load.change(-1)
        assert not load.is_uneven
    finally:
        may_end.set()
        process.join()
    load.change(100)
    assert not load.is_uneven


def _answer_one(load: Load, may_end: object) -> None:
    load.join()
    load.change(1)
    may_end.wait(60)  # type: ignore[attr-defined]


@pytest.mark.parametrize("own", [0, MARGIN])
def test_connections_are_let_go_after_their_answers(load: Load, own: int) -> None:
    sent: list[Message] = []
    other(load, os.getppid(), 0)
    load.change(own)

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
        await send({"type": "http.response.body", "body": b"c"})

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(Sharing(app, load)({"type": "http"}, receive, send))
    closing = [(b"connection", b"close")] if own else []
    assert sent[0]["headers"] == [(b"a", b"b"), *closing]
    assert sent[1]["body"] == b"c"
    load.change(-own)
    assert not load.is_uneven  # what was answered is not counted any more


def test_a_failure_is_not_counted_for_ever(load: Load) -> None:
    async def app(*_: object) -> None:
        raise RuntimeError

    other(load, os.getppid(), 0)
    for _ in range(2 * MARGIN):
        with pytest.raises(RuntimeError):
            asyncio.run(Sharing(app, load)({"type": "http"}, app, app))
    assert not load.is_uneven
