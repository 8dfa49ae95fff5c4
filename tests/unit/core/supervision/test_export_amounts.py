"""An export says what was approved only of what was."""

import pytest

from core.contracts.states import APPROVED_STATES, Kind, State
from core.supervision.exports.columns import Amount, values_of


@pytest.mark.parametrize("state", list(State))
def test_what_nobody_has_approved_has_no_approved_amount(state: State) -> None:
    row = {"kind": Kind.PURCHASE, "state": state, "currency": "EUR", "approved_minor": 0}
    (shown,) = values_of(row, ["approved_amount"], "fr")
    assert shown == (Amount(0, 2) if state in APPROVED_STATES else None)
