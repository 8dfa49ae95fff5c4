"""The filter of transactions: as callers write it, and as the numbers that are stored."""

from datetime import datetime
from enum import IntEnum
from typing import Annotated, Final, Literal, TypeVar

import msgspec

from core.contracts.desk import FieldProblem
from core.contracts.ids import StoreId, TerminalId
from core.contracts.reasons import Reason
from core.contracts.references import BrandName, KindName
from core.contracts.refusals import Refused
from core.contracts.states import Brand, Kind, State
from core.values.clock import in_utc, to_unix_us
from core.values.ids import IdMalformed

FigureName = Literal[
    "payments", "approved", "cancelled", "declined", "unknown", "rate", "gross", "refunds", "net"
]
"""What docs/figures.md defines; the SQL function figure_has says which transactions each counts."""


class TransactionFilter(msgspec.Struct, frozen=True):
    """Every field that is not None narrows the list. Closed sets are the stored numbers."""

    received_from_us: int | None = None
    received_to_us: int | None = None  # exclusive
    store_id: bytes | None = None
    terminal_id: bytes | None = None
    terminal: str | None = None  # data element 41
    states: tuple[int, ...] | None = None
    reason: int | None = None
    brand: int | None = None
    amount_min: int | None = None
    amount_max: int | None = None
    last_four: str | None = None
    rrn: str | None = None
    stan: int | None = None
    approval_code: str | None = None
    kind: int | None = None
    figure: FigureName | None = None  # those that a figure counts


_Table = TypeVar("_Table", bound=IntEnum)
_NAMES_SHOWN_MAX: Final = 12

Minor = Annotated[int, msgspec.Meta(ge=0, le=10**12, description="Minor units")]
_TERMINAL: Final = msgspec.Meta(
    pattern="^(ter_[0-9A-Za-z]{26}|[0-9A-Za-z]{8})$",
    description="A terminal’s id, or its number of 8 characters",
)
_STATES: Final = msgspec.Meta(max_length=200, description="One state or several, with commas between")


class TransactionQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Each field that is given narrows the list, with the names and the meaning of GET /v1/transactions."""

    from_: Annotated[datetime, msgspec.Meta(description="Received at or after")] | None = msgspec.field(
        name="from", default=None
    )
    to: Annotated[datetime, msgspec.Meta(description="Received before")] | None = None
    store: StoreId | None = None
    terminal: Annotated[str, _TERMINAL] | None = None
    state: Annotated[str, _STATES] | None = None
    reason: Annotated[str, msgspec.Meta(max_length=50)] | None = None
    brand: BrandName | None = None
    amount_min: Minor | None = None
    amount_max: Minor | None = None
    last_four: Annotated[str, msgspec.Meta(pattern="^[0-9]{4}$")] | None = None
    rrn: Annotated[str, msgspec.Meta(pattern="^[0-9A-Za-z]{12}$")] | None = None
    stan: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,6}$")] | None = None
    approval_code: Annotated[str, msgspec.Meta(pattern="^[0-9A-Za-z]{1,6}$")] | None = None
    kind: KindName | None = None
    figure: Annotated[FigureName, msgspec.Meta(description="The rows that a figure counts")] | None = None


def filter_of(asked: TransactionQuery) -> TransactionFilter:
    """Return the filter in stored numbers. Raises: Refused, naming the field."""
    terminal_id, number = _terminal(asked.terminal)
    return TransactionFilter(
        received_from_us=None if asked.from_ is None else to_unix_us(in_utc(asked.from_)),
        received_to_us=None if asked.to is None else to_unix_us(in_utc(asked.to)),
        store_id=None if asked.store is None else bytes(asked.store),
        terminal_id=terminal_id,
        terminal=number,
        states=None
        if asked.state is None
        else tuple(sorted({int(_named(State, part.strip(), "state")) for part in asked.state.split(",")})),
        reason=None if asked.reason is None else int(_named(Reason, asked.reason, "reason")),
        brand=None if asked.brand is None else int(_named(Brand, asked.brand, "brand")),
        amount_min=asked.amount_min,
        amount_max=asked.amount_max,
        last_four=asked.last_four,
        rrn=asked.rrn,
        stan=None if asked.stan is None else int(asked.stan),
        approval_code=asked.approval_code,
        kind=None if asked.kind is None else int(_named(Kind, asked.kind, "kind")),
        figure=asked.figure,
    )


def _terminal(text: str | None) -> tuple[bytes | None, str | None]:
    """Return the id, or the number on the label."""
    if text is None or not text.startswith("ter_"):
        return None, text
    try:
        return bytes(TerminalId.read(text)), None
    except IdMalformed as error:
        raise Refused(
            "invalid_request", errors=[FieldProblem("terminal", "malformed", str(error))]
        ) from error


def _named(table: type[_Table], text: str, field: str) -> _Table:
    """Return the member called `text`, lower case."""
    try:
        return table[text.upper()] if text == text.lower() else table[""]
    except KeyError as error:
        names = ", ".join(member.name.lower() for member in list(table)[:_NAMES_SHOWN_MAX])
        raise Refused(
            "invalid_request", errors=[FieldProblem(field, "unknown_value", f"one of: {names}")]
        ) from error
