"""A reversal is compared with what stands: it takes back what it describes and nothing else."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts.states import ReversalFinding, State
from core.transactions.bookings import rules
from core.transactions.bookings.rules import Candidate, Match, Said
from core.values.ids import rrn_of, uuid7
from core.values.zones import time_zone_of

OVERSEAS = {time_zone_of(str(department)) for department in range(971, 989)}
DAY = date(2026, 11, 27)
POINTE_A_PITRE = Candidate(
    id=uuid7(unix_ms=1_790_000_000_000, sequence=1, randomness=1),
    business_date=DAY,
    state=State.APPROVED,
    amount_minor=6_100,
    approved_minor=6_100,
    approved_first_minor=6_100,
    currency="EUR",
    card_fingerprint=1,
    approval_code="A00001",
    transmitted_at="1128010000",
    local_time="1127210000",
    own_reference="",
    received_at=datetime(2026, 11, 28, 1, 0, 1, tzinfo=UTC),
    time_zone="America/Guadeloupe",
)
SECOND = POINTE_A_PITRE._replace(
    id=uuid7(unix_ms=1_790_000_060_000, sequence=2, randomness=2),
    business_date=DAY + timedelta(days=1),
    amount_minor=7_200,
    approved_minor=7_200,
    approved_first_minor=7_200,
    card_fingerprint=2,
    transmitted_at="1128140000",
    local_time="1128100000",
    received_at=datetime(2026, 11, 28, 14, 0, 1, tzinfo=UTC),
)
SAID = Said("1128010000", date(2026, 11, 28), "", 6_100, "EUR", 1, "")
NAMED, NONE, DISAGREES, AMBIGUOUS = (
    ReversalFinding.NAMED,
    ReversalFinding.NONE_STOOD,
    ReversalFinding.DISAGREES,
    ReversalFinding.AMBIGUOUS,
)
ARRIVED = datetime(2026, 11, 28, 14, 1, tzinfo=UTC)


def find_named(said: Said, candidates: list[Candidate], arrived_at: datetime = ARRIVED) -> Match:
    """Ask the rule for a reversal that came a minute after the second message."""
    return rules.find_named(said, candidates, arrived_at=arrived_at)


def test_the_time_it_was_sent_with_names_it_whatever_its_business_date() -> None:
    assert find_named(SAID, [POINTE_A_PITRE, SECOND]) == (NAMED, 0, ())


@pytest.mark.parametrize("sent_at", ["1127210000", "1128010000", "1128020000"])
def test_the_same_instant_by_another_clock_names_it_too(sent_at: str) -> None:
    """By the clock of the store's place, of UTC and of Paris."""
    assert find_named(SAID._replace(sent_at=sent_at), [POINTE_A_PITRE]).finding == NAMED


@pytest.mark.parametrize(
    "sent_at",
    [
        "1127195959",
        "1128054500",
        "1128011500",
        "1128004500",
        "1127010000",
        "1128000000",
        "1128050000",
        "1126190000",
        "1127200000",  # an hour from one time shown and five from the other: by two clocks that do not agree
    ],
)
def test_another_instant_is_another_message_however_alike(sent_at: str) -> None:
    """A quarter of an hour, a day, thirty hours; an hour and four, by which no clock is off in that sense."""
    said = SAID._replace(sent_at=sent_at)
    assert find_named(said, [POINTE_A_PITRE]) == (NONE, 0, ("time",)), "it stays, and a person is told"
    assert find_named(said, [POINTE_A_PITRE._replace(state=State.REVERSED)]) == (NONE, None, ())


def test_a_message_of_one_clock_may_be_told_by_each_of_the_others() -> None:
    one = POINTE_A_PITRE._replace(local_time="1128010000")
    hours = [
        h for h in range(24) if find_named(SAID._replace(sent_at=f"1128{h:02d}0000"), [one]).finding == NAMED
    ]
    assert hours == [0, 1, 2, 5, 6]


