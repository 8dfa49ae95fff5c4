"""A reversal is compared with what stands: it takes back what it describes and nothing else."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts.states import ReversalFinding, State
from core.transactions.bookings.rules import Candidate, Said, find_named
from core.values.ids import rrn_of, uuid7

DAY = date(2026, 11, 27)
POINTE_A_PITRE = Candidate(
    id=uuid7(unix_ms=1_790_000_000_000, sequence=1, randomness=1),
    business_date=DAY,
    state=State.APPROVED,
    amount_minor=6_100,
    approved_minor=6_100,
    currency="EUR",
    card_fingerprint=1,
    approval_code="A00001",
    transmitted_at="1128010000",
    local_time="1127210000",
    own_reference="",
)
SECOND = POINTE_A_PITRE._replace(
    id=uuid7(unix_ms=1_790_000_060_000, sequence=2, randomness=2),
    business_date=DAY + timedelta(days=1),
    amount_minor=7_200,
    approved_minor=7_200,
    card_fingerprint=2,
    transmitted_at="1128140000",
    local_time="1128100000",
)
SAID = Said("1128010000", date(2026, 11, 28), "", 6_100, "EUR", 1, "")
NAMED, NONE, DISAGREES, AMBIGUOUS = (
    ReversalFinding.NAMED,
    ReversalFinding.NONE_STOOD,
    ReversalFinding.DISAGREES,
    ReversalFinding.AMBIGUOUS,
)


def test_the_time_it_was_sent_with_names_it_whatever_its_business_date() -> None:
    assert find_named(SAID, [POINTE_A_PITRE, SECOND]) == (NAMED, 0, ())


@pytest.mark.parametrize("sent_at", ["1127210000", "1128020000", "1127195959", "1128054500"])
def test_the_same_instant_by_another_clock_names_it_too(sent_at: str) -> None:
    expected = NAMED if sent_at.endswith(("0000", "4500")) else DISAGREES
    assert find_named(SAID._replace(sent_at=sent_at), [POINTE_A_PITRE]).finding == expected


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
    assert find_named(said, [POINTE_A_PITRE, SECOND]) == (DISAGREES, 1, ("amount", "card"))
    never = said._replace(sent_at="1128010001")
    assert find_named(never, [POINTE_A_PITRE, SECOND]) == (DISAGREES, 1, ("amount", "card", "time"))
    unsaid = Said("", DAY, rrn_of(SECOND.id), None, "", None, "")
    assert find_named(unsaid, [POINTE_A_PITRE, SECOND]) == (NAMED, 1, ())


def test_what_was_sent_at_another_time_with_other_contents_is_another_message() -> None:
    third = Said("1128153017", date(2026, 11, 28), "", 900, "EUR", 3, "")
    assert find_named(third, [POINTE_A_PITRE, SECOND]) == (NONE, None, ())


def test_what_stands_and_is_alike_but_for_its_time_is_not_told_to_be_gone() -> None:
    said = SAID._replace(sent_at="1128010001")
    assert find_named(said, [POINTE_A_PITRE]) == (DISAGREES, 0, ("time",))
    gone = POINTE_A_PITRE._replace(state=State.REVERSED)
    assert find_named(said, [gone]).finding == NONE


def test_two_that_nothing_tells_apart_are_left_to_a_person() -> None:
    twin = POINTE_A_PITRE._replace(business_date=DAY - timedelta(days=1), transmitted_at="1127010000")
    assert find_named(SAID._replace(sent_at=""), [twin, POINTE_A_PITRE]).finding == AMBIGUOUS


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
    zone_minutes=st.integers(-48, 56).map(lambda quarters: quarters * 15),
    second=st.integers(0, 86_399),
)
def test_any_zone_reads_the_same_instant(zone_minutes: int, second: int) -> None:

    utc = datetime(2026, 6, 15, tzinfo=UTC) + timedelta(seconds=second)
    local = utc + timedelta(minutes=zone_minutes)
    one = POINTE_A_PITRE._replace(
        transmitted_at=f"{utc:%m%d%H%M%S}", local_time=f"{utc:%m%d%H%M%S}", business_date=local.date()
    )
    said = SAID._replace(sent_at=f"{local:%m%d%H%M%S}", day=local.date())
    assert find_named(said, [one]).finding == NAMED
