"""When a card may be changed, line by line of the guide of the space (S2.29 to S2.35)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cards.api import refuse_card
from core.cards.model import TypedCard
from core.contracts.card_changes import CardChangeFailure
from core.contracts.orders import InstalmentState, OrderState
from core.contracts.reasons import Reason
from core.contracts.states import Brand, State
from core.schedules.changing.rules import DueDebit, Standing, failure_of_verification, standing_of
from gateway.problems import TABLE
from portals.kit.i18n import load_words

PAID = DueDebit(date(2027, 8, 4), 4_266, "paid")
NEXT = DueDebit(date(2027, 9, 3), 4_265, "upcoming")
LAST = DueDebit(date(2027, 10, 3), 4_265, "upcoming")


def standing(
    today: date, *dues: DueDebit, state: OrderState = "in_progress", has_card: bool = True
) -> Standing:
    return standing_of(state, dues or (PAID, NEXT, LAST), has_card=has_card, today=today)


def test_s2_31_only_visa_and_mastercard_take_the_place_of_a_card() -> None:
    today = date(2027, 8, 10)
    for brand in (Brand.VISA, Brand.MASTERCARD, Brand.CB):
        assert refuse_card(TypedCard(brand, "3012"), needed_until=LAST.due_on, today=today) is None
    for brand in (Brand.AMEX, Brand.OTHER):
        refused = refuse_card(TypedCard(brand, "3012"), needed_until=LAST.due_on, today=today)
        assert refused == "brand_refused"


def test_s2_32_a_card_is_good_past_the_last_scheduled_debit() -> None:
    found = standing(date(2027, 8, 10))
    last_debit = date(2027, 10, 3)
    assert found.last_debit == last_debit
    cards = {
        expiry: refuse_card(TypedCard(Brand.VISA, expiry), needed_until=last_debit, today=date(2027, 8, 10))
        for expiry in ("2709", "2710")
    }
    assert cards == {"2709": "card_ends_too_soon", "2710": None}


def test_s2_32_a_card_that_ends_on_the_very_day_is_taken_and_pages_say_so() -> None:
    last_debit = date(2027, 9, 30)
    on_the_day = TypedCard(Brand.VISA, "2709")
    assert refuse_card(on_the_day, needed_until=last_debit, today=date(2027, 8, 10)) is None
    words = load_words()
    for key in ("rule_expiry", "type_text"):
        french, english = (words[language](f"card_change.{key}") for language in ("fr", "en"))
        assert "encore valable le" in french.lower()
        assert "valable après" not in french.lower()
        assert "still " in english.lower()
        assert "past" not in english


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        (Reason.BRAND_REFUSED, "brand_refused"),
        (Reason.EXPIRED_CARD, "declined"),
        (Reason.TERMINAL_BLOCKED, "unanswered"),
    ],
)
def test_a_bank_that_was_not_asked_is_not_said_to_have_declined(
    reason: Reason, failure: CardChangeFailure
) -> None:
    assert failure_of_verification(State.DECLINED, reason) == failure
    for language, bank in (("fr", "La banque de la nouvelle carte"), ("en", "The bank of the new card")):
        said = load_words()[language](f"card_change.failure_{failure}")
        assert said.startswith(bank) == (failure == "declined")


def test_the_limit_of_open_pages_is_said_to_be_of_the_purchase() -> None:
    row = TABLE["card_change_pages_too_many"]
    assert "pour cet achat" in row.fr.detail
    assert "for this purchase" in row.en.detail


def test_s2_33_a_card_is_changed_until_seven_days_before_the_next_debit() -> None:
    last_day = date(2027, 8, 27)
    assert standing(last_day).until == last_day
    assert standing(last_day).refusal is None
    assert standing(last_day + timedelta(days=1)).refusal == "too_late"
    assert standing(NEXT.due_on).refusal == "too_late"
    # A run that is late has still to claim it.
    assert standing(NEXT.due_on + timedelta(days=2)).refusal == "too_late"


def test_s2_33_once_it_is_paid_the_next_debit_counts() -> None:
    found = standing(date(2027, 9, 4), PAID, NEXT._replace(state="paid"), LAST)
    assert (found.refusal, found.until) == (None, date(2027, 9, 26))


def test_s2_34_not_once_a_debit_is_submitted() -> None:
    on_its_way = NEXT._replace(state="in_progress")
    assert standing(date(2027, 9, 3), PAID, on_its_way, LAST).refusal == "debit_submitted"


def test_s2_35_not_while_an_order_is_unpaid_which_is_settled_instead() -> None:
    unpaid = NEXT._replace(state="unpaid")
    assert standing(date(2027, 9, 10), PAID, unpaid, LAST, state="unpaid").refusal == "unpaid"
    # Whatever else stands against it: settling is what the customer can do.
    on_its_way = LAST._replace(state="in_progress")
    assert standing(date(2027, 9, 10), PAID, unpaid, on_its_way, state="unpaid").refusal == "unpaid"


def test_a_debit_that_failed_and_waits_asks_for_another_card() -> None:
    waits = NEXT._replace(waits=True)
    found = standing(date(2027, 9, 4), PAID, waits, LAST)
    assert (found.refusal, found.waiting_minor) == (None, 4_265)
    # The one that comes after it is too near all the same.
    assert standing(date(2027, 9, 28), PAID, waits, LAST).refusal == "too_late"


@pytest.mark.parametrize("state", ["settled", "cancelled", "abandoned", "awaiting_payment"])
def test_a_purchase_of_which_nothing_is_debited_has_no_card_to_change(state: OrderState) -> None:
    assert standing(date(2027, 8, 10), state=state).refusal == "nothing_due"


def test_without_a_card_there_is_none_to_change() -> None:
    assert standing(date(2027, 8, 10), has_card=False).refusal == "nothing_due"


_STATES: st.SearchStrategy[InstalmentState] = st.sampled_from(
    ("upcoming", "in_progress", "paid", "unpaid", "cancelled")
)
_DUES = st.lists(
    st.builds(
        DueDebit,
        st.dates(date(2027, 1, 1), date(2027, 12, 31)),
        st.integers(1, 10_000),
        _STATES,
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


@given(dues=_DUES, today=st.dates(date(2027, 1, 1), date(2027, 12, 31)))
def test_a_change_that_may_begin_never_meets_a_debit_that_is_near_or_on_its_way(
    dues: list[DueDebit], today: date
) -> None:
    found = standing(today, *dues)
    if found.refusal is None:
        assert "in_progress" not in {due.state for due in dues}
        near = [due for due in dues if due.state == "upcoming" and not due.waits]
        assert all(due.due_on - today >= timedelta(days=7) for due in near)
        assert found.last_debit is not None
        assert all(due.due_on <= found.last_debit for due in dues if due.state == "upcoming")
