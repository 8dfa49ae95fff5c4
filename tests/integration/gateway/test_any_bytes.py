"""Any bytes at all are answered with a problem: every route of the description, with everything that is no request."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import asyncpg
import msgspec
import pytest

from core.values.ids import PREFIXES
from gateway.app import build_app
from gateway.description import document_of
from tests.support.cut_bodies import answered_to_cut
from tests.support.desk import DeskStack
from tests.support.walking.endpoints import Endpoint, address_of, endpoints_of
from tests.support.walking.samples import Sampler, kind_of

_EACH_AT_ONCE = 8
_HEAD_END = b"\r\n\r\n"
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b"  \n",
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "a lone byte": b"\x80",
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "deep lists": b"[" * 3_000 + b"]" * 3_000,
    "deep objects": b'{"a":' * 3_000 + b"1" + b"}" * 3_000,
    "deep and unclosed": b"[" * 60_000,
    "a number of 5,000 digits": b'{"amount": ' + b"9" * 5_000 + b"}",
    "a number beyond 64 bits": b'{"version": 18446744073709551616, "revision": 18446744073709551616}',
    "1e400": b'{"amount": 1e400}',
    "NaN": b'{"amount": NaN}',
    "Infinity": b"[Infinity, -Infinity]",
    "a name twice": b'{"reason": "abc", "reason": "def"}',
    "half a pair": b'{"reason": "\\ud800", "\\udfff": 1}',
    "NUL": b'{"reason": "a\\u0000bc"}',
    "a list": b"[]",
    "null": b"null",
    "a text": b'"text"',
    "cut": b'{"reason": "ab',
    "two values": b"{}{}",
    "XML": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    "a form": b"a=1&b=%FF",
}
QUERIES = (
    "limit=%FF",
    "limit=99999999999999999999999",
    "limit=1e1",
    "limit=%00",
    "cursor=%00%01",
    "cursor=%E2%80%AE",
    "cursor=AAAA",
    "cursor=kqFhoWI",
    "query=%C3%28",
    "query=%F0%9F",
    "from=0001-01-01T00:00:00Z",
    "from=9999-12-31T23:59:59-23:59",
    "to=-1",
    "%00=1",
    "%FF=%FF",
    "=",
    "&&&",
    "a&b&c",
    "limit=1&limit=2",
    "last_four=1111%0A",
    "q=" + "a" * 17_000,
    "&".join(f"p{number}=1" for number in range(500)),
    "%",
    "%zz=%zz",
    "limit=\x7f",
)
PATHS = (
    "/%FF",
    "/%00",
    "/%0a",
    "/%c3%28",
    "/..%2f..%2fetc",
    "/%E2%80%AE",
    "//",
    "/" + "a" * 3_000,
    "/%25%30%30",
)
HEADERS: tuple[tuple[str, bytes], ...] = (
    ("two keys", b"Idempotency-Key: a\r\nIdempotency-Key: b\r\n"),
    ("two languages", b"Accept-Language: fr\r\nAccept-Language: en\r\n"),
    ("a key that is not UTF-8", b"Idempotency-Key: \xff\xfe\r\n"),
    ("a key of 300", b"Idempotency-Key: " + b"a" * 300 + b"\r\n"),
    ("a language that is not UTF-8", b"Accept-Language: \xff\xfe\r\n"),
    ("an agent that is not UTF-8", b"User-Agent: \xff\x80\r\n"),
    ("a cookie of junk", b"Cookie: \xff=\xfe; ;;=; a=\x80\r\n"),
    ("a cookie of quotes", b'Cookie: a="; b=\\"\\\r\n'),
    ("another event", b"Last-Event-ID: \xe2\x80\xae\r\n"),
    ("accept nothing known", b"Accept: \xff/\xfe;q=z\r\n"),
    ("a range", b"Range: bytes=9-1,-,\r\n"),
    ("a forwarded lie", b"X-Forwarded-For: \xff, , 999.1.1.1\r\n"),
    ("a trace of junk", b"traceparent: zz\r\n"),
    ("gzip", b"Content-Encoding: gzip\r\n"),
)
TYPES = (
    b"text/plain",
    b"application/xml",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data",
    b"multipart/form-data; boundary=\xff",
    b"application/json; charset=utf-16",
    b"application/json; charset=\xff",
    b"application/x-msgpack",
    b"\xff",
    b";",
    b"",
)


OTHER_TYPES: tuple[Any, ...] = (None, True, 1, 1.5, "a text", [], [1], {}, {"id": 1})
"""One value of each type that JSON has: each field is given all of them."""


class Sent(NamedTuple):
    """One request, as bytes."""

    what: str
    raw: bytes


class Read(NamedTuple):
    """One answer."""

    status: int
    kind: str
    body: bytes


def _request(
    method: str,
    target: bytes,
    *,
    body: bytes = b"",
    kind: bytes = b"application/json",
    more: bytes = b"",
    token: str = "",
) -> bytes:
    authorization = f"Authorization: Bearer {token}\r\n".encode() if token else b""
    return (
        method.encode()
        + b" "
        + target
        + b" HTTP/1.1\r\nHost: guichet.example\r\nConnection: close\r\n"
        + authorization
        + (b"Content-Type: " + kind + b"\r\n" if kind else b"")
        + f"Content-Length: {len(body)}\r\n".encode()
        + more
        + b"\r\n"
        + body
    )


def _endpoints() -> list[Endpoint]:
    app = build_app(None)
    # Log out ends the session that the walk uses.
    return [each for each in endpoints_of(app, document_of(app)) if each.name != "DELETE /sessions/current"]


def _target(endpoint: Endpoint, sampler: Sampler) -> bytes:
    words = {place: "walk" for place in endpoint.places if kind_of(place) is None}
    return address_of(endpoint, sampler, words).encode()


def _requests(endpoint: Endpoint, target: bytes, token: str) -> Iterator[Sent]:
    method = endpoint.method
    for query in QUERIES if method == "GET" else QUERIES[::5]:
        yield Sent(f"?{query[:30]}", _request(method, target + b"?" + query.encode("latin-1"), token=token))
    for what, header in HEADERS if method == "GET" else HEADERS[:3]:
        yield Sent(what, _request(method, target, body=b"{}", more=header, token=token))
    if method in ("POST", "PUT", "PATCH"):
        for what, body in BODIES.items():
            yield Sent(what, _request(method, target, body=body, token=token))
        for kind in TYPES:
            yield Sent(f"{kind!r}", _request(method, target, body=b"{}", kind=kind, token=token))
    for place in re.findall(r"\{[a-z_]+\}", endpoint.path):
        head, _, tail = endpoint.path.partition(place)
        for junk in PATHS:
            path = (head.rstrip("/") + junk + tail).replace("{", "").replace("}", "")
            yield Sent(f"path {junk[:20]}", _request(method, path.encode(), token=token))


def _bodies_of_other_types(schema: Any, schemas: Any, deep: int = 3) -> Iterator[Any]:
    """Yield values of every type at every place of a schema, each in a body that holds nothing else."""
    yield from OTHER_TYPES
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[-1]]
    for choice in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from _bodies_of_other_types(choice, schemas, deep)
    if not deep:
        return
    for name, each in schema.get("properties", {}).items():
        for value in _bodies_of_other_types(each, schemas, deep - 1):
            yield {name: value}
    if "items" in schema:
        for value in _bodies_of_other_types(schema["items"], schemas, deep - 1):
            yield [value]


async def _send(address: tuple[str, int], raw: bytes) -> Read | None:
    """Send bytes and read the whole answer; None when the server closed without one."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(raw)
        await writer.drain()
        head = await asyncio.wait_for(reader.readuntil(_HEAD_END), 20)
        status = int(head.split(b" ", 2)[1])
        kind = re.search(rb"(?im)^content-type: *([^\r;]*)", head)
        if kind is not None and kind[1] == b"text/event-stream":
            return Read(status, "text/event-stream", b"")
        return Read(status, kind[1].decode() if kind else "", await asyncio.wait_for(reader.read(), 20))
    except (asyncio.IncompleteReadError, ConnectionResetError, TimeoutError):
        return None
    finally:
        writer.close()