def test_the_time_of_sending_may_follow_that_of_the_payment() -> None:
    one = POINTE_A_PITRE._replace(transmitted_at="1128010007")
    assert find_named(SAID._replace(sent_at="1128020007"), [one]).finding == NAMED
    assert find_named(SAID._replace(sent_at="1128000007"), [one]).finding == NONE


def test_of_two_under_one_number_the_one_described_is_named() -> None:
    second = Said("1128140000", date(2026, 11, 28), "", 7_200, "EUR", 2, "")
    assert find_named(second, [POINTE_A_PITRE, SECOND]) == (NAMED, 1, ())
    unsaid = second._replace(sent_at="")
    assert find_named(unsaid, [POINTE_A_PITRE, SECOND]) == (NAMED, 1, ())


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({"amount_minor": 6_101}, ("amount",)),
        ({"currency": "USD"}, ("currency",)),
        ({"card_fingerprint": 9}, ("card",)),
        ({"reference": "ABCDEFGHJKMN"}, ("reference",)),
        ({"approval_code": "ZZZZZZ"}, ("approval_code",)),
    ],
)
@pytest.mark.parametrize("sent_at", ["1128010000", "1128020000", ""])
def test_what_is_described_otherwise_is_not_taken_back(
    change: dict[str, object], differs: tuple[str, ...], sent_at: str
) -> None:
    match = find_named(SAID._replace(sent_at=sent_at, **change), [POINTE_A_PITRE])  # pyright: ignore
    assert match == (DISAGREES, 0, differs)


def test_a_reference_of_the_terminals_own_is_its_reference() -> None:
    said = SAID._replace(reference="000000000123")
    assert find_named(said, [POINTE_A_PITRE]).finding == DISAGREES
    assert find_named(said, [POINTE_A_PITRE._replace(own_reference="000000000123")]).finding == NAMED


def test_our_reference_names_one_and_the_rest_must_agree() -> None:
    said = SAID._replace(reference=rrn_of(SECOND.id))
    assert find_named(said._replace(sent_at=""), [POINTE_A_PITRE, SECOND]) == (
        DISAGREES,
        1,
        ("amount", "card"),
    )
    never = said._replace(sent_at="1128010001")
    assert find_named(never, [POINTE_A_PITRE, SECOND]) == (DISAGREES, 1, ("amount", "card", "time"))
    unsaid = Said("", DAY, rrn_of(SECOND.id), None, "", None, "")
    assert find_named(unsaid, [POINTE_A_PITRE, SECOND]) == (NAMED, 1, ())


def test_what_was_sent_at_another_time_with_other_contents_is_another_message() -> None:
    third = Said("1128153017", date(2026, 11, 28), "", 900, "EUR", 3, "")
    assert find_named(third, [POINTE_A_PITRE, SECOND]) == (NONE, None, ())


def test_two_that_nothing_tells_apart_are_left_to_a_person() -> None:
    twin = POINTE_A_PITRE._replace(business_date=DAY - timedelta(days=1), transmitted_at="1127010000")
    assert find_named(SAID._replace(sent_at=""), [twin, POINTE_A_PITRE]).finding == AMBIGUOUS


TODAY = POINTE_A_PITRE._replace(business_date=DAY, received_at=ARRIVED - timedelta(minutes=40))
YESTERDAY = POINTE_A_PITRE._replace(
    id=SECOND.id, business_date=DAY - timedelta(days=1), received_at=ARRIVED - timedelta(hours=24)
)
BARE = Said("", DAY, "", 6_100, "EUR", None, "")


@pytest.mark.parametrize("state", [State.APPROVED, State.DECLINED, State.REVERSED, State.CAPTURED])
def test_without_a_time_what_is_of_its_own_date_is_meant(state: State) -> None:
    assert find_named(BARE, [YESTERDAY._replace(state=state), TODAY]) == (NAMED, 1, ())
    assert find_named(BARE._replace(card_fingerprint=1), [YESTERDAY._replace(state=state), TODAY]) == (
        NAMED,
        1,
        (),
    )


