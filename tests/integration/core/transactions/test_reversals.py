"""A reversal takes back what it describes, whatever clock its terminal has, and nothing else."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
import pytest

from core.contracts.payment import REVERSE, Authorise
from core.contracts.reasons import Reason
from core.contracts.states import EventKind, Kind, ReversalFinding, State
from core.transactions.bookings.clocks import instants_of
from core.transactions.bookings.rules import Candidate, Said, find_named
from core.transactions.jobs.day_end import LOOK_BACK, TAKEN_BACK_WITHIN
from core.values.clock import paris_date
from core.values.ids import rrn_of
from core.values.zones import time_zone_of, zone_of
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.test_bookings import drained
from tests.integration.core.transactions.world import CARD, World, eventually, until

MASTERCARD = msgspec.structs.replace(CARD, fingerprint=7_777, bin="555555", last_four="4444")


def yesterdays(world: World, *, seconds_ago: int = 0, **changes: Any) -> Authorise:
    """Return a payment on the terminal's yesterday, which is still today somewhere."""
    now = world.clock.now() - timedelta(seconds=seconds_ago)
    return world.payment(
        business_date=world.today() - 1,
        transmitted_at=f"{now:%m%d%H%M%S}",
        local_time=f"{now - timedelta(hours=14):%m%d%H%M%S}",
        **changes,
    )


async def test_a_terminal_whose_date_is_not_ours_takes_its_payment_back(world: World) -> None:
    item = yesterdays(world)
    await world.pay(item)
    reply = await world.reverse(item, original_business_date=world.today())
    assert (reply.reason, reply.rrn) == (Reason.APPROVED, rrn_of(item.id))
    assert (await world.row(item.id))["state"] == State.REVERSED
    await drained(world)


@pytest.mark.parametrize("sent_at", ["the same", "local", "none"])
async def test_local_time_or_none_names_the_payment_all_the_same(world: World, sent_at: str) -> None:
    item = yesterdays(world)
    await world.pay(item)
    said = {"the same": item.transmitted_at, "local": item.local_time, "none": ""}[sent_at]
    reply = await world.reverse(item, original_sent_at=said, original_business_date=world.today())
    assert reply.reason == Reason.APPROVED
    assert (await world.row(item.id))["state"] == State.REVERSED
    await drained(world)


