"""Answers that are cached for a while where making them is slow, and shared by everybody who may see all that is in them.

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
# An answer is fresh for so many times what it cost: a twentieth of one processor at most.
FRESH_PER_COST: Final = 20
FRESH_MAX_S: Final = 15.0
OLDEST_S: Final = 60.0
ANSWERS_MAX: Final = 64

_log = structlog.get_logger(__name__)
T = TypeVar("T")


class CachedAnswer(NamedTuple, Generic[T]):
    """One answer, of `at`; `made` is the loop's time at its end, `cost_s` what it took."""

    answer: T
    at: datetime
    made: float
    cost_s: float


class AnswerCache(Generic[T]):
    """The last answer to each question."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cached: dict[Hashable, CachedAnswer[T]] = {}
        self._making: dict[Hashable, asyncio.Task[CachedAnswer[T]]] = {}

    async def get(self, question: Hashable, make: Callable[[datetime], Awaitable[T]]) -> CachedAnswer[T]:
        """Return an answer that is fresh enough, or the last one while `make(now)` works on the next.

        Raises: what `make` raises, where there is no last answer.
        """
        cached = self._cached.get(question)
        if cached is not None:
            age_s = asyncio.get_running_loop().time() - cached.made
            if age_s <= _fresh_s(cached.cost_s):
                return cached
            if cached.cost_s >= SLOW_S and age_s <= OLDEST_S:
                self._begin(question, make)
                return cached
        # A caller who goes away does not take the answer from the others.
        return await asyncio.shield(self._begin(question, make))

    def _begin(
        self, question: Hashable, make: Callable[[datetime], Awaitable[T]]
    ) -> asyncio.Task[CachedAnswer[T]]:
        task = self._making.get(question)
        if task is None:
            task = asyncio.create_task(self._make(question, make))
            self._making[question] = task
            task.add_done_callback(lambda ended: self._end(question, ended))
        return task

    def _end(self, question: Hashable, task: asyncio.Task[CachedAnswer[T]]) -> None:
        del self._making[question]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("answer_not_made", error=type(error).__name__)

    async def _make(self, question: Hashable, make: Callable[[datetime], Awaitable[T]]) -> CachedAnswer[T]:
        loop, now = asyncio.get_running_loop(), self._clock.now()
        started = loop.time()
        answer = await make(now)
        made = loop.time()
        if len(self._cached) >= ANSWERS_MAX and question not in self._cached:
            del self._cached[min(self._cached, key=lambda each: self._cached[each].made)]
        self._cached[question] = cached = CachedAnswer(answer, now, made, made - started)
        return cached


def _fresh_s(cost_s: float) -> float:
    return min(cost_s * FRESH_PER_COST, FRESH_MAX_S) if cost_s >= SLOW_S else 0.0
