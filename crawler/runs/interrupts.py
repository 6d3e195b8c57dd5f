"""Ctrl-C and SIGTERM while a run is opened: Scrapy, which heeds them later, is not there yet."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Self

from archive.errors import RunInterruptedError
from pipelines.progress_bar import Watcher

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Notes the first signal to end; the next one does what it always does. For the main thread."""

    def __init__(self) -> None:
        self._are_noted = False
        self._before = {number: signal.getsignal(number) for number in _SIGNALS}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Go on, unless there was a signal.

        Raises:
            RunInterruptedError: there was one.
        """
        if self._are_noted:
            raise RunInterruptedError(
                "interrupted before anything was fetched; the same command goes on from here"
            )

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._are_noted = True
        self.__exit__()


class InterruptibleWatcher:
    """Shows how far something is, and ends it between two steps once there was a signal."""

    def __init__(self, shown: Watcher, interrupts: Interrupts) -> None:
        self._shown = shown
        self._interrupts = interrupts

    def begin(self, what: str, total: int | None) -> None:
        """A step begins (`Watcher`).

        Raises:
            RunInterruptedError: there was a signal.
        """
        self._interrupts.check()
        self._shown.begin(what, total)

    def reach(self, done: int) -> None:
        """The step has come that far (`Watcher`).

        Raises:
            RunInterruptedError: there was a signal.
        """
        self._interrupts.check()
        self._shown.reach(done)