async def test_after_a_counter_reset_the_payment_described_is_taken_back(world: World) -> None:
    first = yesterdays(world, stan=50, amount_minor=6_100)
    await world.pay(first)
    now = world.clock.now() + timedelta(seconds=71)
    second = world.payment(
        stan=50, amount_minor=7_200, card=MASTERCARD, transmitted_at=f"{now:%m%d%H%M%S}",
        local_time=f"{now:%m%d%H%M%S}",
    )  # fmt: skip
    await world.pay(second)
    assert (await world.reverse(second)).reason == Reason.APPROVED
    assert [(await world.row(item.id))["state"] for item in (first, second)] == [
        State.APPROVED,
        State.REVERSED,
    ]
    await drained(world)


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"amount_minor": 1_251}, "amount"),
        ({"currency": "USD"}, "currency"),
        ({"card": MASTERCARD}, "card"),
        ({"original_rrn": "one of ours"}, "reference"),
        ({"approval_code": "NOTOUR"}, "approval_code"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_disagrees_is_refused_kept_and_left_standing(
    world: World, changes: dict[str, Any], differs: str
) -> None:
    item = world.payment()
    await world.pay(item)
    original_day = item.business_date
    if "original_rrn" in changes:
        changes = {"original_rrn": rrn_of(world.new_id())}
    for _ in range(2):
        reply = await world.reverse(item, **{"original_business_date": original_day, **changes})
        assert (reply.reason, reply.approved_minor) == (Reason.ORIGINAL_DISAGREES, 0)
    assert (await world.row(item.id))["state"] == State.APPROVED
    events = [e for e in await world.events(item.id) if e["kind"] == EventKind.REVERSAL_REFUSED]
    assert [event["cause"] for event in events] == [differs]
    kept = await world.owner.fetchrow("SELECT attempt_id, differs, repeats FROM reversal")
    assert kept is not None
    assert (kept["attempt_id"], kept["differs"], kept["repeats"]) == (UUID(bytes=item.id), [differs], 1)
    assert (await world.reverse(item)).reason == Reason.APPROVED, "the true one still succeeds"
    await drained(world)


def shifted(time: str, **by: float) -> str:
    """Return MMDDhhmmss of this year, moved."""
    moment = datetime.strptime(f"2026{time}", "%Y%m%d%H%M%S") + timedelta(**by)  # noqa: DTZ007 -- Of no zone.
    return f"{moment:%m%d%H%M%S}"


@pytest.mark.parametrize(
    "by", [{"minutes": 15}, {"hours": 24}, {"hours": 30}, {"hours": -2}, {"minutes": 45}, {"seconds": 1}]
)
async def test_the_reversal_of_what_never_arrived_leaves_its_neighbour_and_tells_a_person(
    world: World, by: dict[str, float]
) -> None:
    neighbour = world.payment()
    await world.pay(neighbour)
    sent_at = shifted(neighbour.transmitted_at, **by)
    for _ in range(2):
        reply = await world.reverse(neighbour, original_sent_at=sent_at)
        assert (reply.reason, reply.approved_minor) == (Reason.APPROVED, 0)
    assert (await world.row(neighbour.id))["state"] == State.APPROVED
    doubts = [e["cause"] for e in await world.events(neighbour.id) if e["kind"] == EventKind.DOUBTED]
    assert doubts == ["like_one_reversed"]
    lost = world.payment(stan=neighbour.stan, business_date=world.today() - 1, transmitted_at=sent_at)
    assert (await world.pay(lost)).reason == Reason.ALREADY_REVERSED, "should it still come, it is refused"
    assert (await world.reverse(neighbour)).reason == Reason.APPROVED, "the true one still succeeds"
    assert (await world.row(neighbour.id))["state"] == State.REVERSED
    await drained(world)


@pytest.mark.parametrize("days", [-30, -3, 3, 42, 300])
async def test_a_time_far_away_leaves_its_like_and_tells_a_person(world: World, days: int) -> None:
    item = world.payment()
    await world.pay(item)
    said = world.clock.now() + timedelta(days=days)
    changes = {
        "original_sent_at": f"{said:%m%d%H%M%S}",
        "original_business_date": said.date().toordinal(),
    }
    for _ in range(2):
        assert (await world.reverse(item, **changes)).reason == Reason.APPROVED
    assert (await world.row(item.id))["state"] == State.APPROVED
    doubts = [e["cause"] for e in await world.events(item.id) if e["kind"] == EventKind.DOUBTED]
    assert doubts == ["like_one_reversed"]
    await drained(world)


OWN_REFERENCE = "633300001022"


@pytest.mark.parametrize("shown", ["", "633300001021", "000000001022"])
async def test_a_reference_of_its_own_contradicts_no_number_and_time(world: World, shown: str) -> None:
    request = msgspec.msgpack.encode({37: shown} if shown else {})
    item = world.payment(request=request)
    await world.pay(item)
    untimed = await world.reverse(item, original_sent_at="", original_rrn=OWN_REFERENCE, card=None)
    assert (untimed.reason == Reason.ORIGINAL_DISAGREES) == bool(shown)
    for repeat in (False, True):
        reply = await world.reverse(item, original_rrn=OWN_REFERENCE, repeat=repeat)
        assert (reply.reason, reply.rrn) == (Reason.APPROVED, rrn_of(item.id))
    assert (await world.row(item.id))["state"] == State.REVERSED
    await drained(world)


async def test_another_reference_of_ours_still_contradicts_a_number_and_time(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    reply = await world.reverse(item, original_rrn=rrn_of(world.new_id()))
    assert reply.reason == Reason.ORIGINAL_DISAGREES
    assert (await world.row(item.id))["state"] == State.APPROVED
    await drained(world)


async def test_an_approval_code_without_its_zeros_is_the_same(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    await world.owner.execute("UPDATE attempt SET approval_code = '000021'")
    assert (await world.reverse(item, approval_code="22")).reason == Reason.ORIGINAL_DISAGREES
    assert (await world.reverse(item, approval_code="21")).reason == Reason.APPROVED
    assert (await world.row(item.id))["state"] == State.REVERSED
    await drained(world)


@pytest.mark.parametrize(
    ("yesterdays_state", "today"),
    [(State.APPROVED, True), (State.DECLINED, True), (State.REVERSED, True), (State.APPROVED, False)],
)
async def test_without_a_time_a_number_and_a_price_of_today_name_nothing_of_yesterday(
    world: World, yesterdays_state: State, today: bool
) -> None:
    old = yesterdays(world, stan=60, card=MASTERCARD)
    if yesterdays_state == State.DECLINED:
        world.host.script.append(behaviour.DECLINE)
    await world.pay(old)
    await world.owner.execute("UPDATE attempt SET received_at = received_at - interval '1 day'")
    if yesterdays_state == State.REVERSED:
        await world.reverse(old)
    new = world.payment(stan=60)
    if today:
        await world.pay(new)
    reply = await world.reverse(new, original_sent_at="", card=None)
    assert (await world.row(old.id))["state"] == yesterdays_state
    if today:
        assert (reply.reason, reply.rrn) == (Reason.APPROVED, rrn_of(new.id))
        assert (await world.row(new.id))["state"] == State.REVERSED
    else:
        assert reply.reason == Reason.ORIGINAL_DISAGREES
        kept = await world.owner.fetchrow("SELECT attempt_id, differs FROM reversal")
        assert kept is not None
        assert (kept["attempt_id"].bytes, kept["differs"]) == (old.id, ["date"])
    await drained(world)


@pytest.mark.parametrize("sent_at", ["its own", ""])
@pytest.mark.parametrize("minutes", [11, 15, 60, 90])
async def test_a_lost_payments_reversal_refuses_no_other_payment_later(
    world: World, sent_at: str, minutes: int
) -> None:
    lost = world.payment(stan=61)
    await world.reverse(lost, original_sent_at=lost.transmitted_at if sent_at else "")
    world.clock.offset += timedelta(minutes=minutes)
    other = world.payment(stan=61, card=MASTERCARD, business_date=lost.business_date)
    assert (await world.pay(other)).reason == Reason.APPROVED
    await drained(world)


async def test_without_a_time_a_mark_refuses_what_it_overtook(world: World) -> None:
    lost = world.payment()
    await world.reverse(lost, original_sent_at="")
    assert (await world.pay(world.payment(stan=lost.stan, card=MASTERCARD))).reason == Reason.APPROVED
    await world.owner.execute("DELETE FROM attempt")
    assert (await world.pay(lost)).reason == Reason.ALREADY_REVERSED


@pytest.mark.parametrize(
    "zone", ["Europe/Paris", "America/Miquelon", "Pacific/Tahiti", "Pacific/Wallis", "UTC"]
)
async def test_a_time_may_be_the_same_instants_here_as_in_the_database(world: World, zone: str) -> None:
    for reading in (
        datetime(2026, month, 28, hour, 30)  # noqa: DTZ001 -- Of no known zone.
        for month in (1, 3, 7, 10)
        for hour in (0, 2, 11, 23)
    ):
        row = await world.owner.fetchval("SELECT instants_of($1, $2)", reading, zone)
        assert set(row or []) == instants_of(reading, zone)


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/Guadeloupe", "Pacific/Tahiti"])
async def test_one_instant_is_one_here_and_in_the_database(world: World, zone: str) -> None:
    shown, local = (
        "0301003000",
        f"{datetime(2026, 3, 1, 0, 30, tzinfo=UTC).astimezone(ZoneInfo(zone)):%m%d%H%M%S}",
    )
    one = store_candidate(shown, local, zone)
    for quarters in range(-120, 121):
        said = shifted(shown, minutes=15 * quarters)
        there = await world.owner.fetchval(
            "SELECT $1 IN ($2, $3) OR is_same_instant($1, $2, $3, date '2026-03-01', $4)",
            said,
            shown,
            local,
            zone,
        )
        found = find_named(
            Said(said, date(2026, 3, 1), "", 1, "EUR", 1, ""),
            [one],
            arrived_at=datetime(2026, 3, 1, 1, tzinfo=UTC),
        )
        assert there == (found.finding == ReversalFinding.NAMED), said


def store_candidate(shown: str, local: str, zone: str) -> Candidate:
    return Candidate(
        bytes(16), date(2026, 3, 1), State.APPROVED, 1, 1, 1, "EUR", 1, "", shown, local, "",
        datetime(2026, 3, 1, 0, 30, tzinfo=UTC), zone,
    )  # fmt: skip


async def test_a_reference_of_ours_under_another_number_is_no_permission(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    reply = await world.reverse(item, original_stan=999_999, original_rrn=rrn_of(item.id))
    assert reply.reason == Reason.ORIGINAL_DISAGREES
    assert (await world.row(item.id))["state"] == State.APPROVED


async def test_a_payment_after_its_reversal_is_refused_whatever_date_it_carries(world: World) -> None:
    item = yesterdays(world)
    assert (await world.reverse(item, original_business_date=world.today())).reason == Reason.APPROVED
    assert await world.owner.fetchval("SELECT count(*) FROM attempt") == 0, (
        "nothing is stored that nobody sent"
    )
    assert (await world.pay(item)).reason == Reason.ALREADY_REVERSED
    assert (await world.pay(world.again(item))).reason == Reason.ALREADY_REVERSED
    assert (await world.reverse(item, original_business_date=world.today())).reason == Reason.APPROVED
    assert world.host.messages("0200") == []
    await drained(world)


@pytest.mark.parametrize("kind", [Kind.ADVICE, Kind.COMPLETION, Kind.REFUND])
async def test_whatever_comes_after_its_reversal_is_not_booked(world: World, kind: Kind) -> None:
    before = f"{world.clock.now() - timedelta(seconds=97):%m%d%H%M%S}"
    shown = {"transmitted_at": before, "local_time": before}
    original = world.authorisation(**shown) if kind == Kind.COMPLETION else world.payment(**shown)
    await world.pay(original)
    late = {
        Kind.ADVICE: lambda: world.booking(Kind.ADVICE),
        Kind.COMPLETION: lambda: world.completion(original),
        Kind.REFUND: lambda: world.refund(original),
    }[kind]()
    assert (await world.reverse(late)).reason == Reason.APPROVED
    reply = await (world.pay(late) if isinstance(late, Authorise) else world.book(late))
    assert reply.reason == Reason.ALREADY_REVERSED
    assert (await world.row(original.id))["state"] == State.APPROVED
    await drained(world)


async def test_another_payment_under_the_number_of_a_reversal_that_found_nothing_is_taken(
    world: World,
) -> None:
    lost = world.payment(stan=77)
    await world.reverse(lost)
    later = world.clock.now() + timedelta(seconds=97)
    other = world.payment(
        stan=77, amount_minor=900, transmitted_at=f"{later:%m%d%H%M%S}", local_time=f"{later:%m%d%H%M%S}"
    )
    assert (await world.pay(other)).reason == Reason.APPROVED
    await drained(world)


async def test_payments_and_reversals_that_cross_never_leave_a_payment_standing(world: World) -> None:
    # No terminal sends two payments in one second; that these cross their reversals on the way is what is tried.
    items = [yesterdays(world, seconds_ago=place) for place in range(40)]

    async def both(item: Authorise, pause_s: float) -> Reason:
        world.send(item)
        await asyncio.sleep(pause_s)
        reply = await world.request(REVERSE, world.reversal(item, original_business_date=world.today()))
        return reply.reason

    reasons = await asyncio.gather(*(both(item, place * 0.0001) for place, item in enumerate(items)))
    assert set(reasons) == {Reason.APPROVED}
    for item in items:
        await world.answer_to(item)
    states = await world.owner.fetch("SELECT DISTINCT state FROM attempt")
    assert {row["state"] for row in states} <= {State.UNKNOWN, State.REVERSED, State.DECLINED}
    await drained(world)


async def test_a_part_taken_back_stays_in_the_books_and_at_the_host(world: World) -> None:
    item = world.payment(amount_minor=5_000)
    await world.pay(item)
    replies = [await world.reverse(item, replacement_minor=3_000) for _ in range(3)]
    assert [(reply.reason, reply.approved_minor) for reply in replies] == [(Reason.APPROVED, 3_000)] * 3
    row = await world.row(item.id)
    assert (row["state"], row["amount_minor"], row["approved_minor"]) == (State.APPROVED, 5_000, 3_000)
    await drained(world)
    assert [(r.amount_minor, r.replacement_minor) for r in world.host.messages("0420")] == [(5_000, 3_000)]
    again = await world.pay(world.again(item))
    assert (again.reason, again.approved_minor) == (Reason.APPROVED, 5_000), "the first answer"
    await world.day_passes()
    assert (await world.row(item.id))["captured_minor"] == 3_000
    assert (await world.reverse(item, replacement_minor=3_000)).reason == Reason.APPROVED
    await drained(world)


async def test_what_was_taken_back_in_part_can_be_taken_back_whole(world: World) -> None:
    item = world.payment(amount_minor=5_000)
    await world.pay(item)
    await world.reverse(item, replacement_minor=3_000)
    assert (await world.reverse(item)).reason == Reason.APPROVED
    assert (await world.row(item.id))["state"] == State.REVERSED
    await drained(world)
    assert [r.replacement_minor for r in world.host.messages("0420")] == [-1]


@pytest.mark.parametrize("answered", [True, False], ids=["the part accepted", "the part unanswered"])
@pytest.mark.parametrize("approved", [behaviour.APPROVE, behaviour.PARTIAL])
async def test_the_whole_after_a_part_names_what_the_host_approved_and_is_no_repeat_of_the_part(
    world: World, approved: str, answered: bool
) -> None:
    world.host.script.append(approved)
    item = world.payment(amount_minor=5_001, partial_ok=True)
    held_minor = (await world.pay(item)).approved_minor
    await world.reverse(item, replacement_minor=1_000)
    world.host.silent_deliveries = not answered
    await world.deliver()
    world.host.silent_deliveries = False
    assert (await world.reverse(item)).reason == Reason.APPROVED
    await drained(world)
    part, whole = world.host.messages("0420")
    assert (part.amount_minor, part.replacement_minor) == (5_001, 1_000)
    assert (whole.amount_minor, whole.replacement_minor) == (held_minor, -1), "never what stayed"
    assert part.stan != whole.stan, "a host that knows a repeat by its trace number sees two messages"
    assert part.original_stan == whole.original_stan == item.stan
    assert world.host.book[rrn_of(item.id)].reversed


async def test_a_part_of_an_advice_is_taken_back_after_the_host_has_the_advice(world: World) -> None:
    advice = world.booking(Kind.ADVICE, amount_minor=5_000)
    await world.book(advice)
    assert (await world.reverse(advice, replacement_minor=2_000)).reason == Reason.APPROVED
    await drained(world)
    assert [r.message for r in world.host.seen] == ["0220", "0420"]


@pytest.mark.parametrize("stays_minor", [5_000, 5_001, 9_999_999])
async def test_what_stays_must_be_less_than_what_was(world: World, stays_minor: int) -> None:
    item = world.payment(amount_minor=5_000)
    await world.pay(item)
    assert (await world.reverse(item, replacement_minor=stays_minor)).reason == Reason.REPLACEMENT_REFUSED
    assert (await world.row(item.id))["approved_minor"] == 5_000
    await drained(world)


async def test_the_repeat_of_a_reversal_that_tells_no_time_gets_its_first_answer(world: World) -> None:
    """What it took back has ended, and another message has its number by now."""
    other = world.payment(stan=62, amount_minor=900, card=MASTERCARD)
    item = world.payment(stan=62, amount_minor=3_945, business_date=world.today() - 1)
    await world.pay(other)
    await world.pay(item)
    untimed: dict[str, Any] = {"original_sent_at": "", "original_business_date": world.today()}
    first = await world.reverse(item, **untimed)
    again = await world.reverse(item, **untimed)
    assert (first.reason, first.rrn) == (Reason.APPROVED, rrn_of(item.id))
    assert (again.reason, again.rrn) == (first.reason, first.rrn)
    row = await world.owner.fetchrow("SELECT attempt_id, reason, repeats FROM reversal")
    assert row is not None
    assert (row["attempt_id"].bytes, row["reason"], row["repeats"]) == (item.id, Reason.APPROVED, 1)
    assert (await world.row(other.id))["state"] == State.APPROVED
    await drained(world)


async def test_no_part_stays_of_what_never_came_and_the_original_goes_its_way(world: World) -> None:
    item = world.payment(amount_minor=5_000)
    assert (await world.reverse(item, replacement_minor=1_000)).reason == Reason.REPLACEMENT_REFUSED
    assert (await world.pay(item)).reason == Reason.APPROVED
    assert (await world.reverse(item, replacement_minor=1_000)).reason == Reason.APPROVED
    assert (await world.row(item.id))["approved_minor"] == 1_000
    await drained(world)


async def test_a_second_other_part_and_a_part_of_what_is_captured_are_refused(world: World) -> None:
    item, captured = world.payment(amount_minor=5_000), world.payment(amount_minor=5_000)
    await world.pay(captured)
    await world.day_passes()
    await world.pay(item)
    await world.reverse(item, replacement_minor=3_000)
    second = await world.reverse(item, replacement_minor=1_000)
    late = await world.reverse(captured, replacement_minor=3_000)
    assert (second.reason, late.reason) == (Reason.REPLACEMENT_REFUSED, Reason.ALREADY_CAPTURED)
    await drained(world)


async def test_a_part_of_what_the_host_has_not_answered_is_asked_again_later(world: World) -> None:
    world.host.script.append(behaviour.HOLD)
    item = world.payment(amount_minor=5_000)
    world.send(item)
    await until(lambda: item.id in world.host.held)
    assert (await world.reverse(item, replacement_minor=3_000)).reason == Reason.SYSTEM_BUSY
    world.host.held.pop(item.id)()
    await world.answer_to(item)
    assert (await world.reverse(item, replacement_minor=3_000)).reason == Reason.APPROVED
    await drained(world)


async def test_a_completion_with_another_card_or_currency_captures_nothing(world: World) -> None:
    hold = world.authorisation(amount_minor=5_000)
    await world.pay(hold)
    other_card = await world.book(world.completion(hold, card=MASTERCARD))
    other_currency = await world.book(world.completion(hold, currency="USD"))
    assert (other_card.reason, other_currency.reason) == (Reason.ORIGINAL_DISAGREES,) * 2
    assert (await world.row(hold.id))["state"] == State.APPROVED
    assert (await world.book(world.completion(hold))).reason == Reason.APPROVED
    await drained(world)


async def test_totals_are_compared_in_their_own_currency(world: World) -> None:
    await world.pay(world.payment(amount_minor=1_000))
    in_euros, unnamed, in_dinars = [
        await world.totals(world.today(), currency=currency) for currency in ("EUR", "", "414")
    ]
    assert (in_euros.debit_minor, unnamed.debit_minor, in_dinars.debit_minor) == (1_000, 1_000, 0)
    assert in_dinars.in_balance, "nothing declared in dinars, and nothing there"


@pytest.mark.parametrize("days", [-9, -59])
async def test_what_happened_long_ago_is_booked_for_a_person_and_captured(world: World, days: int) -> None:
    advice = world.booking(Kind.ADVICE, business_date=world.today() + days)
    assert (await world.book(advice)).reason == Reason.APPROVED
    assert (await world.book(advice)).replayed
    events = [e["cause"] for e in await world.events(advice.id) if e["kind"] == EventKind.DOUBTED]
    assert events == ["late"]
    world.clock.offset += TAKEN_BACK_WITHIN
    await world.day_end.round()
    assert (await world.row(advice.id))["state"] == State.CAPTURED
    await drained(world)


async def test_an_advice_of_an_absurd_amount_is_booked_with_a_flag(world: World) -> None:
    advice = world.booking(Kind.ADVICE, amount_minor=999_999_999_999)
    assert (await world.book(advice)).reason == Reason.APPROVED
    doubts = await world.owner.fetch("SELECT attempt_id, cause FROM doubt")
    assert [(row["attempt_id"].bytes, row["cause"]) for row in doubts] == [(advice.id, "amount")]
    await drained(world)


@pytest.mark.parametrize("days", [-180, 40])
async def test_a_date_of_no_month_near_is_booked_on_the_day_it_comes(world: World, days: int) -> None:
    advice = world.booking(Kind.ADVICE, business_date=world.today() + days)
    assert (await world.book(advice)).reason == Reason.APPROVED
    assert await world.owner.fetchval("SELECT cause FROM doubt") == "date"
    assert (await world.row(advice.id))["business_date"] == paris_date(world.clock.now())
    item = world.payment(business_date=world.today() + days)
    assert (await world.reverse(item)).reason == Reason.APPROVED, "none stands there, and that is told"


async def test_what_no_statement_can_take_is_answered_and_kept_on_every_path(world: World) -> None:
    reply = await world.reverse(world.payment(), original_stan=2**40)
    assert reply.reason == Reason.MESSAGE_REFUSED
    assert (await world.book(world.booking(Kind.ADVICE, entry_mode="\0"))).reason == Reason.MESSAGE_REFUSED
    refund = world.refund(world.payment(), stan=2**40)
    assert (await world.pay(refund)).reason == Reason.MESSAGE_REFUSED
    totals = await world.totals(world.today(), currency="\0")
    assert not totals.in_balance

    async def all_kept() -> bool:
        return await world.owner.fetchval("SELECT count(*) FROM dead_letter") == 4

    await eventually(all_kept)


def at_hour(world: World, hour: int) -> datetime:
    """Return an hour of today, by the clock of UTC."""
    day = date.fromordinal(world.today())
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


async def test_a_day_ends_where_the_store_is(world: World) -> None:
    await world.owner.execute("UPDATE store SET department = '971'")
    try:
        world.clock.offset = at_hour(world, 1) - world.clock.now()
        evening = world.payment(business_date=world.today() - 1)
        await world.pay(evening)
        await world.day_end.round()
        assert (await world.row(evening.id))["state"] == State.APPROVED, "it is still yesterday there"
        world.clock.offset += timedelta(hours=4)
        await world.day_end.round()
        assert (await world.row(evening.id))["state"] == State.CAPTURED
    finally:
        await world.owner.execute("UPDATE store SET department = '75'")


async def test_a_till_takes_back_what_it_has_just_sold_on_a_date_that_is_over(world: World) -> None:
    await world.owner.execute("UPDATE store SET department = '974'")
    try:
        world.clock.offset = at_hour(world, 21) - world.clock.now()
        void, sale = world.payment(), world.payment(amount_minor=2_000)
        await world.pay(void)
        await world.pay(sale)
        await world.day_end.round()
        assert (await world.row(void.id))["state"] == State.APPROVED, "tomorrow there, but sold just now"
        world.clock.offset += timedelta(seconds=67)
        assert (await world.reverse(void)).reason == Reason.APPROVED
        world.clock.offset += TAKEN_BACK_WITHIN - timedelta(seconds=90)
        await world.day_end.round()
        assert (await world.row(sale.id))["state"] == State.APPROVED, "its till may still take it back"
        world.clock.offset += timedelta(minutes=1)
        await world.day_end.round()
        row = await world.row(sale.id)
        assert (row["state"], row["captured_minor"]) == (State.CAPTURED, 2_000), "by a later round"
        assert (await world.row(void.id))["state"] == State.REVERSED
        world.clock.offset = timedelta(0)
        await drained(world)
    finally:
        await world.owner.execute("UPDATE store SET department = '75'")


async def test_a_date_that_was_just_in_reach_is_looked_at_again(world: World) -> None:
    world.clock.offset = at_hour(world, 0) - timedelta(minutes=10) - world.clock.now()
    on = world.clock.now().date() - LOOK_BACK
    sale = world.payment(business_date=on.toordinal())
    await world.pay(sale)
    await world.day_end.round()
    assert (await world.row(sale.id))["state"] == State.APPROVED
    world.clock.offset += TAKEN_BACK_WITHIN + timedelta(minutes=1)
    await world.day_end.round()
    assert (await world.row(sale.id))["state"] == State.CAPTURED


async def test_the_host_is_told_of_a_reversal_in_utc_and_of_the_stores_own_time(world: World) -> None:
    await world.owner.execute("UPDATE store SET department = '987'")
    try:
        item = world.payment()
        await world.pay(item)
        await world.reverse(item)
        await world.deliver()
        [told] = world.host.messages("0420")
        there = world.clock.now() - timedelta(hours=10)
        assert told.transmitted_at[:8] == f"{world.clock.now():%m%d%H%M}"
        assert told.local_time[:8] == f"{there:%m%d%H%M}"
    finally:
        await world.owner.execute("UPDATE store SET department = '75'")


async def test_a_store_has_the_zone_of_its_department_here_and_in_the_database(world: World) -> None:
    for department in (*(str(code) for code in range(971, 990)), "2A", "75"):
        row = await world.owner.fetchrow("SELECT time_zone_of($1) AS zone", department)
        assert row is not None
        assert row["zone"] == time_zone_of(department)
        assert zone_of(row["zone"]).key == row["zone"]
    with pytest.raises(asyncpg.DataError):
        await world.owner.execute("UPDATE store SET time_zone = 'Mars/Olympus'")


async def test_another_advice_under_the_number_of_a_reversed_one_is_not_told_it_is_booked(
    world: World,
) -> None:
    first = world.booking(Kind.ADVICE)
    await world.book(first)
    await world.reverse(first)
    other = world.booking(Kind.ADVICE, stan=first.stan, body_hash=2, amount_minor=900)
    assert (await world.book(other)).reason == Reason.REPEAT_DIFFERS
    assert (await world.book(first)).reason == Reason.ALREADY_REVERSED
    await drained(world)
