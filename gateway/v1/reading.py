"""Parameters of routes that are written by hand. Each refusal names its field."""

import re
from typing import Any, Final

from litestar import Request

from core.contracts.desk import FieldProblem
from core.values.ids import IdMalformed, decode_id
from gateway.problems import Problem, integer_parameters

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
