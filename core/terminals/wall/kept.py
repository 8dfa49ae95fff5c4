"""Answers kept for a while where making them is slow, and shared by everybody who may see all that is in them.

A small estate is counted for each caller. Over a large one the count takes a good part of a second of the database,
and many people watch: they are answered with the last count, which says its time, while the next one is made.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime
from typing import Final, Generic, NamedTuple, TypeVar

import structlog

from core.values.clock import Clock

SLOW_S: Final = 0.05  # below this, nothing is kept
COSTS_KEPT: Final = (
    20  # an answer is fresh for so many times what it cost: a twentieth of one processor at most
)
FRESH_MAX_S: Final = 15.0
OLDEST_S: Final = 60.0
ANSWERS_MAX: Final = 64

_log = structlog.get_logger(__name__)
T = TypeVar("T")


class Kept(NamedTuple, Generic[T]):
    """One answer, of `at`; `made` is the loop's time at its end, `cost_s` what it took."""

    answer: T
    at: datetime
    made: float
    cost_s: float


class KeptAnswers(Generic[T]):
    """The last answer to each question."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[Hashable, Kept[T]] = {}
        self._making: dict[Hashable, asyncio.Task[Kept[T]]] = {}

    async def get(self, question: Hashable, make: Callable[[datetime], Awaitable[T]]) -> Kept[T]:
        """Return an answer that is fresh enough, or the last one while `make(now)` works on the next.

        Raises: what `make` raises, where there is no last answer.
        """
        kept = self._kept.get(question)
        if kept is not None:
            age_s = asyncio.get_running_loop().time() - kept.made
            if age_s <= _fresh_s(kept.cost_s):
                return kept
            if kept.cost_s >= SLOW_S and age_s <= OLDEST_S:
                self._begin(question, make)
                return kept
        # A caller who goes away does not take the answer from the others.
        return await asyncio.shield(self._begin(question, make))

    def _begin(self, question: Hashable, make: Callable[[datetime], Awaitable[T]]) -> asyncio.Task[Kept[T]]:
        task = self._making.get(question)
        if task is None:
            task = asyncio.create_task(self._make(question, make))
            self._making[question] = task
            task.add_done_callback(lambda ended: self._end(question, ended))
        return task

    def _end(self, question: Hashable, task: asyncio.Task[Kept[T]]) -> None:
        del self._making[question]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("answer_not_made", error=type(error).__name__)

    async def _make(self, question: Hashable, make: Callable[[datetime], Awaitable[T]]) -> Kept[T]:
        loop, now = asyncio.get_running_loop(), self._clock.now()
        started = loop.time()
        answer = await make(now)
        made = loop.time()
        if len(self._kept) >= ANSWERS_MAX and question not in self._kept:
            del self._kept[min(self._kept, key=lambda each: self._kept[each].made)]
        self._kept[question] = kept = Kept(answer, now, made, made - started)
        return kept


def _fresh_s(cost_s: float) -> float:
    return min(cost_s * COSTS_KEPT, FRESH_MAX_S) if cost_s >= SLOW_S else 0.0
