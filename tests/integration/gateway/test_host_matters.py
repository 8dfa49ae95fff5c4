"""What an acquirer does not accept is listed, tried again or closed by a person, and the audit says by whom and why."""

from __future__ import annotations

import json
import re
import uuid

import asyncpg
import httpx
import pytest

from core.contracts.states import EventKind, Kind, State
from core.values.ids import encode_id, rrn_of
from tests.integration.gateway.test_administration import People, people
from tests.support.desk import add_attempt

__all__ = ["people"]

WHY = {"reason": "settled by telephone with the acquirer"}


async def stuck(
    rows: asyncpg.Connection, *, refused: bool = True, state: State = State.UNKNOWN
) -> tuple[str, bytes]:
    """Return the matter and the attempt of a reversal that no host accepts."""
    attempt_id = await add_attempt(rows, state=state, reason=51)
    made = await rows.fetchval(
        "INSERT INTO delivery (attempt_id, business_date, kind, reason, amount_minor, acquirer_id, tries, due_at,"
        " last_result, refused_at) SELECT id, business_date, 1, 51, 1250, 1, 3, now() + interval '1 hour', 'code 57',"
        " CASE WHEN $2 THEN now() END FROM attempt WHERE id = $1 RETURNING id",
        uuid.UUID(bytes=attempt_id),
        refused,
    )
    assert made is not None
    return encode_id("host_matter", made.bytes), attempt_id


async def listed(client: httpx.AsyncClient) -> dict[str, dict[str, object]]:
    answer = await client.get("/v1/host-matters?limit=200")
    assert answer.status_code == 200, answer.text
    return {one["id"]: one for one in answer.json()["data"]}


@pytest.fixture
async def clean(rows: asyncpg.Connection) -> None:
    await rows.execute("DELETE FROM delivery")
    await rows.execute("DELETE FROM host_message")


async def test_a_refused_completion_is_named_as_the_host_knows_it_by_the_reference_of_its_hold(
    people: People, rows: asyncpg.Connection, clean: None
) -> None:
    _, supervisor = await people.add("supervisor")
    hold_id = await add_attempt(rows, kind=Kind.AUTHORISATION)
    completion_id = await add_attempt(
        rows, kind=Kind.COMPLETION, state=State.CAPTURED, captured_minor=1250, original_id=hold_id
    )
    made = await rows.fetchval(
        "INSERT INTO delivery (attempt_id, business_date, kind, reason, amount_minor, acquirer_id, due_at, refused_at)"
        " SELECT id, business_date, 3, 51, 1250, 1, now(), now() FROM attempt WHERE id = $1 RETURNING id",
        uuid.UUID(bytes=completion_id),
    )
    assert made is not None
    async with supervisor:
        found = (await listed(supervisor))[encode_id("host_matter", made.bytes)]
    assert (found["reference"], found["transaction"]) == (
        rrn_of(hold_id),
        encode_id("transaction", completion_id),
    )


async def test_a_refused_reversal_is_listed_and_closed_with_a_reason(
    people: People, rows: asyncpg.Connection, clean: None
) -> None:
    me, supervisor = await people.add("supervisor")
    matter, attempt_id = await stuck(rows)
    fresh, _ = await stuck(rows, refused=False)

    async def stands() -> list[str]:
        shown = await supervisor.get(f"/v1/transactions/{encode_id('transaction', attempt_id)}")
        assert shown.status_code == 200, shown.text
        return [each["state"] for each in shown.json()["deliveries"]]

    async with supervisor:
        assert await stands() == ["refused"]
        found = await listed(supervisor)
        assert fresh not in found  # It is on its way, and not for five minutes yet.
        assert (found[matter]["kind"], found[matter]["refused"], found[matter]["last_result"]) == (
            "reversal_not_accepted",
            True,
            "code 57",
        )
        assert (
            await supervisor.post(f"/v1/host-matters/{matter}/close", json={"reason": "  "})
        ).status_code == 422
        closed = await supervisor.post(f"/v1/host-matters/{matter}/close", json=WHY)
        assert closed.status_code == 200, closed.text
        assert (closed.json()["closed_reason"], closed.json()["transaction"]) == (
            WHY["reason"],
            encode_id("transaction", attempt_id),
        )
        assert matter not in await listed(supervisor)
        assert await stands() == ["closed"]
        late = await supervisor.post(f"/v1/host-matters/{matter}/close", json=WHY)
        assert (late.status_code, late.json()["code"]) == (409, "host_matter_over")
        assert re.search(r"Fait par .+, \d\d/\d\d \d\d:\d\d\.$", late.json()["detail"]), (
            "who settled it, and when"
        )
    attempt = uuid.UUID(bytes=attempt_id)
    assert await rows.fetchval("SELECT state FROM attempt WHERE id = $1", attempt) == State.REVERSED
    event = await rows.fetchrow(
        "SELECT kind, state FROM event WHERE attempt_id = $1 ORDER BY seq DESC LIMIT 1", attempt
    )
    assert event is not None
    assert tuple(event) == (EventKind.DELIVERY_CLOSED, State.REVERSED)
    action = await rows.fetchrow(
        "SELECT * FROM action WHERE kind = 'host_matter.closed' ORDER BY seq DESC LIMIT 1"
    )
    assert action is not None
    assert encode_id("agent", action["agent_id"].bytes) == me
    assert json.loads(action["facts"])["reason"] == WHY["reason"]


