"""Debits, instalments and payments agree after whatever happened, and a verification sees where they do not (V8, V14)."""

from __future__ import annotations

from core.verify.checks import COUNTS, check_count
from tests.integration.core.schedules.shop import Shop
from tests.integration.core.transactions import stand_in_host as behaviour

NAMES = ("V8 debits", "V8 claims", "V14 debits", "V1", "V1 position", "V2", "V8")


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
    assert await broken(shop) == {"V14 debits": 1}
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
