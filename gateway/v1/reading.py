"""Parameters of requests: ids, closed sets, times, cursors. Each refusal names its field."""

import re
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request
from litestar.params import QueryParameter

from core.contracts.desk import FieldProblem
from core.contracts.desk_requests import PAGE_ROWS_MAX, FigureName, TransactionFilter
from core.contracts.desk_views import BrandName, KindName
from core.contracts.ids import StoreId
from core.contracts.refusals import Refused
from core.contracts.transaction_filter import TransactionQuery, filter_of
from core.values.clock import in_utc, to_unix_us
from core.values.cursors import CursorMalformed, decode_cursor
from core.values.ids import IdMalformed, decode_id
from gateway.problems import Problem, integer_parameters

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX, description="How many rows at most")]
Cursor = Annotated[str | None, QueryParameter(max_length=400, description="`next_cursor` of the page before")]
Words = Annotated[str, QueryParameter(name="query", max_length=100, description="Words to look for")]
Revision = Annotated[int, msgspec.Meta(ge=0, description="`revision` as it was read")]
_FRACTION: Final = re.compile(r"[+-]?[0-9]*(?:\.[0-9]*(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)")
_AMOUNT_MAX: Final = 10**12


def path_id(kind: str, text: str) -> bytes:
    """Return the id in a path; one that cannot exist is not found."""
    try:
        return decode_id(kind, text)
    except IdMalformed as error:
        raise Problem("not_found") from error


def body_id(kind: str, text: str, field: str) -> bytes:
    """Return an id in a body or a query."""
    try:
        return decode_id(kind, text)
    except IdMalformed as error:
        raise Problem.of_field(field, "malformed", str(error)) from error


def cursor_parts(cursor: str | None, count: int) -> list[str] | None:
    """Return what is in a cursor."""
    if cursor is None:
        return None
    try:
        return decode_cursor(cursor, count)
    except CursorMalformed as error:
        raise Problem.of_field("cursor") from error


def cursor_number(part: str, digits_max: int) -> int:
    """Return a number in a cursor; a time in microseconds has 17 digits at most, for a date ends in the year 9999."""
    if not part.isascii() or not part.isdigit() or len(part) > digits_max:
        raise Problem.of_field("cursor")
    return int(part)


def cursor_id(kind: str, cursor: str | None) -> bytes | None:
    """Return the id in a cursor."""
    parts = cursor_parts(cursor, 1)
    return None if parts is None else body_id(kind, parts[0], "cursor")


def moment_us(moment: datetime | None) -> int | None:
    """Return microseconds since 1970; a time without a zone is UTC."""
    return None if moment is None else to_unix_us(in_utc(moment))


def refuse_unknown_parameters(request: Request[Any, Any, Any]) -> None:
    """Refuse query parameters that the route does not have: a misspelt filter would show everything.

    And numbers that are not written as whole ones: the framework would take 1e2 for a hundred.

    Raises: Problem, naming the parameter as it was sent.
    """
    known = request.route_handler.opt.get("query", frozenset())
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        raise Problem(
            "invalid_request",
            errors=[FieldProblem(name[:50], "unknown_field") for name in unknown[:20]],
        )
    for name in integer_parameters(request.route_handler):
        if _FRACTION.fullmatch(request.query_params.get(name, "")):
            raise Problem.of_field(name, "not_integer")


FILTER_PARAMETERS: Final = frozenset(
    {
        "from",
        "to",
        "store",
        "terminal",
        "state",
        "reason",
        "brand",
        "amount_min",
        "amount_max",
        "last_four",
        "rrn",
        "stan",
        "approval_code",
        "kind",
        "figure",
    }
)
LIVE_PARAMETERS: Final = frozenset(
    {"store", "terminal", "state", "brand", "amount_min", "amount_max", "reason", "last_event_id"}
)

Store = Annotated[str | None, QueryParameter(description="A store’s id")]
Terminal = Annotated[
    str | None,
    QueryParameter(
        pattern="^(ter_[0-9A-Za-z]{26}|[0-9A-Za-z]{8})$",
        description="A terminal’s id, or its number of 8 characters",
    ),
]
States = Annotated[
    str | None,
    QueryParameter(name="state", max_length=200, description="One state or several, with commas between"),
]
ReasonCode = Annotated[str | None, QueryParameter(max_length=50)]
BrandCode = Annotated[BrandName | None, QueryParameter()]
Amount = Annotated[int | None, QueryParameter(ge=0, le=_AMOUNT_MAX, description="Minor units")]


def live_filter(
    store: Store = None,
    terminal: Terminal = None,
    states: States = None,
    reason: ReasonCode = None,
    brand: BrandCode = None,
    amount_min: Amount = None,
    amount_max: Amount = None,
) -> TransactionFilter:
    """Return the filter of the live feed. Raises: Problem."""
    asked = TransactionQuery(
        store=None if store is None else StoreId(body_id("store", store, "store")),
        terminal=terminal,
        state=states,
        reason=reason,
        brand=brand,
        amount_min=amount_min,
        amount_max=amount_max,
    )
    try:
        return filter_of(asked)
    except Refused as refused:
        raise Problem.of_desk(refused.problem) from refused


def list_filter(
    live_filter: TransactionFilter,
    from_: Annotated[datetime | None, QueryParameter(name="from", description="Received at or after")] = None,
    to: Annotated[datetime | None, QueryParameter(description="Received before")] = None,
    last_four: Annotated[str | None, QueryParameter(pattern="^[0-9]{4}$")] = None,
    rrn: Annotated[str | None, QueryParameter(pattern="^[0-9A-Za-z]{12}$")] = None,
    stan: Annotated[str | None, QueryParameter(pattern="^[0-9]{1,6}$")] = None,
    approval_code: Annotated[str | None, QueryParameter(pattern="^[0-9A-Za-z]{1,6}$")] = None,
    kind: KindName | None = None,
    figure: Annotated[FigureName | None, QueryParameter(description="The rows that a figure counts")] = None,
) -> TransactionFilter:
    """Return the filter of the list."""
    more = filter_of(
        TransactionQuery(
            from_=from_,
            to=to,
            last_four=last_four,
            rrn=rrn,
            stan=stan,
            approval_code=approval_code,
            kind=kind,
            figure=figure,
        )
    )
    given = {name: value for name, value in msgspec.structs.asdict(more).items() if value is not None}
    return msgspec.structs.replace(live_filter, **given)