async def test_a_refused_reversal_is_tried_again_when_a_person_says_so(
    people: People, rows: asyncpg.Connection, clean: None
) -> None:
    _, supervisor = await people.add("supervisor")
    matter, attempt_id = await stuck(rows)
    async with supervisor:
        again = await supervisor.post(f"/v1/host-matters/{matter}/retry", json=WHY)
        assert (again.status_code, again.json()["refused"]) == (200, False)
    row = await rows.fetchrow(
        "SELECT refused_at, due_at <= now() AS due FROM delivery WHERE attempt_id = $1",
        uuid.UUID(bytes=attempt_id),
    )
    assert row is not None
    assert tuple(row) == (None, True)


async def test_a_reversal_of_the_host_is_listed_and_closed_and_cannot_be_sent(
    people: People, rows: asyncpg.Connection, clean: None
) -> None:
    _, supervisor = await people.add("supervisor")
    made = await rows.fetchval(
        "INSERT INTO host_message (acquirer_id, kind, message_key, reference, terminal, amount_minor, currency, message)"
        " VALUES (1, 1, 'one', 'R00000000001', 'T0000001', 1250, '978', '\\x80') RETURNING id"
    )
    assert made is not None
    matter = encode_id("host_matter", made.bytes)
    async with supervisor:
        found = (await listed(supervisor))[matter]
        assert (found["kind"], found["transaction"], found["amount"]) == (
            "reversal_by_host",
            None,
            {"amount": 1250, "currency": "EUR"},
        )
        refused = await supervisor.post(f"/v1/host-matters/{matter}/retry", json=WHY)
        assert (refused.status_code, refused.json()["code"]) == (409, "host_matter_not_ours")
        closed = await supervisor.post(f"/v1/host-matters/{matter}/close", json=WHY)
        assert closed.status_code == 200
        assert matter not in await listed(supervisor)
        _, second = await people.add("supervisor")
        async with second:
            late = await second.post(f"/v1/host-matters/{matter}/close", json=WHY)
        by = await rows.fetchval(
            "SELECT g.name FROM host_message h JOIN agent g ON g.id = h.closed_by WHERE h.id = $1", made
        )
        assert (late.status_code, late.json()["code"]) == (409, "host_matter_over")
        assert str(by) in late.json()["detail"]


async def test_who_may_not_cancel_may_not_close(
    people: People, rows: asyncpg.Connection, clean: None
) -> None:
    _, seller = await people.add("shop_seller")
    matter, _ = await stuck(rows)
    async with seller:
        assert (await seller.post(f"/v1/host-matters/{matter}/close", json=WHY)).status_code in (403, 404)


async def test_the_list_is_narrowed_by_kind_and_an_unknown_kind_is_refused_by_name(
    people: People, rows: asyncpg.Connection, clean: None
) -> None:
    _, supervisor = await people.add("supervisor")
    matter, _ = await stuck(rows)
    async with supervisor:
        wanted = await supervisor.get("/v1/host-matters?kind=reversal_not_accepted,dead_letter")
        assert matter in {one["id"] for one in wanted.json()["data"]}
        others = await supervisor.get("/v1/host-matters?kind=reversal_by_host")
        assert (others.json()["data"], others.json()["counts"]["reversal_not_accepted"]) == ([], 1)
        refused = await supervisor.get("/v1/host-matters?kind=anything")
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "kind")


async def test_the_home_page_counts_what_the_list_holds_for_who_may_close_it_and_nobody_else(
    people: People, rows: asyncpg.Connection, clean: None
) -> None:
    _, supervisor = await people.add("supervisor")
    _, seller = await people.add("shop_seller")
    matter, _ = await stuck(rows)
    async with supervisor, seller:
        sections = {one["code"]: one for one in (await supervisor.get("/v1/home")).json()["sections"]}
        assert sections["to_check"]["count"] == len(await listed(supervisor))
        assert f"/to-check#{matter}" in {row["link"] for row in sections["to_check"]["rows"]}
        theirs = {one["code"] for one in (await seller.get("/v1/home")).json()["sections"]}
        assert "to_check" not in theirs


async def test_all_of_a_home_section_is_the_rows_that_it_counts(people: People) -> None:
    _, supervisor = await people.add("supervisor")
    async with supervisor:
        sections = (await supervisor.get("/v1/home")).json()["sections"]
        for section in sections:
            if not section["link"].startswith("/?section="):
                continue
            whole = (await supervisor.get(f"/v1/home?section={section['code']}")).json()["sections"]
            assert [(one["code"], len(one["rows"])) for one in whole] == [(section["code"], section["count"])]
            assert whole[0]["rows"][:8] == section["rows"]
        assert sum(one["link"].startswith("/?section=") for one in sections) >= 3


async def test_a_refund_found_by_its_reference_is_told_to_give_back(
    people: People, rows: asyncpg.Connection
) -> None:
    _, supervisor = await people.add("supervisor")
    refund = await add_attempt(rows, kind=Kind.REFUND)
    payment = await add_attempt(rows)
    async with supervisor:
        for attempt_id, gives_back in ((refund, True), (payment, False)):
            found = (await supervisor.get("/v1/search", params={"q": rrn_of(attempt_id)})).json()
            hits = [hit for group in found["groups"] for hit in group["data"] if hit["kind"] == "transaction"]
            assert [(hit["amount"]["amount"] > 0, hit["gives_back"]) for hit in hits] == [(True, gives_back)]
