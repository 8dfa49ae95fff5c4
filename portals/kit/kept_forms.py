"""What was typed into a form is never lost: around every request, whatever the page behind does.

A refusal that shows the form again shows it with what was typed. One that cannot show it (the session ended, the form
was too old, the gateway did not answer) leaves the content with the browser, sealed, and the page shows it when it is
next opened by the same agent. It works without scripts, and no page need know of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import zip_longest
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from litestar import Request
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from portals.kit.guard import FILE_BYTES_MAX
from portals.kit.kit import Kit
from portals.kit.sent_forms import LIFE_S, STATE, RequestForm, cookie_names, kept_form, sent_form
from portals.kit.visit import Visit

_FIELDS_MAX: Final = 1_000
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_PART_NAME: Final = re.compile(rb'name="([^"]*)"')


def keeping_forms(app: ASGIApp, kit: Kit) -> ASGIApp:
    """Return `app` with every form's content kept until it was taken."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith((*kit.face.unkept, "/static")):
            await app(scope, receive, send)
            return
        request: Request[Any, Any, Any] = Request(scope)
        kept = kept_form(kit, request.cookies) if cookie_names(kit)[0] in request.cookies else None
        state = scope.setdefault("state", {})
        if scope["method"] == "POST" and _is_form(request):
            body, receive = await _read(receive)
            state[STATE] = form = _form_of(Visit(request, kit), body)

            def cookies(status: int, leads_to: str) -> list[str]:
                if status < 400 and not leads_to.startswith(kit.face.login):
                    return [""] if kept is not None and kept.name == form.form.name else []
                return [] if form.shown else form.sealed

            await app(scope, receive, _setting(send, kit, request, cookies))
        elif scope["method"] == "GET" and kept is not None:
            state[STATE] = form = RequestForm(kit, kept, kept=True)
            await app(scope, receive, _setting(send, kit, request, lambda *_: [""] if form.shown else []))
        else:
            await app(scope, receive, send)

    return call


def _form_of(visit: Visit, body: bytes) -> RequestForm:
    request = visit.request
    form = RequestForm(
        visit.kit,
        sent_form(
            request.url.path,
            visit.return_address(),
            visit.visitor.person_id if visit.visitor else "",
            _fields(request.headers.get("content-type", ""), body),
        ),
    )
    form.is_ours = _is_of_this_site(request)
    return form


def _setting(
    send: Send, kit: Kit, request: Request[Any, Any, Any], cookies: Callable[[int, str], list[str]]
) -> Send:
    """Return `send` with the form's content left with the browser, or taken back: `cookies` says what they hold."""

    async def call(message: Message) -> None:
        if message["type"] == "http.response.start":
            told = {name.lower(): value for name, value in message["headers"]}
            leads_to = (told.get(b"location") or told.get(b"hx-redirect") or b"").decode("latin-1")
            parts = cookies(message["status"], leads_to)
            names = cookie_names(kit) if parts else []
            lines = [
                _cookie(kit, name, part)
                for name, part in zip_longest(names, parts, fillvalue="")
                if part or name in request.cookies
            ]
            message["headers"] = [*message["headers"], *((b"set-cookie", line.encode()) for line in lines)]
        await send(message)

    return call


def _cookie(kit: Kit, name: str, value: str) -> str:
    """Let the browser keep a value of ours; take an empty one back."""
    life_s = LIFE_S if value else 0
    secure = "; Secure" if kit.cookies_are_secure else ""
    return f"{name}={value}; Path=/; Max-Age={life_s}; HttpOnly; SameSite=lax{secure}"


def holds_typed(visit: Visit) -> bool:
    """Whether the browser keeps what was typed into a form that could not be taken."""
    return cookie_names(visit.kit)[0] in visit.request.cookies


def _is_form(request: Request[Any, Any, Any]) -> bool:
    told, length = request.headers.get("content-type", ""), request.headers.get("content-length", "")
    return told.startswith(_FORMS) and length.isdigit() and int(length) <= FILE_BYTES_MAX


def _is_of_this_site(request: Request[Any, Any, Any]) -> bool:
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == request.headers.get("host")


def _fields(content_type: str, body: bytes) -> list[tuple[str, str]]:
    """Return the fields of a form in order, without its files."""
    if content_type.startswith(_FORMS[1]):
        _, _, boundary = content_type.partition("boundary=")
        return _text_parts(body, boundary.strip('"').encode())
    try:
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_FIELDS_MAX)
    except ValueError:
        return []


def _text_parts(body: bytes, boundary: bytes) -> list[tuple[str, str]]:
    fields: list[tuple[str, str]] = []
    for part in body.split(b"--" + boundary, _FIELDS_MAX)[1:] if boundary else ():
        head, _, content = part.partition(b"\r\n\r\n")
        name = _PART_NAME.search(head)
        if name is not None and b"filename=" not in head:
            fields.append((name[1].decode("utf-8", "replace"), content[:-2].decode("utf-8", "replace")))
    return fields


async def _read(receive: Receive) -> tuple[bytes, Receive]:
    """Return the body, and a `receive` that gives it once more."""
    body = bytearray()
    gone = False
    while True:
        message = await receive()
        if message["type"] != "http.request":
            gone = True
            break
        body += message["body"]
        if not message["more_body"] or len(body) > FILE_BYTES_MAX:
            break
    given = False

    async def again() -> Any:
        nonlocal given
        if gone or given:
            return {"type": "http.disconnect"} if gone else await receive()
        given = True
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    return bytes(body), again
