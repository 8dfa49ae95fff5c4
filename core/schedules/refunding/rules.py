"""Pure decisions on refunds of orders: of which payments they are given back, and when they are tried again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

FAILURES_MAX: Final = 20
"""So often it was refused or not sent; then people look at it, and nothing is sent by itself."""

FIRST_PAUSE: Final = timedelta(minutes=5)
LAST_PAUSE: Final = timedelta(hours=24)


class Paid(NamedTuple):
    """A payment, and what of it may still be given back."""

    debit_id: bytes
    left_minor: int


class Share(NamedTuple):
    """What is given back of one payment."""

    debit_id: bytes
    amount_minor: int


def shares_of(amount_minor: int, payments: Sequence[Paid]) -> list[Share]:
    """Return of which payments an amount is given back: one after the other, of none more than is left of it.

    Less than the amount where they do not hold as much.
    """
    shares: list[Share] = []
    rest_minor = amount_minor
    for payment in payments:
        if rest_minor == 0:
            break
        if (share_minor := min(rest_minor, payment.left_minor)) > 0:
            shares.append(Share(payment.debit_id, share_minor))
            rest_minor -= share_minor
    return shares


def send_after(*, is_refused: bool, failures: int, now: datetime) -> datetime | None:
    """Return when it is tried again after so many failures: a day after a refusal, soon where no host took it; None: never."""
    if failures >= FAILURES_MAX:
        return None
    return now + (LAST_PAUSE if is_refused else min(FIRST_PAUSE * 2 ** (failures - 1), LAST_PAUSE))
