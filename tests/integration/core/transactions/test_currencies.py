"""An attempt has a currency: three letters, or the digits that an advice said where there are no letters for them."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from core.contracts.reasons import Reason
from core.contracts.states import Kind
from deploy.local.migrate import MIGRATIONS_FOLDER
from tests.integration.core.transactions.test_bookings import drained
from tests.integration.core.transactions.world import World

UNSAID = ("", "eur", "E R", "EU\u0301", "EURO")
_SET = "UPDATE attempt SET currency = $2 WHERE id = $1"


@pytest.mark.parametrize("currency", UNSAID)
async def test_a_payment_without_a_currency_is_refused_alone_and_spoils_no_other_of_its_batch(
    world: World, currency: str
) -> None:
    good, bad = world.payment(), world.payment(currency=currency)
    world.send(bad, good)
    assert (await world.answer_to(good)).reason == Reason.APPROVED
    assert (await world.answer_to(bad)).reason == Reason.MESSAGE_REFUSED
    await drained(world)


@pytest.mark.parametrize("currency", UNSAID)
async def test_no_attempt_can_be_written_without_a_currency(world: World, currency: str) -> None:
    item = world.payment()
    await world.pay(item)
    with pytest.raises(asyncpg.CheckViolationError):
        await world.owner.execute(_SET, UUID(bytes=item.id), currency)


async def test_an_advice_keeps_the_digits_that_stand_for_no_letters(world: World) -> None:
    advice = world.booking(Kind.ADVICE, currency="999")
    assert (await world.book(advice)).reason == Reason.APPROVED
    assert (await world.row(advice.id))["currency"] == "999"
    await drained(world)


async def test_what_was_recorded_without_a_currency_before_is_given_that_of_none(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    statements = (
        (MIGRATIONS_FOLDER / "20261128000074_attempt_currencies_checked.sql")
        .read_text()
        .split("-- migrate:down")[0]
    )
    change = world.owner.transaction()
    await change.start()
    try:
        await world.owner.execute("ALTER TABLE attempt DROP CONSTRAINT attempt_currency")
        await world.owner.execute(_SET, UUID(bytes=item.id), "")
        await world.owner.execute(
            "ALTER TABLE attempt ADD CONSTRAINT attempt_currency CHECK (currency ~ '^([A-Z]{3}|[0-9]{3})$') NOT VALID"
        )
        await world.owner.execute(statements)
        assert (await world.row(item.id))["currency"] == "XXX"
        pending = "SELECT count(*) FROM pg_constraint WHERE conname = 'attempt_currency' AND NOT convalidated"
        assert await world.owner.fetchval(pending) == 0
    finally:
        await change.rollback()
