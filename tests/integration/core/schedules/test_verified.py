"""Debits, instalments and payments agree after whatever happened, and a verification sees where they do not (V8, V14)."""

from __future__ import annotations

from uuid import UUID

from core.verify.checks import COUNTS, check_count
from core.verify.telling import check_mails
from tests.integration.core.schedules.card_changes import open_changer
from tests.integration.core.schedules.shop import Shop
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.webhooks.directory import add_company

NAMES = (
    "V1",
    "V1 operations",
    "V1 position",
    "V2",
    "V7 states",
    "V8",
    "V8 claims",
    "V8 debits",
    "V14 debits",
    "V14 owners",
)


async def broken(shop: Shop) -> dict[str, int]:
    """Return the invariants of debits that do not hold."""
    found = [await check_count(shop.world.owner, count) for count in COUNTS if count.name in NAMES]
    assert len(found) == len(NAMES)
    return {finding.name: finding.breaches for finding in found if finding.breaches}


async def test_they_agree_whatever_hosts_say(shop: Shop) -> None:
    for manner in (
        behaviour.APPROVE,
        behaviour.DECLINE,
        behaviour.SILENT,
        behaviour.NOT_SENT,
        behaviour.TWICE,
    ):
        await shop.order(paid=0)
        shop.world.host.script.append(manner)
    run = await shop.run()
    await shop.collect(run)
    assert await broken(shop) == {}
    await shop.world.deliver()
    shop.world.clock.offset += shop.SETTLED_BY_OTHERS
    await run.take_up()
    shop.later(days=3)
    await shop.collect(run)
    assert await broken(shop) == {}


async def test_payments_of_a_month_that_was_put_away_are_not_asked_for(shop: Shop) -> None:
    owner = shop.world.owner
    for _ in range(2):
        await shop.order(paid=0)
    await shop.collect(await shop.run())
    count = next(count for count in COUNTS if count.name == "V14 debits")
    gone = await owner.fetchval(
        "DELETE FROM attempt WHERE id = (SELECT min(id::text)::uuid FROM debit) RETURNING id"
    )
    assert (await check_count(owner, count)).breaches == 1
    await owner.execute("UPDATE debit SET business_date = business_date - 70 WHERE id = $1", gone)
    assert (await check_count(owner, count)).breaches == 0
    await owner.execute(
        "UPDATE instalment SET state = 'upcoming', paid_at = NULL WHERE id = (SELECT instalment_id FROM debit WHERE id = $1)",
        gone,
    )
    assert (await check_count(owner, count)).breaches == 1, (
        "the order says itself what it does not agree with"
    )


async def test_a_verification_sees_what_a_hand_has_done(shop: Shop) -> None:
    _, (first, second, _) = await shop.order(paid=0)
    await shop.collect(await shop.run())
    assert await broken(shop) == {}
    await shop.world.owner.execute(
        "UPDATE instalment SET state = 'upcoming', paid_at = NULL WHERE id = $1", first
    )
    assert await broken(shop) == {"V14 debits": 1}
    await shop.world.owner.execute(
        "UPDATE instalment SET state = 'paid', paid_at = now() WHERE id = ANY($1)", [first, second]
    )
    # Nobody collected the second one.
    assert await broken(shop) == {"V8 debits": 1}
    await shop.world.owner.execute(
        "UPDATE instalment SET state = 'upcoming', paid_at = NULL WHERE id = $1", second
    )
    await shop.world.owner.execute("UPDATE debit SET amount_minor = amount_minor - 1")
    assert await broken(shop) == {"V14 debits": 1, "V14 owners": 1}
    await shop.world.owner.execute("UPDATE debit SET amount_minor = amount_minor + 1")
    await shop.world.owner.execute("DROP INDEX debit_standing")
    try:
        await shop.world.owner.execute(
            "UPDATE instalment SET state = 'upcoming', paid_at = NULL WHERE id = $1", first
        )
        await shop.collect(await shop.run("again"))
        assert await broken(shop) == {"V8 debits": 1}
    finally:
        await shop.world.owner.execute("DELETE FROM debit")
        await shop.world.owner.execute(
            "CREATE UNIQUE INDEX debit_standing ON debit (instalment_id) WHERE state IN ('open', 'approved')"
        )


async def test_a_verification_sees_a_debit_or_a_payment_that_is_not_of_its_order(shop: Shop) -> None:
    await shop.order(paid=0)
    await shop.collect(await shop.run())
    await shop.order(due_in_days=9, paid=0)
    other = await add_company(shop.world.owner, "900000025")
    assert await broken(shop) == {}
    for change in (
        "UPDATE debit SET card_id = (SELECT k.id FROM stored_card AS k WHERE k.id <> debit.card_id LIMIT 1)",
        "UPDATE debit SET terminal_id = gen_random_uuid()",
        "UPDATE debit SET company_id = $1",
        "UPDATE debit SET order_id = (SELECT o.id FROM purchase_order AS o WHERE o.id <> debit.order_id LIMIT 1)",
        "UPDATE debit SET stan = stan % 9999 + 1",
        "UPDATE stored_card SET company_id = $1",
        "UPDATE stored_card SET fingerprint = fingerprint + 1",
        "UPDATE purchase_order SET currency = 'USD'",
        "UPDATE purchase_order SET company_id = $1",
        "UPDATE purchase_order SET terminal_id = NULL",
        "UPDATE attempt SET amount_minor = amount_minor + 1",
        "UPDATE attempt SET card_fingerprint = card_fingerprint + 1",
        "UPDATE attempt SET company_id = $1",
        "UPDATE attempt SET card_last_four = '0007'",
        "UPDATE stored_card SET brand = 3",
    ):
        put_back = shop.world.owner.transaction()
        await put_back.start()
        await shop.world.owner.execute(change, *([UUID(bytes=other)] if "$1" in change else []))
        assert (await broken(shop)).get("V14 owners") == 1, change
        await put_back.rollback()
    assert await broken(shop) == {}


async def test_a_verification_asks_for_the_card_that_paid_an_order_when_it_was_claimed(shop: Shop) -> None:
    order, _ = await shop.order(due_in_days=20)
    async with open_changer(shop) as changer:
        assert (await changer.change(order)).state == "done"
    shop.later(days=20)
    await shop.collect(await shop.run())
    owners = next(count for count in COUNTS if count.name == "V14 owners")
    for later, is_old in (("0 minutes", False), ("10 minutes", False), ("-10 minutes", True)):
        await shop.world.owner.execute("UPDATE debit SET claimed_at = now() + $1::text::interval", later)
        assert (await check_count(shop.world.owner, owners)).breaches == is_old, later
    assert (await check_mails(shop.world.owner)).breaches == 0
    await shop.world.owner.execute("UPDATE card_change SET state = 'failed', failure = 'unanswered'")
    assert (await check_mails(shop.world.owner)).breaches == 1


async def test_a_verification_sees_a_claim_without_its_debit_and_a_debit_without_its_claim(
    shop: Shop,
) -> None:
    _, (first, second, _) = await shop.order(paid=0)
    run = await shop.run()
    shop.world.host.script.append(behaviour.HOLD)
    await run.collect()
    assert await broken(shop) == {}
    claim = "UPDATE instalment SET state = $2 WHERE id = $1"
    await shop.world.owner.execute(claim, second, "in_progress")
    assert await broken(shop) == {"V8 claims": 1}
    await shop.world.owner.execute(claim, second, "upcoming")
    await shop.world.owner.execute(claim, first, "unpaid")
    assert await broken(shop) == {"V8 claims": 1, "V14 debits": 1}
    await shop.world.owner.execute(claim, first, "in_progress")
