"""What tells no local time is of its store's day, whatever it is: asked on line, done off line, taken back, counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.contracts.payment import Authorise, Book
from core.contracts.reasons import Reason
from core.contracts.states import Kind, State
from core.values.ids import rrn_of
from tests.integration.core.transactions.test_bookings import drained
from tests.integration.core.transactions.world import World


@pytest.mark.parametrize(
    ("department", "zone", "hour"), [("987", "Pacific/Tahiti", 4), ("986", "Pacific/Wallis", 18)]
)
async def test_all_that_tells_no_local_time_is_of_one_day(
    world: World, department: str, zone: str, hour: int
) -> None:
    await world.owner.execute("UPDATE store SET department = $1", department)
    try:
        await world.pay(
            world.payment(business_date=world.today() - 1)
        )  # The engine hears that the directory has moved on.
        tomorrow = date.fromordinal(world.today() + 1)
        at = datetime(tomorrow.year, tomorrow.month, tomorrow.day, hour, tzinfo=UTC)
        world.clock.offset += at - world.clock.now()
        here = at.astimezone(ZoneInfo(zone)).date()
        assert here != at.date()
        said = {
            "business_date": at.date().toordinal(),
            "transmitted_at": f"{at:%m%d%H%M%S}",
            "local_time": f"{at:%m%d%H%M%S}",
            "date_in_utc": True,
        }
        asked: list[Authorise | Book] = [world.payment(**said), world.booking(Kind.ADVICE, **said)]
        assert (await world.pay(asked[0])).reason == Reason.APPROVED  # pyright: ignore[reportArgumentType]
        assert (await world.book(asked[1])).reason == Reason.APPROVED  # pyright: ignore[reportArgumentType]
        for one in asked:
            assert (await world.row(one.id))["business_date"] == here
        counted = await world.totals(at.date().toordinal(), date_in_utc=True)
        assert counted.debit_count == 2
        assert (await world.totals(here.toordinal())).debit_count == 2
        refund = world.refund(asked[0], **said)  # pyright: ignore[reportArgumentType]
        await world.pay(refund)
        assert (await world.row(refund.id))["business_date"] == here
        world.clock.offset += timedelta(minutes=20)
        later = world.payment(**{**said, "transmitted_at": f"{at + timedelta(minutes=20):%m%d%H%M%S}"})
        await world.pay(later)
        await world.owner.execute(
            "UPDATE attempt SET received_at = received_at - interval '20 minutes' WHERE stan = $1", later.stan
        )
        reply = await world.reverse(later, original_sent_at="", card=None, date_in_utc=True)
        assert (reply.reason, reply.rrn) == (Reason.APPROVED, rrn_of(later.id))
        assert (await world.row(later.id))["state"] == State.REVERSED
        await drained(world)
    finally:
        await world.owner.execute("UPDATE store SET department = '75'")
