"""Requests that can be read: address, parameters and headers are text, each said once. Before anything looks at them.

Everything behind may take a path, a parameter or a header for a text without control characters: what is none is refused
here with a problem, whichever route it was meant for. Bodies are read in `bodies`, where their route is known.
"""

import re
from collections import Counter
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote_to_bytes, urlencode

from litestar import Request
from litestar.types import ASGIApp, Receive, Scope, Send

from core.contracts.desk import FieldProblem
from core.values.texts import TextRefused, kept_line
from gateway import problems
from gateway.problems import Problem

PATH_BYTES_MAX: Final = 2_048
QUERY_BYTES_MAX: Final = 16 * 1024
PARAMETERS_MAX: Final = 100
_NAME_CHARACTERS_MAX: Final = 50
_SAID_ONCE: Final = frozenset(
    {
        b"accept-language",
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"last-event-id",
        b"traceparent",
        b"user-agent",
    }
)
"""Headers of which we would have to choose one. Two of one kind are somebody's mistake, or somebody's trick."""

_PRINTABLE: Final = re.compile(rb"[ -~]*")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")


class WellFormed:
    """ASGI middleware, inside `Outermost`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a readable request on, its parameters as they are kept."""
        if scope["type"] == "http":
            try:
                refuse_unreadable_headers(scope["headers"])
                refuse_unreadable_path(
                    scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")
                )
                scope["query_string"] = readable_query(scope.get("query_string", b""))
            except Problem as problem:
                await _answer(Request(scope, receive, send), problem, send)
                return
        await self._app(scope, receive, send)


def refuse_unreadable_headers(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Raises: Problem `malformed_request`, naming the header."""
    seen: set[bytes] = set()
    repeated: set[bytes] = set()
    for name, _ in headers:
        known = name.lower()
        if known in _SAID_ONCE:
            (repeated if known in seen else seen).add(known)
    if repeated:
        raise _malformed("repeated", *(_header_name(name) for name in sorted(repeated)))
    for name, value in headers:
        # What is printable ASCII needs no second look, and nearly everything is.
        if _PRINTABLE.fullmatch(value) is None and not _is_text(value):
            raise _malformed("not_text", _header_name(name))


def refuse_unreadable_path(raw: bytes) -> None:
    """Raises: Problem `malformed_request`."""
    path = raw.partition(b"?")[0]
    if len(path) > PATH_BYTES_MAX:
        raise _malformed("too_long", "path")
    if not _is_text(unquote_to_bytes(path)):
        raise _malformed("not_text", "path")


def readable_query(raw: bytes) -> bytes:
    """Return a query whose values are texts as they are kept.

    Raises: Problem, naming the parameter.
    """
    if not raw:
        return raw
    if len(raw) > QUERY_BYTES_MAX:
        raise _malformed("too_long", "query")
    parts = [part for part in raw.split(b"&") if part]
    if len(parts) > PARAMETERS_MAX:
        raise _malformed("too_many", "query")
    pairs: list[tuple[str, str]] = []
    for part in parts:
        name, _, value = part.partition(b"=")
        pairs.append(_readable_pair(_unquoted(name), _unquoted(value)))
    counted = Counter(name for name, _ in pairs)
    repeated = sorted(name for name, count in counted.items() if count > 1)
    if repeated:
        # One of them would be taken, and not always the one that was meant.
        raise Problem(
            "invalid_request",
            errors=[FieldProblem(name[:_NAME_CHARACTERS_MAX], "repeated") for name in repeated[:20]],
        )
    return urlencode(pairs).encode()


def _readable_pair(raw_name: bytes, raw_value: bytes) -> tuple[str, str]:
    name = _readable_name(raw_name)
    field = name[:_NAME_CHARACTERS_MAX]
    try:
        value = raw_value.decode()
        # A line end behind a number or an id would pass for its end; nobody types one into a parameter.
        if _CONTROL.search(value):
            raise TextRefused("control_character")
        return name, kept_line(value)
    except UnicodeDecodeError as error:
        raise _malformed("not_text", field) from error
    except TextRefused as refused:
        raise Problem.of_field(field, refused.code) from refused


def _readable_name(raw: bytes) -> str:
    try:
        name = kept_line(raw.decode()) if _is_text(raw) else ""
    except TextRefused as refused:
        raise _malformed("not_text", "query") from refused
    if not name:
        raise _malformed("not_text", "query")
    return name


def _unquoted(part: bytes) -> bytes:
    return unquote_to_bytes(part.replace(b"+", b" "))


def _is_text(raw: bytes) -> bool:
    """Whether bytes are UTF-8 without control characters."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return False
    return _CONTROL.search(text) is None


def _header_name(raw: bytes) -> str:
    return raw.decode("ascii", "replace").title()[:_NAME_CHARACTERS_MAX]


def _malformed(code: str, *fields: str) -> Problem:
    return Problem("malformed_request", errors=[FieldProblem(field, code) for field in fields])


async def _answer(request: Request[Any, Any, Any], problem: Problem, send: Send) -> None:
    answer = problems.answer(
        problem, locale=problems.locale_of(request), trace_id=problems.trace_id_of(request)
    )
    content: bytes = answer.content
    await send(
        {
            "type": "http.response.start",
            "status": answer.status_code or HTTPStatus.BAD_REQUEST,
            "headers": [
                (b"content-type", problems.PROBLEM_TYPE.encode()),
                (b"content-length", str(len(content)).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": content, "more_body": False})
