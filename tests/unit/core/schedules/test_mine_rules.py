"""What needs a customer now, and a schedule as it is set on paper."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Literal, get_args

import msgspec
import pytest

from core.contracts.card_changes import MyCardRule
from core.contracts.my_orders import MyCard, MyInstalment, MyOrderState, MyOrderView, Need, Todo
from core.contracts.orders import InstalmentState
from core.contracts.reasons import Reason
from core.contracts.references import Money
from core.schedules.mine.paper import paper_of
from core.schedules.mine.rules import Try, need_of
from core.schedules.notices.rules import letter_of
from core.schedules.notices.samples import sample_of
from core.values.clock import PARIS
from portals.kit.i18n import load_words


@pytest.mark.parametrize(
    ("unpaid", "settling", "ended", "debit", "need"),
    [
        (1, 1, 1, "unpaid", "unpaid"),
        (0, 1, 1, "upcoming", "being_settled"),
        (0, 0, 1, "in_progress", "debit_under_way"),
        (0, 0, 1, "upcoming", "next_debit"),
        (0, 0, 1, None, "all_settled"),
        (0, 0, 0, None, "no_purchase"),
    ],
)
def test_the_most_pressing_thing_is_said_and_no_other(
    unpaid: int, settling: int, ended: int, debit: InstalmentState | None, need: Need
) -> None:
    found = need_of(unpaid_orders=unpaid, settling_orders=settling, ended=ended, debit_state=debit)
    assert found == need


@pytest.mark.parametrize(
    ("unpaid", "settling", "need"), [(1, 0, "unpaid"), (0, 1, "debit_failed"), (0, 0, "debit_failed")]
)
def test_a_debit_that_was_refused_is_said_before_what_needs_nobody(
    unpaid: int, settling: int, need: Need
) -> None:
    found = need_of(
        unpaid_orders=unpaid, settling_orders=settling, ended=0, debit_state="upcoming", has_failed=True
    )
    assert found == need


_DUE = date(2027, 1, 28)
_AGAIN = datetime(2027, 2, 1, tzinfo=PARIS)
_TODAY = date(2027, 1, 30)


@pytest.mark.parametrize(
    ("expiry", "reason", "same", "todo", "retry_on"),
    [
        ("2712", Reason.INSUFFICIENT_FUNDS, True, "funds", date(2027, 2, 1)),
        ("2702", Reason.INSUFFICIENT_FUNDS, True, "funds", date(2027, 2, 1)),
        ("2701", Reason.INSUFFICIENT_FUNDS, True, "card_ends", date(2027, 2, 1)),
        ("2712", Reason.EXPIRED_CARD, True, "card_expired", None),
        ("2712", Reason.STRONG_AUTHENTICATION_REQUIRED, True, "consent", None),
        # Another card was given since: it is tried by that one.
        ("2712", Reason.EXPIRED_CARD, False, "funds", date(2027, 2, 1)),
        ("2701", Reason.STRONG_AUTHENTICATION_REQUIRED, False, "card_ends", date(2027, 2, 1)),
        # Nothing was refused: no host answered.
        ("2712", None, True, "nothing", None),
        ("2701", None, True, "card_ends", None),
        (None, None, True, "nothing", None),
    ],
)
def test_what_waits_says_its_next_day_and_what_is_to_be_done_for_it(
    expiry: str | None, reason: int | None, same: bool, todo: Todo, retry_on: date | None
) -> None:
    coming = Try(_DUE, _AGAIN, expiry, reason, is_by_same_card=same)
    assert (coming.next_on(_TODAY), coming.todo(_TODAY)) == (date(2027, 2, 1), todo)
    assert coming.retry_on == retry_on


@pytest.mark.parametrize(("today", "on"), [(date(2027, 1, 2), _DUE), (_DUE, _DUE), (_TODAY, _TODAY)])
def test_no_day_that_has_passed_is_said_to_come(today: date, on: date) -> None:
    assert Try(_DUE, None, "2712", None).next_on(today) == on


@pytest.mark.parametrize(("expiry", "todo"), [("2612", "card_ends"), ("2701", "nothing")])
def test_a_debit_that_is_to_come_needs_a_card_that_is_good_on_its_day(expiry: str, todo: Todo) -> None:
    assert Try(_DUE, None, expiry, None).todo(date(2026, 12, 20)) == todo


def _euros(minor: int) -> Money:
    return Money(minor, "EUR")


def _order() -> MyOrderView:
    return MyOrderView(
        id="ord_1",
        reference="CMD-1",
        shop="Fromagerie des Halles",
        state="in_progress",
        purchased_on="2019-08-04",
        amount=_euros(12_796),
        fee=_euros(0),
        cancelled=_euros(0),
        settled=_euros(0),
        paid=_euros(8_531),
        remaining=_euros(4_265),
        unpaid=_euros(0),
        refunded=_euros(0),
        owed_back=_euros(0),
        email="a@exemple.example",
        instalments=[
            MyInstalment(number=1, due_on="2019-08-04", amount=_euros(4_266), state="paid"),
            MyInstalment(number=2, due_on="2019-09-03", amount=_euros(4_265), state="paid"),
            MyInstalment(number=3, due_on="2019-10-03", amount=_euros(4_265), state="in_progress"),
        ],
        card_change=MyCardRule(allowed=False, refusal="debit_submitted"),
        card=MyCard(brand="visa", last_four="4242", expires="2020-09"),
        changes=[],
    )


def test_a_paper_says_what_the_guide_of_the_space_shows() -> None:
    paper = paper_of(
        _order(), "fr", institution="Guichet", name="Chloé", made_at=datetime(2019, 9, 10, 8, tzinfo=UTC)
    )
    assert dict(paper.facts)["Montant d’achat"] == "127,96\u00a0€"
    assert dict(paper.facts)["Date d’achat"] == "04/08/2019"
    assert dict(paper.facts)["Carte débitée"] == "Visa •••• 4242, valable jusqu’au 09/2020"
    assert paper.rows[2] == ("Prélèvement n° 3", "03/10/2019", "42,65\u00a0€", "En cours")
    assert paper.total == ("Total", "127,96\u00a0€")
    assert "un ou deux jours" in paper.note
    assert paper.made == "Édité le 10/09/2019 à\u00a010:00 (heure de Paris)"


def test_a_paper_of_a_paused_purchase_has_the_days_on_which_its_debits_are_made() -> None:
    order = msgspec.structs.replace(_order(), paused_until="2019-10-20")
    order.instalments[2] = MyInstalment(
        number=3, due_on="2019-10-03", amount=_euros(4_265), state="upcoming", next_on="2019-10-20"
    )
    paper = paper_of(order, "fr", institution="", name="", made_at=datetime(2019, 9, 10, tzinfo=UTC))
    assert [row[1] for row in paper.rows] == ["04/08/2019", "03/09/2019", "20/10/2019"]
    over = msgspec.structs.replace(order, paused_until=None)
    paper = paper_of(over, "fr", institution="", name="", made_at=datetime(2019, 9, 10, tzinfo=UTC))
    assert paper.rows[2][1] == "03/10/2019"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_paper_mails_and_pages_have_one_word_for_one_state(language: Literal["fr", "en"]) -> None:
    """S2.8 and S2.23: schedules are settled ("soldé"), instalments are paid ("réglé") or cancelled ("supprimé")."""
    pages = load_words()[language]
    for state in get_args(MyOrderState):
        order = msgspec.structs.replace(_order(), state=state)
        paper = paper_of(order, language, institution="", name="", made_at=datetime(2019, 9, 10, tzinfo=UTC))
        word = pages(f"state.schedule.{state}")
        assert [value.lower() for _, value in paper.facts].count(word) == 1, state
    due = sample_of("order_changed", "plain", language)
    for state in get_args(InstalmentState):
        order = _order()
        order.instalments[0].state = state
        paper = paper_of(order, language, institution="", name="", made_at=datetime(2019, 9, 10, tzinfo=UTC))
        word = pages(f"state.instalment.{state}")
        assert paper.rows[0][3].lower() == word
        changed = [msgspec.structs.replace(due.order.instalments[0], state=state)]
        assert due.change is not None
        mail = letter_of(due._replace(change=due.change._replace(after=changed)))
        assert re.search(rf"(?:\(|: ){word}\)?$", mail.facts["after"]), state


@pytest.mark.parametrize(
    ("refunded", "owed_back", "facts"),
    [
        (4_458, 0, {"Remboursé": "44,58\u00a0€"}),
        (4_265, 193, {"Remboursé": "42,65\u00a0€", "À vous rembourser": "1,93\u00a0€"}),
        (0, 0, {}),
    ],
)
def test_a_paper_says_what_was_given_back_and_what_is_still_to_be(
    refunded: int, owed_back: int, facts: dict[str, str]
) -> None:
    order = msgspec.structs.replace(_order(), refunded=_euros(refunded), owed_back=_euros(owed_back))
    paper = paper_of(order, "fr", institution="Guichet", name="", made_at=datetime(2019, 9, 10, tzinfo=UTC))
    assert {name: value for name, value in paper.facts if "embours" in name} == facts


def test_a_paper_is_english_for_whom_reads_english() -> None:
    paper = paper_of(
        _order(), "en", institution="Guichet", name="", made_at=datetime(2019, 9, 10, 8, tzinfo=UTC)
    )
    assert (paper.title, paper.rows[0][3]) == ("Payment schedule", "Paid")
    assert "Customer" not in dict(paper.facts)


@pytest.mark.parametrize(
    ("retry_on", "standing"), [("2019-10-09", "Nouvel essai le 09/10/2019"), (None, "Refusé")]
)
def test_a_paper_says_that_a_debit_was_refused(retry_on: str | None, standing: str) -> None:
    order = _order()
    order.instalments[2] = MyInstalment(
        number=3,
        due_on="2019-10-03",
        amount=_euros(4_265),
        state="upcoming",
        has_failed=True,
        retry_on=retry_on,
    )
    paper = paper_of(order, "fr", institution="Guichet", name="", made_at=datetime(2019, 10, 5, tzinfo=UTC))
    assert paper.rows[2][3] == standing
