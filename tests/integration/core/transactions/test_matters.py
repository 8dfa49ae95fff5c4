"""What could not be believed is one list for people: each row says what, where and how much, and ends with a reason."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest

from core.contracts.host_matters import (
    STUCK_AFTER,
    CloseHostMatter,
    HostMatter,
    HostMatterPage,
    ListHostMatters,
    RetryHostMatter,
)
from core.contracts.host_messages import HOST_SAYS, HostMessageKind, HostSays
from core.contracts.ids import HostMatterId
from core.contracts.payment import DELIVERY_REFUSED, REVERSE, Authorise, Book
from core.contracts.reasons import Reason
from core.contracts.scope import Area
from core.contracts.states import Kind, State
from core.identity.api import Grant, Permission, SignedIn
from core.transactions.desk.store import has_open_matter
from core.transactions.hosts.errors import MatterOver, NothingToRetry
from core.transactions.hosts.handlers import HostMatterHandlers
from core.values.ids import encode_id, rrn_of
from core.verify.run import verify
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.test_bookings import drained
from tests.integration.core.transactions.world import AGENT, World, eventually
from tests.support.callers import signed_in

_RIGHTS = frozenset({Permission.TRANSACTIONS_READ, Permission.TRANSACTIONS_CANCEL})


def somebody(**area: Any) -> SignedIn:
    return signed_in(Grant("supervisor", _RIGHTS, Area(**area)), agent_id=AGENT)


async def page_of(world: World, caller: SignedIn | None = None, **asked: Any) -> HostMatterPage:
    handlers = HostMatterHandlers(world.pool, world.clock)
    return await handlers.matters(caller or somebody(), ListHostMatters(**asked))


async def only_matter(world: World) -> HostMatter:
    (matter,) = (await page_of(world)).data
    return matter


async def close(world: World, matter: HostMatter, reason: str = "seen with the store") -> HostMatter:
    handlers = HostMatterHandlers(world.pool, world.clock)
    asked = CloseHostMatter(id=HostMatterId.read(matter.id), reason=reason)
    return msgspec.json.decode((await handlers.close(somebody(), asked)).body, type=HostMatter)


async def test_an_absurd_advice_is_listed_with_its_payment_and_its_store_until_somebody_closes_it(
    world: World,
) -> None:
    advice = world.booking(Kind.ADVICE, amount_minor=999_999_999_999)
    await world.book(advice)
    matter = await only_matter(world)
    assert (matter.kind, matter.causes, matter.gives_back) == ("booked_in_doubt", ["amount"], False)
    assert matter.transaction == encode_id("transaction", advice.id)
    assert matter.terminal_id == encode_id("terminal", advice.terminal_id)
    assert matter.store is not None
    assert matter.amount is not None
    assert matter.amount.amount == 999_999_999_999
    closed = await close(world, matter)
    assert (closed.closed_reason, closed.closed_at is not None) == ("seen with the store", True)
    assert (await page_of(world)).data == []
    action = await world.owner.fetchrow("SELECT agent_id, kind, facts FROM action ORDER BY seq DESC LIMIT 1")
    assert action is not None
    assert (action["agent_id"].bytes, action["kind"]) == (AGENT, "host_matter.closed")
    assert json.loads(action["facts"]) == {
        "matter": "booked_in_doubt",
        "transaction": matter.transaction,
        "reason": "seen with the store",
    }
    with pytest.raises(MatterOver):
        await close(world, matter)
    await drained(world)


async def test_a_reversal_of_another_amount_is_listed_with_what_differs_and_a_minus(world: World) -> None:
    item = world.payment(amount_minor=5_000)
    await world.pay(item)
    assert (await world.reverse(item, amount_minor=7_200)).reason == Reason.ORIGINAL_DISAGREES
    matter = await only_matter(world)
    assert (matter.kind, matter.causes, matter.gives_back) == ("reversal_disagrees", ["amount"], True)
    assert matter.transaction == encode_id("transaction", item.id)
    assert matter.amount is not None
    assert (matter.amount.amount, matter.amount.currency) == (7_200, "EUR")
    handlers = HostMatterHandlers(world.pool, world.clock)
    with pytest.raises(NothingToRetry):
        await handlers.retry(
            somebody(), RetryHostMatter(id=HostMatterId.read(matter.id), reason="again please")
        )
    await close(world, matter)
    assert (await page_of(world)).data == []
    await drained(world)


async def test_a_message_that_could_not_be_kept_is_listed_by_its_terminal_until_it_is_closed(
    world: World,
) -> None:
    advice = world.booking(Kind.ADVICE, entry_mode="\0", amount_minor=4_200)
    assert (await world.book(advice)).reason == Reason.MESSAGE_REFUSED
    matter = await only_matter(world)
    assert (matter.kind, matter.causes) == ("dead_letter", ["advice"])
    assert matter.terminal_id == encode_id("terminal", advice.terminal_id)
    assert matter.amount is not None
    assert (matter.amount.amount, matter.transaction) == (4_200, None)
    await close(world, matter)
    assert (await page_of(world)).data == []


async def test_a_letter_that_nobody_can_read_spoils_no_list(world: World) -> None:
    await world.owner.execute(
        "INSERT INTO dead_letter (consumer, subject, payload, error) VALUES ('engine', 'core.engine.book', '\\xc1', 'x')"
    )
    matter = await only_matter(world)
    assert (matter.causes, matter.terminal, matter.amount) == (["advice"], "", None)


async def test_the_list_is_narrowed_by_kind_counted_in_full_and_followed_by_its_cursor(world: World) -> None:
    for amount in (999_999_999_999, 999_999_999_998):
        await world.book(world.booking(Kind.ADVICE, amount_minor=amount))
    item = world.payment()
    await world.pay(item)
    await world.reverse(item, amount_minor=7_200)
    counts = {"booked_in_doubt": 2, "reversal_disagrees": 1}
    narrowed = await page_of(world, kind=["booked_in_doubt"])
    assert ([one.kind for one in narrowed.data], narrowed.counts) == (["booked_in_doubt"] * 2, counts)
    seen: list[str] = []
    page = await page_of(world, limit=1)
    while page.next_cursor is not None:
        seen += [one.id for one in page.data]
        page = await page_of(world, limit=1, cursor=page.next_cursor)
    seen += [one.id for one in page.data]
    assert sorted(seen, reverse=True) == seen
    assert len(set(seen)) == 3
    await drained(world)


async def test_a_reversal_that_keeps_a_customer_s_money_stands_before_what_came_after_it(
    world: World,
) -> None:
    paid = world.payment()
    await world.pay(paid)
    await world.owner.execute(
        "INSERT INTO delivery (attempt_id, business_date, kind, reason, amount_minor, acquirer_id, due_at,"
        " last_result, refused_at) SELECT id, business_date, 1, 51, amount_minor, acquirer_id, now(), 'code 57', now()"
        " FROM attempt WHERE id = $1",
        UUID(bytes=paid.id),
    )
    for amount in (999_999_999_999, 999_999_999_998):
        await world.book(world.booking(Kind.ADVICE, amount_minor=amount))
    seen: list[str] = []
    page = await page_of(world, limit=1)
    while True:
        seen += [one.kind for one in page.data]
        if page.next_cursor is None:
            break
        page = await page_of(world, limit=1, cursor=page.next_cursor)
    assert seen == ["reversal_not_accepted", "booked_in_doubt", "booked_in_doubt"]


async def test_who_sees_another_department_sees_none_of_it_and_no_count(world: World) -> None:
    await world.book(world.booking(Kind.ADVICE, amount_minor=999_999_999_999))
    await world.book(world.booking(Kind.ADVICE, gives_back=True))
    elsewhere = await page_of(world, somebody(departments=("90",)))
    assert (elsewhere.data, elsewhere.counts) == ([], {})
    assert len((await page_of(world)).data) == 2
    await drained(world)


async def test_what_is_closed_keeps_who_closed_it(world: World) -> None:
    await world.book(world.booking(Kind.ADVICE, amount_minor=999_999_999_999))
    await close(world, await only_matter(world))
    assert await world.owner.fetchval("SELECT closed_by FROM doubt") == UUID(bytes=AGENT)
    await drained(world)


@pytest.mark.parametrize("is_stuck", [False, True])
async def test_a_reversal_is_listed_from_the_moment_at_which_a_verification_counts_it_as_broken(
    world: World, is_stuck: bool
) -> None:
    item = world.payment()
    world.host.script.append(behaviour.SILENT)
    assert (await world.pay(item)).reason == Reason.HOST_NO_REPLY
    age = STUCK_AFTER + timedelta(seconds=20 if is_stuck else -20)
    await world.owner.execute("UPDATE delivery SET created_at = clock_timestamp() - $1::interval", age)
    await world.owner.execute("UPDATE attempt SET reverse_after = clock_timestamp() - $1::interval", age)
    listed = (await page_of(world)).data
    report = await verify(world.database.dsn, cards=False)
    found = [len(listed), report.finding("V4").breaches, report.finding("V5").breaches]
    assert found == [int(is_stuck)] * 3
    await drained(world)


async def doubtful_advice(world: World) -> Authorise | Book:
    advice = world.booking(Kind.ADVICE, amount_minor=999_999_999_999)
    await world.book(advice)
    return advice


async def reversal_of_another_amount(world: World) -> Authorise | Book:
    item = world.payment()
    await world.pay(item)
    await world.reverse(item, amount_minor=7_200)
    return item


async def reversal_at_another_time(world: World) -> Authorise | Book:
    item = world.payment()
    await world.pay(item)
    assert (await world.reverse(item, original_sent_at=another_time(item))).reason == Reason.APPROVED
    return item


async def reversal_by_the_host(world: World) -> Authorise | Book:
    item = world.payment()
    await world.pay(item)
    await world.owner.execute(
        "INSERT INTO host_message (acquirer_id, kind, message_key, attempt_id, business_date, message)"
        " SELECT acquirer_id, 1, 'key', id, business_date, '\\x80' FROM attempt WHERE id = $1",
        UUID(bytes=item.id),
    )
    return item


def another_time(item: Authorise) -> str:
    minute = (int(item.transmitted_at[6:8]) + 3) % 60
    return f"{item.transmitted_at[:6]}{minute:02d}{item.transmitted_at[8:]}"


async def by_its_terminal(world: World, item: Authorise | Book) -> None:
    assert (await world.reverse(item)).reason == Reason.APPROVED


async def by_an_agent(world: World, item: Authorise | Book) -> None:
    assert (await world.cancel(cast("Authorise", item))).reason == Reason.APPROVED


@pytest.mark.parametrize("taken_back", [by_its_terminal, by_an_agent])
@pytest.mark.parametrize(
    "raised",
    [doubtful_advice, reversal_of_another_amount, reversal_at_another_time, reversal_by_the_host],
)
async def test_a_doubt_leaves_the_list_and_the_count_with_the_payment_that_it_is_about(
    world: World,
    raised: Callable[[World], Awaitable[Authorise | Book]],
    taken_back: Callable[[World, Authorise | Book], Awaitable[None]],
) -> None:
    item = await raised(world)
    matter = await only_matter(world)
    assert await has_open_matter(world.owner, item.id)
    await taken_back(world, item)
    page = await page_of(world)
    assert (page.data, page.counts) == ([], {})
    assert not await has_open_matter(world.owner, item.id)
    with pytest.raises(MatterOver):
        await close(world, matter)
    # Nobody closed it, and nobody need have.
    people = (await verify(world.database.dsn, cards=False)).finding("V12")
    assert not [example for example in people.examples if "matter" in example]
    await drained(world)


async def test_a_doubt_stays_until_all_of_its_payment_is_given_back(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    await world.reverse(item, amount_minor=7_200)
    for part, left in ((item.amount_minor - 1, ["reversal_disagrees"]), (1, [])):
        assert (await world.pay(world.refund(item, amount_minor=part))).reason == Reason.APPROVED
        assert [one.kind for one in (await page_of(world)).data] == left
    await drained(world)


async def test_a_part_that_the_host_did_not_take_back_is_shown_by_what_it_gives_back(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    assert (await world.reverse(item, replacement_minor=400)).reason == Reason.APPROVED
    world.host.delivery_codes.append(("57", DELIVERY_REFUSED))
    await world.deliver()
    matter = await only_matter(world)
    assert matter.kind == "partial_reversal_not_accepted"
    assert matter.gives_back
    assert matter.amount is not None
    assert matter.amount.amount == 850, "of 1,250 stay 400"


async def test_what_the_host_reversed_by_itself_and_we_refunded_as_well_is_shown(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    await world.day_passes()
    await world.refund_by_agent(item, item.amount_minor)

    async def is_refunded() -> bool:
        return (await world.row(item.id))["state"] == State.REFUNDED

    await eventually(is_refunded)
    says = HostSays(
        acquirer="acq1",
        kind=HostMessageKind.REVERSAL,
        key=b"k" * 16,
        reference=rrn_of(item.id),
        terminal="T0000001",
        amount_minor=item.amount_minor,
        currency="978",
        host_date="",
        received_at_us=world.now_us(),
        message=b"\x80",
    )
    await world.request(HOST_SAYS, says)
    matter = await only_matter(world)
    assert matter.kind == "reversal_by_host", "the customer has it twice"


async def captured(world: World, **changes: Any) -> Authorise:
    """Return a payment that its day's end has captured."""
    item = world.payment(**changes)
    await world.pay(item)
    await world.day_passes()
    assert (await world.row(item.id))["state"] == State.CAPTURED
    return item


