"""What a terminal reports of itself is kept once, and it is told 00 once it is kept and not before."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from core.contracts.payment import ADMINISTRATIVE_ADVICE, AdministrativeAdvice, AuthoriseReply
from core.contracts.reasons import Reason
from core.terminals import administrative
from core.terminals.administrative import KNOWN_FOR
from tests.integration.core.transactions.world import World


def advice(world: World, **changes: Any) -> AdministrativeAdvice:
    """Return an event of the first terminal, under a number of its own."""
    values: dict[str, Any] = {
        "id": world.new_id(),
        "terminal_id": world.directory.terminals[0],
        "stan": next(world.stans),
        "local_time": world.times()["local_time"],
        "text": f"PAPER OUT {world.new_id().hex()}",
        "received_at_us": world.now_us(),
    }
    return AdministrativeAdvice(**{**values, **changes})


async def advise(world: World, asked: AdministrativeAdvice) -> AuthoriseReply:
    """Ask the engine."""
    return await world.request(ADMINISTRATIVE_ADVICE, asked)


async def kept(world: World, text: str) -> list[asyncpg.Record]:
    """Return the events that say something."""
    return await world.owner.fetch("SELECT * FROM terminal_event WHERE text = $1", text)


async def test_an_event_is_durable_when_its_terminal_is_told_so(world: World) -> None:
    asked = advice(world)
    reply = await advise(world, asked)
    assert (reply.id, reply.reason) == (asked.id, Reason.APPROVED)
    (row,) = await kept(world, asked.text)
    assert (row["kind"], row["terminal_id"], row["stan"]) == (
        "advised",
        UUID(bytes=asked.terminal_id),
        asked.stan,
    )


async def test_a_repeat_is_told_the_same_and_is_no_second_event(world: World) -> None:
    asked = advice(world)
    again = world.again(asked)
    stamped_anew = world.again(asked, local_time="0101000000", repeat=True)
    for one in (asked, again, stamped_anew):
        assert (await advise(world, one)).reason == Reason.APPROVED
    assert len(await kept(world, asked.text)) == 1


async def test_repeats_that_come_at_once_are_one_event(world: World) -> None:
    asked = advice(world)
    replies = await asyncio.gather(*(advise(world, world.again(asked)) for _ in range(8)))
    assert {reply.reason for reply in replies} == {Reason.APPROVED}
    assert len(await kept(world, asked.text)) == 1


async def test_the_same_words_under_another_number_or_another_day_are_another_event(world: World) -> None:
    asked = advice(world)
    later = asked.received_at_us + (KNOWN_FOR + timedelta(minutes=1)) // timedelta(microseconds=1)
    world.clock.offset = KNOWN_FOR + timedelta(minutes=1)
    others = (
        advice(world, text=asked.text),
        advice(
            world,
            text=asked.text,
            stan=asked.stan,
            received_at_us=later,
            local_time="0101000000",
            repeat=True,
        ),
    )
    for one in (asked, *others):
        assert (await advise(world, one)).reason == Reason.APPROVED
    assert len(await kept(world, asked.text)) == 3


async def test_another_text_under_the_same_number_is_not_lost(world: World) -> None:
    asked = advice(world)
    other = world.again(asked, text=f"{asked.text}, DOOR OPEN")
    assert (await advise(world, asked)).reason == Reason.APPROVED
    assert (await advise(world, other)).reason == Reason.APPROVED
    assert len(await kept(world, asked.text)) == len(await kept(world, other.text)) == 1


async def test_a_terminal_that_reports_without_end_is_told_to_come_again_and_nothing_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = world.directory.terminals[1]
    monkeypatch.setattr(administrative, "KEPT_A_DAY_MAX", 2)
    asked = [advice(world, terminal_id=terminal) for _ in range(3)]
    told = [(await advise(world, one)).reason for one in asked]
    assert told == [Reason.APPROVED, Reason.APPROVED, Reason.SYSTEM_BUSY]
    assert (await advise(world, world.again(asked[0]))).reason == Reason.APPROVED
    world.clock.offset = timedelta(days=1, minutes=1)
    assert (await advise(world, world.again(asked[2]))).reason == Reason.APPROVED


async def test_a_terminal_that_nobody_knows_is_told_so(world: World) -> None:
    asked = advice(world, terminal_id=world.new_id())
    assert (await advise(world, asked)).reason == Reason.TERMINAL_UNKNOWN
    assert await kept(world, asked.text) == []


async def test_a_clock_that_was_never_set_hides_no_event_of_another_day(world: World) -> None:
    asked = advice(world, local_time="0000000000")
    for one in (asked, world.again(asked)):
        assert (await advise(world, one)).reason == Reason.APPROVED
    assert len(await kept(world, asked.text)) == 1
    world.clock.offset = timedelta(days=3)
    assert (await advise(world, world.again(asked))).reason == Reason.APPROVED
    assert len(await kept(world, asked.text)) == 2
