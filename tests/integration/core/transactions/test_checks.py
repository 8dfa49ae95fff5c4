"""What is refused before it leaves: blocks, limits, brands, currencies, duplicates."""

from __future__ import annotations

import msgspec
import pytest

from core.contracts.reasons import Reason
from core.contracts.states import Brand, Kind, State
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.invariants import check_invariants
from tests.integration.core.transactions.world import CARD, World, until


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE terminal SET blocked_at = now()", Reason.TERMINAL_BLOCKED),
        ("UPDATE store SET blocked_at = now()", Reason.STORE_BLOCKED),
        ("UPDATE service SET blocked_at = now()", Reason.SERVICE_BLOCKED),
        ("UPDATE service SET active = false", Reason.SERVICE_NOT_ACTIVE),
        ("UPDATE terminal SET activated_at = NULL", Reason.TERMINAL_NOT_ACTIVE),
    ],
)
async def test_a_block_holds_from_the_very_next_transaction_and_so_does_its_lifting(
    world: World, statement: str, reason: Reason
) -> None:
    bought = world.payment()
    assert (await world.pay(bought)).reason == Reason.APPROVED
    await world.owner.execute(statement)
    refused = world.payment()
    assert (await world.pay(refused)).reason == reason
    assert (await world.pay(world.refund(bought))).reason == reason
    assert (await world.row(refused.id))["state"] == State.DECLINED
    await world.owner.execute("UPDATE store SET blocked_at = NULL")
    await world.owner.execute("UPDATE terminal SET blocked_at = NULL, activated_at = now()")
    await world.owner.execute("UPDATE service SET blocked_at = NULL, active = true")
    assert (await world.pay(world.payment())).reason == Reason.APPROVED
    assert (await world.pay(world.again(refused))).reason == reason
    assert len(world.host.seen) == 2
    await check_invariants(world)


async def test_what_happened_offline_is_booked_though_its_store_is_blocked_now(world: World) -> None:
    await world.owner.execute("UPDATE store SET blocked_at = now()")
    assert (await world.book(world.booking(Kind.ADVICE))).reason == Reason.APPROVED


async def test_an_unknown_terminal_is_refused_and_recorded_once(world: World) -> None:
    item = world.payment(terminal_id=world.new_id())
    assert (await world.pay(item)).reason == Reason.TERMINAL_UNKNOWN
    assert (await world.pay(world.again(item))).reason == Reason.TERMINAL_UNKNOWN
    assert await world.owner.fetchval("SELECT count(*) FROM attempt") == 1


async def test_currency_brand_and_amount_are_those_of_the_service(world: World) -> None:
    await world.owner.execute("UPDATE service SET transaction_max_minor = 1000, brands = '{2}'")
    amex = msgspec.structs.replace(CARD, brand=int(Brand.AMEX))
    assert (await world.pay(world.payment(currency="USD"))).reason == Reason.CURRENCY_REFUSED
    assert (await world.pay(world.payment(card=amex))).reason == Reason.BRAND_REFUSED
    assert (await world.pay(world.payment(amount_minor=1_001))).reason == Reason.AMOUNT_ABOVE_LIMIT
    assert (await world.pay(world.payment(amount_minor=1_000))).reason == Reason.APPROVED


async def test_a_terminals_day_counts_what_was_approved_there(world: World) -> None:
    await world.owner.execute("UPDATE service SET terminal_day_max_minor = 2000")
    first, second = world.directory.terminals
    assert (await world.pay(world.payment(amount_minor=1_500))).reason == Reason.APPROVED
    world.host.script.append(behaviour.DECLINE)
    assert (await world.pay(world.payment(amount_minor=500))).reason == Reason.INSUFFICIENT_FUNDS
    assert (await world.pay(world.payment(amount_minor=501))).reason == Reason.TERMINAL_DAY_LIMIT
    assert (await world.pay(world.payment(amount_minor=500))).reason == Reason.APPROVED
    assert (await world.pay(world.payment(amount_minor=1_000, terminal_id=second))).reason == Reason.APPROVED
    tomorrow = world.payment(business_date=world.today() + 1)
    assert (await world.pay(tomorrow)).reason == Reason.APPROVED
    assert first != second


async def test_a_terminals_day_counts_what_waits_for_the_host(world: World) -> None:
    await world.owner.execute("UPDATE service SET terminal_day_max_minor = 2000")
    waiting = world.payment(amount_minor=1_500)
    world.host.script.append(behaviour.HOLD)
    world.send(waiting)
    await until(lambda: waiting.id in world.host.held)
    assert (await world.pay(world.payment(amount_minor=501))).reason == Reason.TERMINAL_DAY_LIMIT
    world.host.held.pop(waiting.id)()
    assert (await world.answer_to(waiting)).reason == Reason.APPROVED
    assert (await world.pay(world.payment(amount_minor=500))).reason == Reason.APPROVED


async def test_a_day_limit_counts_what_was_captured_and_refunded_as_bought(world: World) -> None:
    await world.owner.execute("UPDATE service SET terminal_day_max_minor = 2000")
    item = world.payment(amount_minor=1_500)
    await world.pay(item)
    await world.pay(world.refund(item))
    assert (await world.row(item.id))["state"] == State.REFUNDED
    assert (await world.pay(world.payment(amount_minor=1_500))).reason == Reason.APPROVED
    assert (await world.pay(world.payment(amount_minor=501))).reason == Reason.TERMINAL_DAY_LIMIT


async def test_a_stores_day_counts_all_its_terminals(world: World) -> None:
    await world.owner.execute("UPDATE service SET store_day_max_minor = 2000")
    first, second = world.directory.terminals
    assert (await world.pay(world.payment(amount_minor=1_500, terminal_id=first))).reason == Reason.APPROVED
    over = world.payment(amount_minor=501, terminal_id=second)
    assert (await world.pay(over)).reason == Reason.STORE_DAY_LIMIT
    assert (await world.pay(world.payment(amount_minor=500, terminal_id=second))).reason == Reason.APPROVED


async def test_the_same_card_amount_and_store_within_the_window_is_a_duplicate(world: World) -> None:
    await world.owner.execute("UPDATE service SET duplicate_window_s = 60")
    first = world.payment()
    other_card = msgspec.structs.replace(CARD, fingerprint=99)
    assert (await world.pay(first)).reason == Reason.APPROVED
    assert (await world.pay(world.payment())).reason == Reason.DUPLICATE_PAYMENT
    assert (await world.pay(world.again(first))).reason == Reason.APPROVED
    assert (await world.pay(world.payment(amount_minor=1_251))).reason == Reason.APPROVED
    assert (await world.pay(world.payment(card=other_card))).reason == Reason.APPROVED
    at_the_other_till = world.payment(terminal_id=world.directory.terminals[1])
    assert (await world.pay(at_the_other_till)).reason == Reason.DUPLICATE_PAYMENT
    await world.owner.execute("UPDATE attempt SET received_at = received_at - interval '61 s'")
    assert (await world.pay(world.payment())).reason == Reason.APPROVED


async def test_what_was_declined_or_taken_back_is_no_duplicate(world: World) -> None:
    await world.owner.execute("UPDATE service SET duplicate_window_s = 60")
    world.host.script.append(behaviour.DECLINE)
    assert (await world.pay(world.payment())).reason == Reason.INSUFFICIENT_FUNDS
    item = world.payment()
    assert (await world.pay(item)).reason == Reason.APPROVED
    await world.reverse(item)
    assert (await world.pay(world.payment())).reason == Reason.APPROVED