def test_without_a_time_yesterdays_number_and_price_name_nothing() -> None:
    assert find_named(BARE, [YESTERDAY]) == (DISAGREES, 0, ("date",))
    assert find_named(BARE, [YESTERDAY._replace(state=State.REVERSED)]) == (NONE, None, ())
    assert find_named(BARE._replace(card_fingerprint=9), [YESTERDAY]) == (DISAGREES, 0, ("card",))


@pytest.mark.parametrize(
    "evidence", [{"card_fingerprint": 1}, {"approval_code": "A00001"}, {"reference": rrn_of(SECOND.id)}]
)
def test_without_a_time_yesterdays_is_named_by_what_is_its_own(evidence: dict[str, object]) -> None:
    assert find_named(BARE._replace(**evidence), [YESTERDAY]) == (NAMED, 0, ())  # pyright: ignore


def test_without_a_time_what_came_just_before_is_meant_whatever_its_date() -> None:
    just_now = YESTERDAY._replace(received_at=ARRIVED - timedelta(minutes=14))
    assert find_named(BARE, [just_now]) == (NAMED, 0, ())
    assert (
        find_named(BARE, [YESTERDAY._replace(received_at=ARRIVED - timedelta(minutes=16))]).finding
        == DISAGREES
    )


def test_an_amount_of_zero_is_an_amount() -> None:
    for state, approved_minor in ((State.APPROVED, 6_100), (State.SENT, 0), (State.UNKNOWN, 0)):
        one = POINTE_A_PITRE._replace(state=state, approved_minor=approved_minor)
        assert find_named(SAID._replace(amount_minor=0), [one]) == (DISAGREES, 0, ("amount",))
    nothing = POINTE_A_PITRE._replace(amount_minor=0, approved_minor=0)
    assert find_named(SAID._replace(amount_minor=0), [nothing]).finding == NAMED


def test_without_a_time_only_days_near_its_own_are_meant() -> None:
    old = POINTE_A_PITRE._replace(business_date=DAY - timedelta(days=40))
    assert find_named(SAID._replace(sent_at=""), [old]).finding == NONE


@pytest.mark.parametrize(
    ("sent_at", "business_date"),
    [
        ("0101003000", date(2026, 12, 31)),  # New Year in Paris, still the old one in Fort-de-France
        ("0229233000", date(2028, 3, 1)),
        ("1025013000", date(2026, 10, 25)),  # the hour that Paris has twice
        ("0329013000", date(2026, 3, 29)),  # the hour that Paris has not
    ],
)
def test_odd_nights_name_what_was_sent_in_them(sent_at: str, business_date: date) -> None:
    one = POINTE_A_PITRE._replace(transmitted_at=sent_at, business_date=business_date, local_time=sent_at)
    assert find_named(SAID._replace(sent_at=sent_at, day=business_date), [one]).finding == NAMED


def test_a_part_taken_back_is_named_by_its_first_amount_or_by_what_is_left() -> None:
    lowered = POINTE_A_PITRE._replace(approved_minor=3_000)
    for amount_minor in (6_100, 3_000):
        assert find_named(SAID._replace(amount_minor=amount_minor), [lowered]).finding == NAMED


@given(
    zone=st.sampled_from(["Europe/Paris", *sorted(OVERSEAS)]),
    second=st.integers(0, 365 * 86_400),
    read=st.sampled_from(["utc", "there", "paris"]),
    told=st.sampled_from(["utc", "there", "paris"]),
)
def test_every_clock_reads_the_same_instant(zone: str, second: int, read: str, told: str) -> None:
    at = datetime(2026, 1, 15, tzinfo=UTC) + timedelta(seconds=second)
    clocks = {
        "utc": at,
        "there": at.astimezone(ZoneInfo(zone)),
        "paris": at.astimezone(ZoneInfo("Europe/Paris")),
    }
    one = POINTE_A_PITRE._replace(
        transmitted_at=f"{clocks[read]:%m%d%H%M%S}",
        local_time=f"{clocks['there']:%m%d%H%M%S}",
        business_date=clocks["there"].date(),
        time_zone=zone,
    )
    said = SAID._replace(sent_at=f"{clocks[told]:%m%d%H%M%S}", day=clocks[told].date())
    assert find_named(said, [one]).finding == NAMED
