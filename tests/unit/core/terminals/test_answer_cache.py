"""Answers that are kept for a while: cheap ones never, slow ones shared and renewed behind the caller's back."""

import asyncio
from datetime import datetime

import pytest

from core.terminals.wall import answer_cache
from core.terminals.wall.answer_cache import AnswerCache
from observability.process import SystemClock


class _Counting:
    """Makes 1, 2, 3…; takes what it is told."""

    def __init__(self) -> None:
        self.made = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.renewed = asyncio.Event()

    async def __call__(self, _now: datetime) -> int:
        await self.gate.wait()
        self.made += 1
        if self.made == 2:
            self.renewed.set()
        return self.made


async def test_what_is_quick_is_made_for_each_caller() -> None:
    answers, count = AnswerCache[int](SystemClock()), _Counting()
    assert [(await answers.get("a", count)).answer for _ in range(3)] == [1, 2, 3]


async def test_callers_at_one_time_share_one_making() -> None:
    answers, count = AnswerCache[int](SystemClock()), _Counting()
    count.gate.clear()
    waiting = [asyncio.create_task(answers.get("a", count)) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    count.gate.set()
    others = await asyncio.gather(*waiting[1:])
    assert {each.answer for each in others} == {1}


async def test_what_is_slow_is_answered_from_before_and_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_cache, "SLOW_S", 0.0)  # everything counts as slow
    monkeypatch.setattr(answer_cache, "FRESH_PER_COST", 0)  # and is stale at once
    answers, count = AnswerCache[int](SystemClock()), _Counting()
    assert (await answers.get("a", count)).answer == 1
    count.gate.clear()
    assert (await answers.get("a", count)).answer == 1  # though nothing can be made now
    assert (await answers.get("a", count)).answer == 1
    count.gate.set()
    await count.renewed.wait()
    assert (await answers.get("b", count)).answer == 3


async def test_a_failure_reaches_the_caller_and_is_not_kept() -> None:
    answers = AnswerCache[int](SystemClock())

    async def fail(_now: datetime) -> int:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await answers.get("a", fail)
    assert (await answers.get("a", _Counting())).answer == 1


async def test_only_so_many_questions_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_cache, "SLOW_S", 0.0)
    monkeypatch.setattr(answer_cache, "FRESH_PER_COST", 1_000_000)
    monkeypatch.setattr(answer_cache, "ANSWERS_MAX", 2)
    answers, count = AnswerCache[int](SystemClock()), _Counting()
    for question in ("a", "b", "c"):
        await answers.get(question, count)
    assert (await answers.get("c", count)).answer == 3
    assert (await answers.get("a", count)).answer == 4
