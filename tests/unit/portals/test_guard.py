"""The guard lets a file through where a page takes one, and nothing large anywhere else."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import Empty

from portals.agent.app import FACE, PAGE_HANDLERS, compose
from portals.kit.files import FILE_BYTES_MAX, FORM_BYTES_MAX
from portals.kit.guard import BODY_BYTES_MAX, guarded
from portals.kit.metrics import PortalMetrics

_HANDLERS = [handler for handler in PAGE_HANDLERS if isinstance(handler, HTTPRouteHandler)]
_TAKE_FILES = [handler for handler in _HANDLERS if handler.request_max_body_size is not Empty]


def address_of(handler: HTTPRouteHandler) -> str:
    (path,) = handler.paths
    return re.sub(r"\{(\w+):str\}", "onb_01j00000000000000000000000", path)


async def answer(path: str, declared: int, *, is_https: bool = False) -> int:
    sent: list[Any] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    headers = [(b"content-length", str(declared).encode())]
    scope: Any = {"type": "http", "method": "POST", "path": path, "headers": headers}
    around = guarded(
        app,
        PortalMetrics(),
        takes_files=FACE.takes_files,
        too_large=lambda _: b"<h1>Too much</h1>",
        is_https=is_https,
    )
    await around(scope, receive, send)
    if sent[0]["status"] == 413:
        assert sent[1]["body"] == b"<h1>Too much</h1>"
        assert {name for name, _ in sent[0]["headers"]} >= {b"content-type", b"x-request-id"}
    strict = dict(sent[0]["headers"]).get(b"strict-transport-security")
    assert strict == (b"max-age=31536000" if is_https else None)
    return sent[0]["status"]


@pytest.mark.parametrize("is_https", [True, False])
@pytest.mark.parametrize("declared", [10, 65 * 1024])
async def test_browsers_that_come_by_https_are_told_to_stay_with_it(is_https: bool, declared: int) -> None:
    assert await answer("/login", declared, is_https=is_https) in {200, 413}


def test_more_than_one_page_takes_a_file() -> None:
    assert len(_TAKE_FILES) >= 2


@pytest.mark.parametrize("handler", _TAKE_FILES, ids=address_of)
async def test_a_page_that_takes_a_file_gets_the_largest_one(handler: HTTPRouteHandler) -> None:
    with_form = FILE_BYTES_MAX + 50_000
    assert await answer(address_of(handler), with_form) == 200
    assert await answer(address_of(handler), 2 * FILE_BYTES_MAX) == 413


async def test_no_other_page_gets_so_much() -> None:
    others = {address_of(handler) for handler in _HANDLERS} - {address_of(handler) for handler in _TAKE_FILES}
    assert {path: await answer(path, 65 * 1024) for path in others} == dict.fromkeys(others, 413)


def test_a_body_of_unsaid_length_is_read_no_further() -> None:
    kit: Any = SimpleNamespace(assets=None, gateway=None, admission=SimpleNamespace(around=lambda app: app))
    bounds = {
        address_of(handler): handler.resolve_request_max_body_size()
        for route in compose(kit).routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if "POST" in handler.http_methods
    }
    files = {address_of(handler): FORM_BYTES_MAX for handler in _TAKE_FILES}
    assert bounds == dict.fromkeys(bounds, BODY_BYTES_MAX) | files
