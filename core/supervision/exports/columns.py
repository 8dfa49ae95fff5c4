"""What each column of an export shows of a transaction's row.

A value is a text, a moment, or an amount of minor units with the decimals of its currency.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

from core.contracts.reasons import Reason
from core.contracts.states import APPROVED_STATES, Kind, net_minor
from core.merchants.api import BRAND_NAMES
from core.supervision.exports.words import KINDS, STATES, TITLES, said
from core.transactions.reasons_kinds import words_of
from core.values.card_numbers import hide_card_numbers
from core.values.clock import PARIS
from core.values.ids import encode_id, rrn_of
from core.values.money import EXPONENTS
from core.values.zones import zone_of


class Amount(NamedTuple):
    """Minor units, and how many digits stand behind the decimal mark."""

    minor: int
    digits: int

    def text(self, mark: str) -> str:
        """Return the amount as a number without groups: `1234.50`."""
        sign = "-" if self.minor < 0 else ""
        whole, part = divmod(abs(self.minor), 10**self.digits)
        return f"{sign}{whole}{mark}{part:0{self.digits}d}" if self.digits else f"{sign}{whole}"


Value: TypeAlias = str | datetime | Amount | None
Row: TypeAlias = Any  # an asyncpg.Record: a mapping by name that is not a Mapping
Reader: TypeAlias = Callable[[Row, str], Value]


def titles(columns: list[str], locale: str) -> list[str]:
    """Return the head of the table."""
    return [said(TITLES[name], locale) for name in columns]


def values_of(row: Row, columns: list[str], locale: str) -> list[Value]:
    """Return one line of the table."""
    return [_READERS[name](row, locale) for name in columns]


def _amount(field: str) -> Reader:
    """A refund gives money back: what it asked for and what was given stand negative, as on every page."""

    def read(row: Row, _locale: str) -> Value:
        sign = -1 if row["kind"] == Kind.REFUND else 1
        return Amount(sign * row[field], EXPONENTS.get(row["currency"], 2))

    return read


def _approved(row: Row, locale: str) -> Value:
    """What was approved, where something was: a zero of an unknown payment would say that nothing is held."""
    return _amount("approved_minor")(row, locale) if row["state"] in APPROVED_STATES else None


def _refunded(row: Row, _locale: str) -> Value:
    """What is given back: of what refunds have reserved, less what no host has answered for yet."""
    return Amount(row["refunded_minor"] - row["refund_pending_minor"], EXPONENTS.get(row["currency"], 2))


def _net(row: Row, _locale: str) -> Value:
    """Sums to the net of the page; the other columns do not: what was asked may be refused, given back, or held."""
    return Amount(
        net_minor(row["kind"], row["state"], row["approved_minor"]), EXPONENTS.get(row["currency"], 2)
    )


def _text(field: str) -> Reader:
    def read(row: Row, _locale: str) -> Value:
        return hide_card_numbers(row[field] or "")

    return read


def _moment(field: str) -> Reader:
    def read(row: Row, _locale: str) -> Value:
        moment: datetime | None = row[field]
        return None if moment is None else moment.astimezone(PARIS)

    return read


def _at_the_store(row: Row, _locale: str) -> Value:
    """By the clock of the store; of a store that is gone nothing is known."""
    return row["received_at"].astimezone(zone_of(row["time_zone"])) if row["time_zone"] else None


def _code(number: int) -> str:
    try:
        return Reason(number).name.lower()
    except ValueError:
        return str(number)


_READERS: Final[dict[str, Reader]] = {
    "received_at": _moment("received_at"),
    "received_at_store": _at_the_store,
    "state": lambda row, locale: said(STATES[row["state"]], locale),
    "kind": lambda row, locale: said(KINDS[row["kind"]], locale),
    "amount": _amount("amount_minor"),
    "approved_amount": _approved,
    "captured_amount": _amount("captured_minor"),
    "refunded_amount": _refunded,
    "refund_pending_amount": _amount("refund_pending_minor"),
    "net_amount": _net,
    "currency": _text("currency"),
    "brand": lambda row, _locale: BRAND_NAMES.get(row["card_brand"], "other"),
    "card_bin": _text("card_bin"),
    "card_last_four": _text("card_last_four"),
    "store": _text("store_name"),
    "department": _text("department"),
    "company": _text("legal_name"),
    "terminal": _text("terminal"),
    "reason": lambda row, _locale: _code(row["reason"]),
    "reason_text": lambda row, locale: (
        words_of(row["reason"], kind=row["kind"], state=row["state"], locale=locale).agent
    ),
    "host_code": _text("host_code"),
    "approval_code": _text("approval_code"),
    "rrn": lambda row, _locale: rrn_of(row["id"].bytes),
    "stan": lambda row, _locale: f"{row['stan']:06d}",
    "entry_mode": _text("entry_mode"),
    "decided_at": _moment("decided_at"),
    "id": lambda row, _locale: encode_id("transaction", row["id"].bytes),
}
