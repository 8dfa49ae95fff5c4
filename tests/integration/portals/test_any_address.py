"""Every page of the portal answers with a page, whatever stands in its address, its headers or its forms."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
from litestar.routes import HTTPRoute

from core.values.ids import PREFIXES, encode_id
from observability.serving import make_server
from portals.agent.app import compose, create_app
from portals.kit import csrf
from portals.kit.kit import Kit
from tests.integration.portals.conftest import CSRF_COOKIE, Walk
from tests.support.cut_bodies import answered_to_cut
from tests.support.lengths import WHOLE
from tests.support.walking.samples import kind_of

_SOURCES = Path(__file__).resolve().parents[3] / "portals"
_READ = re.compile(
    r'(?:query|query_params|kept)(?:\.get\(|\[)"([a-z_]+)"|"([a-z_]+)" in (?:desk\.request\.)?query'
)
_NAMED = re.compile(r'name="([a-z_.]+)"')
_PLACE = re.compile(r"\{([a-z_]+)(?::[a-z]+)?\}")
_FILTERS = (
    "store",
    "terminal",
    "state",
    "reason",
    "brand",
    "min",
    "max",
    "period",
    "from",
    "to",
    "last_four",
)
_FILTERS += ("rrn", "stan", "approval_code", "cursor", "before", "columns", "view")
_PARTS = frozenset({"/counters", "/notices/bell", "/search/suggestions"})
"""What scripts put into a page."""

_EACH_AT_ONCE = 4

VALUES = (
    "0001-01-01T00:00",
    "0001-01-01",
    "9999-12-31T23:59",
    "2026-13-45",
    "-1",
    "0",
    "99999999999999999999999999",
    "1e9",
    "NaN",
    "²",
    "AAAA",
    "kqFhoWI",
    "\u200b",
    "\u202e",
    "a\x00b",
    "a\r\nb",
    "é" * 400,
    "'\"><script>",
    "{{7*7}}%s%(a)s{0}",
    "../../etc/passwd",
    "//evil.example",
    "custom",
    "sto_" + "z" * 26,
)
RAW = (
    "%FF=%FF",
    "%",
    "&&&=&=1",
    "q=%C3%28",
    "period=custom&from=0001-01-01T00:00",
    "period=custom&from=9999-12-31T23:59&to=0001-01-01T00:00",
    "period=custom&from=0001-01-01T00:00&to=9999-12-31T23:59",
    "from=0001-01-01&to=9999-12-31",
    "cursor=a&cursor=b&state=approved&state=approved&limit=1&limit=2",
    "&".join(f"p{number}=1" for number in range(400)),
    "q=" + "a" * 20_000,
)
HEADERS: tuple[dict[str, bytes], ...] = (
    {"cookie": b"\xff=\xfe; ;;=; a=\x80"},
    {"cookie": b'a="; b=\\"\\'},
    {"accept-language": b"\xff\xfe"},
    {"hx-request": b"true", "hx-current-url": b"http://["},
    {"hx-request": b"true", "hx-current-url": b"\xff"},
    {"referer": b"http://[", "origin": b"http://["},
    {"host": b"[", "user-agent": b"\xff\x00"[:1]},
    {"if-none-match": b"\xff", "range": b"bytes=9-1"},
    {"content-type": b"\xff; boundary=\xff"},
)


def _routes(kit: Kit, method: str) -> list[str]:
    """Return the paths of the pages; ids in them are of nothing."""
    found = [
        _PLACE.sub(_place, route.path)
        for route in compose(kit).routes
        if isinstance(route, HTTPRoute) and method in route.route_handler_map
    ]
    return sorted(set(found) - {"/logout", "/metrics", "/health/live", "/health/ready"})


def _place(place: re.Match[str]) -> str:
    kind = kind_of(place[1])
    return encode_id(kind, bytes(15) + b"\x01") if kind in PREFIXES else "walk"


def _parameters() -> list[str]:
    """Return every parameter that a page reads, found where it is read."""
    texts = [
        path.read_text(encoding="utf-8")
        for path in _SOURCES.rglob("*.py")
        if "node_modules" not in path.parts
    ]
    found = {name for text in texts for pair in _READ.findall(text) for name in pair if name}
    return sorted(found | set(_FILTERS))


def _fields() -> list[str]:
    """Return every field of a form, found in the templates."""
    texts = [
        path.read_text(encoding="utf-8")
        for path in _SOURCES.rglob("*.html")
        if "node_modules" not in path.parts
    ]
    return sorted({name for text in texts for name in _NAMED.findall(text)} - {csrf.FIELD})


def _queries() -> Iterator[str]:
    yield from RAW
    names = _parameters()
    # Each page meets each value, and in a whole walk each in every parameter that any page reads; many at a time.
    for shift in range(0, len(VALUES), 1 if WHOLE else 4):
        pairs = [(name, VALUES[(place + shift) % len(VALUES)]) for place, name in enumerate(names)]
        yield urlencode(pairs)


async def _hold(
    walk: Walk, faults: list[str], gate: asyncio.Semaphore, request: httpx.Request, what: str
) -> None:
    async with gate:
        answer = await walk.client.send(request)
    kind = answer.headers.get("content-type", "").partition(";")[0]
    page = kind == "text/html" and "</html>" in answer.text
    small = (
        answer.status_code in (204, 303)
        or kind != "text/html"
        or request.url.path in _PARTS
        or request.headers.get("hx-request")
    )
    if answer.status_code >= 500 or not (page or small):
        faults.append(
            f"{request.method} {request.url.path} {what[:70]}: {answer.status_code} {kind} {answer.text[:80]!r}"
        )


async def test_every_page_answers_any_query_with_a_page(walk: Walk) -> None:
    faults: list[str] = []
    gate = asyncio.Semaphore(_EACH_AT_ONCE)
    paths = [path for path in _routes(walk.kit, "GET") if "/live" not in path and "{" not in path]
    async with asyncio.TaskGroup() as group:
        for path, query in itertools.product(paths, _queries()):
            request = httpx.Request("GET", httpx.URL("http://portal" + path, query=query.encode()))
            request.headers["cookie"] = walk.cookies
            group.create_task(_hold(walk, faults, gate, request, query))
    assert not faults, f"{len(faults)}:\n" + "\n".join(sorted(faults)[:50])
    assert len(paths) > 50


async def test_every_page_answers_any_header_with_a_page(walk: Walk) -> None:
    faults: list[str] = []
    gate = asyncio.Semaphore(_EACH_AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for path, headers in itertools.product(_routes(walk.kit, "GET"), HEADERS):
            if "/live" in path:
                continue
            request = httpx.Request(
                "GET",
                "http://portal" + path,
                headers={name.encode(): value for name, value in headers.items()},
            )
            if "cookie" not in headers:
                request.headers["cookie"] = walk.cookies
            group.create_task(_hold(walk, faults, gate, request, str(headers)))
    assert not faults, f"{len(faults)}:\n" + "\n".join(sorted(faults)[:50])


async def test_every_form_answers_any_fields_with_a_page(walk: Walk) -> None:
    faults: list[str] = []
    gate = asyncio.Semaphore(_EACH_AT_ONCE)
    token = csrf.form_token(walk.kit.sealer, CSRF_COOKIE)
    fields = _fields()
    bodies: list[tuple[bytes, bytes]] = [
        (b"application/x-www-form-urlencoded", b"csrf=%FF&\xff=\xfe&a"),
        (b"application/x-www-form-urlencoded", f"csrf={token}&\xff=%FF&%00=%00&=".encode("latin-1")),
        (b"multipart/form-data", b"--x\r\n"),
        (b"multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\na"),
        (b"multipart/form-data; boundary=x", b"\xff" * 500),
        (b"multipart/form-data; boundary=", b"--\r\n\r\n--"),
        (
            b"multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="\xff"\r\nContent-Type: \xff\r\n\r\na\r\n--x--\r\n',
        ),
        (b"text/plain", b"csrf=" + token.encode()),
        (b"application/json", b"[" * 3_000),
        (b"\xff", b"\xff"),
        (b"", b"a=1"),
    ]
    for shift in range(0, len(VALUES), 3):
        pairs = [(name, VALUES[(place + shift) % len(VALUES)]) for place, name in enumerate(fields)]
        bodies.append(
            (b"application/x-www-form-urlencoded", urlencode([(csrf.FIELD, token), *pairs]).encode())
        )
    async with asyncio.TaskGroup() as group:
        for path, (kind, body) in itertools.product(_routes(walk.kit, "POST"), bodies):
            headers = {b"content-type": kind, b"cookie": walk.cookies.encode(), b"hx-request": b"true"}
            request = httpx.Request("POST", "http://portal" + path, headers=headers, content=body)  # pyright: ignore[reportArgumentType]
            group.create_task(_hold(walk, faults, gate, request, f"{kind!r} {body[:60]!r}"))
    assert not faults, f"{len(faults)}:\n" + "\n".join(sorted(faults)[:50])


async def test_a_form_that_ends_before_its_end_is_answered_as_the_senders_fault(walk: Walk) -> None:
    server = make_server(create_app(walk.kit), host="127.0.0.1", port=0)
    serving = asyncio.create_task(server.serve())
    await asyncio.sleep(0.3)
    head = b"POST /login HTTP/1.1\r\nHost: portal\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    try:
        for rest, closes in (
            (b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n", False),
            (b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", True),
            (b"Content-Length: 100\r\n\r\na=1", True),
        ):
            status = await answered_to_cut(("127.0.0.1", server.listening_port), head + rest, closes=closes)
            assert status in (None, 400), rest
    finally:
        server.stop()
        await asyncio.wait({serving}, timeout=5)
