"""What needs a customer now, and a schedule as it is set on paper."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.contracts.card_changes import MyCardRule
from core.contracts.my_orders import MyCard, MyInstalment, MyOrderView, Need
from core.contracts.orders import InstalmentState
from core.contracts.references import Money
from core.schedules.mine.paper import paper_of
from core.schedules.mine.rules import need_of


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
    assert paper.made == "Édité le 10/09/2019 à 10:00 (heure de Paris)"


def test_a_paper_is_english_for_whom_reads_english() -> None:
    paper = paper_of(
        _order(), "en", institution="Guichet", name="", made_at=datetime(2019, 9, 10, 8, tzinfo=UTC)
    )
    assert (paper.title, paper.rows[0][3]) == ("Payment schedule", "Paid")
    assert "Customer" not in dict(paper.facts)
