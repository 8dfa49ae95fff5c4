"""An event is told with the change that it tells of, to the endpoints that want it, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import pytest

from core.contracts.references import Money
from core.webhooks.api import FactsTooLong, Told, tell, tell_each
from tests.integration.core.webhooks.directory import NOW, add_company, add_endpoint
from tests.support.servers import TestDatabase

FACTS = {"order": "ord_01", "amount": Money(4266, "EUR")}
ON_THEIR_WAY = (
    "SELECT e.kind, d.endpoint_id, d.state, d.due_at, e.facts FROM webhook_event e"
    " JOIN webhook_delivery d ON d.event_id = e.id ORDER BY e.id, d.id"
)


@pytest.fixture
async def rows(database: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.dsn)
    yield connection
    await connection.close()


async def test_an_event_goes_to_the_endpoints_of_its_company_that_want_it(rows: asyncpg.Connection) -> None:
    mine, other = await add_company(rows, "123456782"), await add_company(rows, "552100554")
    every = await add_endpoint(rows, mine)
    await add_endpoint(rows, mine, "refund.sent", url="https://shop.example/refunds")
    await add_endpoint(rows, other)
    await tell(rows, company_id=mine, kind="instalment.paid", facts=FACTS, at=NOW)
    (sent,) = await rows.fetch(ON_THEIR_WAY)
    assert (sent["kind"], sent["endpoint_id"].bytes) == ("instalment.paid", every)
    assert (sent["state"], sent["due_at"] <= NOW) == ("waiting", True)
    assert msgspec.json.decode(sent["facts"]) == {
        "order": "ord_01",
        "amount": {"amount": 4266, "currency": "EUR"},
    }


async def test_what_happens_on_a_calendar_that_was_moved_ahead_is_due_at_once(
    rows: asyncpg.Connection,
) -> None:
    company = await add_company(rows, "123456782")
    await add_endpoint(rows, company)
    in_a_year = datetime.now(UTC) + timedelta(days=365)
    await tell(rows, company_id=company, kind="instalment.paid", facts=FACTS, at=in_a_year)
    assert await rows.fetchval("SELECT due_at <= now() FROM webhook_delivery")
    assert await rows.fetchval("SELECT at FROM webhook_event") == in_a_year


async def test_what_is_rolled_back_is_not_told(rows: asyncpg.Connection) -> None:
    company = await add_company(rows, "123456782")
    await add_endpoint(rows, company)
    change = rows.transaction()
    await change.start()
    await tell(rows, company_id=company, kind="order.activated", facts=FACTS, at=NOW)
    await change.rollback()
    assert await rows.fetch(ON_THEIR_WAY) == []


async def test_a_thing_with_a_key_is_told_once_and_without_one_each_time(rows: asyncpg.Connection) -> None:
    company = await add_company(rows, "123456782")
    await add_endpoint(rows, company)
    once = Told(company, "instalment.paid", FACTS, NOW, once_key="ins_01")
    await tell_each(rows, [once, once, once._replace(kind="instalment.unpaid")])
    await tell_each(rows, [once, once._replace(once_key=""), once._replace(once_key="")])
    kinds = [row["kind"] for row in await rows.fetch(ON_THEIR_WAY)]
    assert kinds == ["instalment.paid", "instalment.unpaid", "instalment.paid", "instalment.paid"]


async def test_nothing_is_written_for_a_company_that_nobody_listens_for(rows: asyncpg.Connection) -> None:
    silent, gone = await add_company(rows, "123456782"), await add_company(rows, "552100554")
    await add_endpoint(rows, gone)
    await rows.execute("UPDATE webhook_endpoint SET removed_at = now()")
    await tell_each(rows, [Told(each, "order.activated", FACTS, NOW) for each in (silent, gone)])
    await tell_each(rows, [])
    assert await rows.fetchval("SELECT count(*) FROM webhook_event") == 0


async def test_an_endpoint_that_is_disabled_gets_it_when_it_is_back(rows: asyncpg.Connection) -> None:
    company = await add_company(rows, "123456782")
    await add_endpoint(rows, company)
    await rows.execute("UPDATE webhook_endpoint SET disabled_at = now(), disabled_why = 'asked'")
    await tell(rows, company_id=company, kind="order.cancelled", facts=FACTS, at=NOW)
    assert [row["state"] for row in await rows.fetch(ON_THEIR_WAY)] == ["waiting"]


async def test_facts_that_no_message_holds_are_refused_before_anything_is_written(
    rows: asyncpg.Connection,
) -> None:
    company = await add_company(rows, "123456782")
    await add_endpoint(rows, company)
    long = Told(company, "order.activated", {"note": "x" * 20_000}, NOW)
    with pytest.raises(FactsTooLong):
        await tell_each(rows, [long._replace(facts=FACTS), long])
    assert await rows.fetchval("SELECT count(*) FROM webhook_event") == 0