async def refused_breaches(world: World) -> tuple[int, int]:
    finding = (await verify(world.database.dsn, cards=False)).finding("V10 refused")
    return finding.checked, finding.breaches


async def test_a_sale_taken_back_after_its_capture_is_shown_once_until_the_money_has_gone_back(
    world: World,
) -> None:
    await world.owner.execute("UPDATE store SET department = '974'")
    try:
        item = await captured(world)
        void = world.reversal(item)
        for again in ({}, {"id": world.new_id()}):
            reply = await world.request(REVERSE, msgspec.structs.replace(void, **again))
            assert reply.reason == Reason.ALREADY_CAPTURED
        matter = await only_matter(world)
        assert (matter.kind, matter.causes, matter.gives_back) == ("reversal_refused", ["whole"], True)
        assert (matter.transaction, matter.tries) == (encode_id("transaction", item.id), 2)
        assert matter.amount is not None
        assert (matter.amount.amount, matter.amount.currency) == (1_250, "EUR")
        assert await has_open_matter(world.owner, item.id)
        assert await refused_breaches(world) == (1, 0)
        await world.refund_by_agent(item, item.amount_minor)

        async def is_over() -> bool:
            return (await page_of(world)).data == []

        await eventually(is_over)
        assert (await world.row(item.id))["state"] == State.REFUNDED
        with pytest.raises(MatterOver):
            await close(world, matter)
        await drained(world)
    finally:
        await world.owner.execute("UPDATE store SET department = '75'")


