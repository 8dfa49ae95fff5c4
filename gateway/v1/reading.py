"""Parameters of requests: ids, closed sets, times, cursors. Each refusal names its field."""

import re
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request
from litestar.params import QueryParameter

from core.contracts.desk import FieldProblem
from core.contracts.desk_requests import PAGE_ROWS_MAX
from core.values.clock import in_utc, to_unix_us
from core.values.cursors import CursorMalformed, decode_cursor
from core.values.ids import IdMalformed, decode_id
from gateway.problems import Problem, integer_parameters

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX, description="How many rows at most")]
Cursor = Annotated[str | None, QueryParameter(max_length=400, description="`next_cursor` of the page before")]
Words = Annotated[str, QueryParameter(name="query", max_length=100, description="Words to look for")]
Revision = Annotated[int, msgspec.Meta(ge=0, description="`revision` as it was read")]
_FRACTION: Final = re.compile(r"[+-]?[0-9]*(?:\.[0-9]*(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)")


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