def _fault(read: Read | None) -> str:
    """Return what is wrong with an answer; nothing for a success or a problem of RFC 9457 that names a field."""
    if read is None:
        return "no answer"
    if read.status >= 500:
        return f"{read.status} {read.body[:200]!r}"
    if read.status >= 400:
        if not read.kind and read.status in (400, 431, 414):
            return ""  # the HTTP server's own refusal of what is no HTTP
        if read.kind != "application/problem+json":
            return f"{read.status} without a problem: {read.kind} {read.body[:200]!r}"
        problem: dict[str, Any] = msgspec.json.decode(read.body)
        if problem["status"] != read.status:
            return "two statuses"
        if problem["code"] in ("invalid_request", "malformed_request") and not all(
            each["field"] for each in problem["errors"] or [{"field": ""}]
        ):
            return f"no field is named: {problem['errors']}"
    return ""


@pytest.fixture
def sampler() -> Sampler:
    """Ids that exist nowhere."""
    return Sampler({}, dict.fromkeys(PREFIXES, bytes(15) + b"\x01"))


async def test_a_refusal_names_what_the_caller_sent(desk_stack: DeskStack) -> None:
    async with desk_stack.client(await desk_stack.log_in(), **{"Accept-Language": "en"}) as client:
        renamed = await client.get("/v1/transactions", params={"from": "yesterday"})
        missing = await client.get("/v1/documents")
        twice = await client.post(
            "/v1/accounts", json={"name": "x"}, headers=[("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
        )
        plain = await client.post("/v1/accounts", content=b"{}", headers={"Content-Type": "text/plain"})
        hidden = await client.post("/v1/accounts", json={"name": "\u3164"})
        line = await client.get("/v1/transactions?last_four=1111%0A")
        schema = await client.get("/schema/openapi.yml")
    told = [
        (answer.status_code, [(error["field"], error["code"]) for error in answer.json()["errors"]])
        for answer in (renamed, missing, twice, plain, hidden, line, schema)
    ]
    assert told == [
        (422, [("from", "invalid")]),
        (422, [("company", "missing")]),
        (400, [("Idempotency-Key", "repeated")]),
        (415, []),
        (422, [("name", "invisible")]),
        (422, [("last_four", "control_character")]),
        (404, []),
    ]
    assert hidden.json()["errors"][0]["detail"] == "holds nothing that can be seen: type it again"


async def test_any_bytes_to_any_route_are_answered_with_a_problem(
    desk_stack: DeskStack, rows: asyncpg.Connection, sampler: Sampler
) -> None:
    token = await desk_stack.log_in()
    parts = urlsplit(desk_stack.gateway_url)
    address = (parts.hostname or "", parts.port or 0)
    gate = asyncio.Semaphore(_EACH_AT_ONCE)
    faults: list[str] = []
    count = 0

    async def hold(endpoint: Endpoint, sent: Sent) -> None:
        nonlocal count
        async with gate:
            count += 1
            fault = _fault(await _send(address, sent.raw))
            if fault:
                faults.append(f"{endpoint.name}, {sent.what}: {fault}")

    async with asyncio.TaskGroup() as group:
        for endpoint in _endpoints():
            for sent in _requests(endpoint, _target(endpoint, sampler), token):
                group.create_task(hold(endpoint, sent))
    assert not faults, f"{len(faults)} of {count}:\n" + "\n".join(sorted(faults)[:40])
    assert count > 4_000


async def test_any_type_in_any_field_is_answered_with_a_problem(
    desk_stack: DeskStack, sampler: Sampler
) -> None:
    token = await desk_stack.log_in()
    parts = urlsplit(desk_stack.gateway_url)
    address = (parts.hostname or "", parts.port or 0)
    schemas = document_of(build_app(None))["components"]["schemas"]
    gate = asyncio.Semaphore(_EACH_AT_ONCE)
    faults: list[str] = []
    count = 0

    async def hold(endpoint: Endpoint, target: bytes, body: bytes) -> None:
        nonlocal count
        async with gate:
            count += 1
            fault = _fault(await _send(address, _request(endpoint.method, target, body=body, token=token)))
            if fault:
                faults.append(f"{endpoint.name}, {body.decode()}: {fault}")

    async with asyncio.TaskGroup() as group:
        for endpoint in _endpoints():
            content = (endpoint.description or {}).get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            if schema is None:
                continue
            target = _target(endpoint, sampler)
            for body in {msgspec.json.encode(each) for each in _bodies_of_other_types(schema, schemas)}:
                group.create_task(hold(endpoint, target, body))
    assert not faults, f"{len(faults)} of {count}:\n" + "\n".join(sorted(faults)[:40])
    assert count > 3_000


CUT = {
    "a chunk size that is no number": (b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n", False),
    "a chunk cut off": (b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", True),
    "a chunk longer than said": (b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n", False),
    "a chunk size below nothing": (b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", False),
    "a chunk size beyond 64 bits": (b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nx", False),
    "a body shorter than said": (b'Content-Length: 100\r\n\r\n{"a"', True),
}
"""What stands after the other headers, and whether the client closes its side after it."""


@pytest.mark.parametrize("what", CUT)
async def test_a_body_that_ends_before_its_end_is_the_callers_fault(desk_stack: DeskStack, what: str) -> None:
    rest, closes = CUT[what]
    parts = urlsplit(desk_stack.gateway_url)
    status = await answered_to_cut(
        (parts.hostname or "", parts.port or 0),
        b"POST /v1/sessions HTTP/1.1\r\nHost: guichet.example\r\nContent-Type: application/json\r\n" + rest,
        closes=closes,
    )
    assert status in (None, 400), what


async def test_more_headers_than_the_bound_are_refused(desk_stack: DeskStack) -> None:
    parts = urlsplit(desk_stack.gateway_url)
    address = (parts.hostname or "", parts.port or 0)
    fits, beyond = [
        await _send(address, _request("GET", b"/health/live", more=b"X: " + b"a" * length + b"\r\n"))
        for length in (30_000, 33_000)
    ]
    assert fits is not None
    assert beyond is not None
    assert (fits.status, beyond.status) == (200, 431)