async def test_a_reversal_that_was_refused_is_closed_by_a_person_and_its_repeat_opens_nothing(
    world: World,
) -> None:
    item = await captured(world)
    assert (await world.reverse(item)).reason == Reason.ALREADY_CAPTURED
    closed = await close(world, await only_matter(world), "the customer took the goods")
    assert closed.closed_reason == "the customer took the goods"
    assert (await world.reverse(item)).reason == Reason.ALREADY_CAPTURED
    assert (await page_of(world)).data == []
    assert await refused_breaches(world) == (1, 0)
    await drained(world)


async def test_a_part_that_was_not_taken_back_is_shown_by_what_would_go_back(world: World) -> None:
    item = await captured(world, amount_minor=5_000)
    assert (await world.reverse(item, replacement_minor=3_000)).reason == Reason.ALREADY_CAPTURED
    matter = await only_matter(world)
    assert (matter.kind, matter.causes) == ("reversal_refused", ["part"])
    assert matter.amount is not None
    assert matter.amount.amount == 2_000
    assert (await world.pay(world.refund(item, amount_minor=2_000))).reason == Reason.APPROVED
    assert (await page_of(world)).data == [], "that part has gone back"
    await drained(world)


async def test_a_second_part_that_was_refused_is_shown_until_the_whole_is_taken_back(world: World) -> None:
    item = world.payment(amount_minor=5_000)
    await world.pay(item)
    assert (await world.reverse(item, replacement_minor=3_000)).reason == Reason.APPROVED
    assert (await world.reverse(item, replacement_minor=2_000)).reason == Reason.REPLACEMENT_REFUSED
    matter = await only_matter(world)
    assert matter.amount is not None
    assert (matter.kind, matter.amount.amount) == ("reversal_refused", 1_000)
    await by_an_agent(world, item)
    assert (await page_of(world)).data == []
    await drained(world)


async def test_a_part_of_what_an_agent_has_cancelled_needs_nobody(world: World) -> None:
    item = world.payment(amount_minor=5_000)
    await world.pay(item)
    await by_an_agent(world, item)
    assert (await world.reverse(item, replacement_minor=3_000)).reason == Reason.REPLACEMENT_REFUSED
    assert (await page_of(world)).data == []
    assert await refused_breaches(world) == (0, 0)
    await drained(world)
