"""What happened to a payment is told in the order in which it happened."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from core.contracts.states import EventKind, Kind, State
from core.transactions.bookings import store as bookings
from core.transactions.desk.store import list_events_of
from tests.integration.core.transactions.world import World


async def test_a_transaction_that_began_earlier_and_came_later_is_told_last(world: World) -> None:
    booked = world.booking(Kind.ADVICE)
    await world.book(booked)
    day = date.fromordinal(booked.business_date)
    async with world.pool.acquire() as early, early.transaction():
        # As that of a day's end, which has written of others before it comes to this one.
        await early.fetchval("SELECT pg_current_xact_id()::text")
        await world.deliveries.round()
        await world.until_event(booked.id, EventKind.DELIVERED)
        standing = await bookings.lock_by_id(early, booked.id, day)
        assert standing is not None
        await bookings.capture(early, standing, standing.approved_minor, cause="end of day")

    assert (await world.row(booked.id))["state"] == State.CAPTURED
    told = await list_events_of(world.owner, booked.id, day)
    assert [row["kind"] for row in told][-2:] == [EventKind.DELIVERED, EventKind.CAPTURED]
    assert told[-1]["state"] == State.CAPTURED
    by_position = await world.owner.fetch(
        "SELECT kind FROM event WHERE attempt_id = $1 ORDER BY txid, seq", UUID(bytes=booked.id)
    )
    assert by_position[-1]["kind"] == EventKind.DELIVERED, "a position is not what came last"
