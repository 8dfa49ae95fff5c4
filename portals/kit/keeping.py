"""What was typed into a form is never lost: around every request, whatever the page behind does.

A refusal that shows the form again shows it with what was typed. One that cannot show it (the session ended, the form
was too old, the gateway did not answer) leaves the content with the browser, sealed, and the page shows it when it is
next opened by the same agent. It works without scripts, and no page need know of it.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Sequence
from html import escape
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlsplit

import msgspec
from litestar import Request
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from portals.kit.guard import FILE_BYTES_MAX
from portals.kit.kit import Kit
from portals.kit.originals import merged
from portals.kit.refilling import FRESH, number_of, path_of, refill
from portals.kit.visit import Visit

LIFE_S: Final = 30 * 60
MARK: Final = "<!--kept-->"
"""Where a page of errors has room to say what became of the form."""

_PURPOSE: Final = "typed"
# Two cookies of this length stay within what servers take as one line of headers: some 12,000 characters of text.
_COOKIE_CHARACTERS: Final = 3_000
_COOKIES_MAX: Final = 2
_FIELDS_MAX: Final = 1_000
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_PART_NAME: Final = re.compile(rb'name="([^"]*)"')
_SECRET: Final = frozenset({"password", "present", "new_password", "again", "code", "secret", "passkey"})


_OF_THE_PAGE: Final = frozenset({"csrf", "cursor", "group", "idempotency_key", "page_of", "revision", "was"})
"""Hidden fields that a page puts in, which nobody typed."""


class _Typed(msgspec.Struct, array_like=True, frozen=True):
    """A form as it was sent: on which page, by whom, where to, and its fields in order."""

    address: str
    agent: str
    action: str
    fields: list[tuple[str, str]]


def keeping(app: ASGIApp, kit: Kit) -> ASGIApp:
    """Return `app` with every form's content kept until it was taken."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith((*kit.face.unkept, "/static")):
            await app(scope, receive, send)
            return
        request: Request[Any, Any, Any] = Request(scope)
        visit = Visit(request, kit)
        if scope["method"] == "POST" and _is_form(request):
            body, receive = await _read(receive)
            answer = await _Answer.of(app, scope, receive)
            _after_post(visit, answer, _fields(request.headers.get("content-type", ""), body))
            await answer.send(send)
        elif scope["method"] == "GET" and _cookie_name(kit, 0) in request.cookies:
            answer = await _Answer.of(app, scope, receive)
            _after_get(visit, answer)
            await answer.send(send)
        else:
            await app(scope, receive, send)

    return call


class _Answer:
    """A whole answer, held back until it is known what it means for the form."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()

    @classmethod
    async def of(cls, app: ASGIApp, scope: Scope, receive: Receive) -> _Answer:
        """Return what the app answers."""
        answer = cls()

        async def take(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = [(name.lower(), value) for name, value in message["headers"]]
            elif message["type"] == "http.response.body":
                answer._body += message["body"]

        await app(scope, receive, take)
        return answer

    @property
    def page(self) -> str:
        """The page, empty for any other content."""
        is_page = dict(self.headers).get(b"content-type", b"").startswith(b"text/html")
        return self._body.decode("utf-8", "replace") if is_page else ""

    @page.setter
    def page(self, text: str) -> None:
        self._body = bytearray(text.encode())

    @property
    def leads_to(self) -> str:
        """The page that the browser is sent to, empty for none."""
        told = dict(self.headers)
        return (told.get(b"location") or told.get(b"hx-redirect") or b"").decode("latin-1")

    def set_cookie(self, name: str, value: str, *, life_s: int, secure: bool) -> None:
        """Let the browser keep a value of ours; with no life, take it back."""
        text = f"{name}={value}; Path=/; Max-Age={life_s}; HttpOnly; SameSite=lax" + (
            "; Secure" if secure else ""
        )
        self.headers.append((b"set-cookie", text.encode()))

    async def send(self, send: Send) -> None:
        """Send it on."""
        headers = [(name, value) for name, value in self.headers if name != b"content-length"]
        headers.append((b"content-length", str(len(self._body)).encode()))
        await send(
            cast("Message", {"type": "http.response.start", "status": self.status, "headers": headers})
        )
        await send(
            cast("Message", {"type": "http.response.body", "body": bytes(self._body), "more_body": False})
        )


def _after_post(visit: Visit, answer: _Answer, fields: Sequence[tuple[str, str]]) -> None:
    action = path_of(str(visit.request.url))
    if answer.status < 400 and not answer.leads_to.startswith(visit.kit.face.login):
        kept = _kept(visit)
        if kept is not None and kept.action == action:
            _drop(visit, answer)
        return
    shown = _shown_again(visit, answer, action, fields) if answer.page else None
    if shown is not None:
        answer.page = shown
    elif _is_of_this_site(visit):
        agent = dict(fields).get("page_of") or (visit.visitor.person_id if visit.visitor else "")
        typed = [(name, value) for name, value in fields if name not in FRESH | _SECRET]
        kept = _keep(visit, answer, _Typed(visit.return_address(), agent, action, typed))
        said = escape(visit.words("kept.on_page" if kept else "kept.too_long"))
        if MARK in answer.page:
            answer.page = answer.page.replace(MARK, f"<p>{said}</p>")
        elif kept and answer.page:
            back = f'<a href="{escape(visit.return_address())}">{escape(visit.words("kept.back"))}</a>'
            answer.page = _before_content(
                answer.page, f'<div class="notice"><div><p>{said}</p><p>{back}</p></div></div>'
            )


def _shown_again(visit: Visit, answer: _Answer, action: str, fields: Sequence[tuple[str, str]]) -> str | None:
    """Return the refused form filled again, together with what a colleague saved meanwhile."""
    page, merge = answer.page, None
    if answer.status == 409:
        number = number_of(page, address=action, action=action, fields=fields)
        merge = None if number is None else merged(page, number, fields)
    if merge is None:
        return refill(page, address=action, action=action, fields=fields)
    notice = visit.render("changed_fields.html", merge=merge)
    return refill(page, address=action, action=action, fields=merge.fields, notice=notice)


def _after_get(visit: Visit, answer: _Answer) -> None:
    kept = _kept(visit)
    if kept is None or answer.status != 200 or not answer.page or visit.visitor is None:
        return
    if kept.agent != visit.visitor.person_id or urlsplit(kept.address).path != visit.request.url.path:
        return
    here = path_of(str(visit.request.url))
    shown = refill(
        answer.page,
        address=here,
        action=kept.action,
        fields=kept.fields,
        notice=_notice(visit, ()),
        as_of_then=True,
    )
    if shown is None and here != kept.address:
        # The same page in another mode, without the form: it may be opened yet.
        return
    # The form is gone, since somebody else acted meanwhile: the words are shown, to be copied.
    answer.page = shown or _before_content(answer.page, _notice(visit, _words_of(kept)))
    _drop(visit, answer)


def _notice(visit: Visit, words: Sequence[str]) -> str:
    text = escape(visit.words("kept.form_gone" if words else "kept.text"))
    listed = "".join(f"<li>{escape(word)}</li>" for word in words)
    return (
        '<div class="notice kept" role="status" tabindex="-1" data-takes-focus><div>'
        f"<strong>{escape(visit.words('kept.title'))}</strong><p>{text}</p>"
        + (f"<ul>{listed}</ul>" if listed else "")
        + "</div></div>"
    )


def _words_of(kept: _Typed) -> list[str]:
    """Return what a person typed, without what the page itself put in."""
    return [value for name, value in kept.fields if value.strip() and name not in _OF_THE_PAGE]


def _before_content(page: str, notice: str) -> str:
    head, tag, rest = page.partition('<main id="main"')
    attributes, end, content = rest.partition(">")
    return f"{head}{tag}{attributes}{end}{notice}{content}"


def _keep(visit: Visit, answer: _Answer, typed: _Typed) -> bool:
    """Leave the content with the browser; return False for more than it takes."""
    sealed = visit.kit.sealer.seal(_PURPOSE, zlib.compress(msgspec.json.encode(typed), 9))
    text = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
    parts = [text[at : at + _COOKIE_CHARACTERS] for at in range(0, len(text), _COOKIE_CHARACTERS)]
    if len(parts) > _COOKIES_MAX:
        return False
    _drop(visit, answer, beyond=len(parts))
    for number, part in enumerate(parts):
        answer.set_cookie(
            _cookie_name(visit.kit, number), part, life_s=LIFE_S, secure=visit.kit.cookies_are_secure
        )
    return True


def _kept(visit: Visit) -> _Typed | None:
    cookies = visit.request.cookies
    text = "".join(cookies.get(_cookie_name(visit.kit, number), "") for number in range(_COOKIES_MAX))
    if not text:
        return None
    try:
        content = visit.kit.sealer.unseal(_PURPOSE, base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return None if content is None else msgspec.json.decode(zlib.decompress(content), type=_Typed)
    except (binascii.Error, ValueError, zlib.error, msgspec.MsgspecError):
        return None


def _drop(visit: Visit, answer: _Answer, *, beyond: int = 0) -> None:
    for number in range(beyond, _COOKIES_MAX):
        name = _cookie_name(visit.kit, number)
        if name in visit.request.cookies:
            answer.set_cookie(name, "", life_s=0, secure=visit.kit.cookies_are_secure)


def holds_typed(visit: Visit) -> bool:
    """Whether the browser keeps what was typed into a form that could not be taken."""
    return _cookie_name(visit.kit, 0) in visit.request.cookies


def _cookie_name(kit: Kit, number: int) -> str:
    return kit.cookie(f"typed{number}")


def _is_form(request: Request[Any, Any, Any]) -> bool:
    told, length = request.headers.get("content-type", ""), request.headers.get("content-length", "")
    return told.startswith(_FORMS) and length.isdigit() and int(length) <= FILE_BYTES_MAX


def _is_of_this_site(visit: Visit) -> bool:
    """Whether a page of ours sent the form: another site must not have its words shown as the agent's own."""
    origin = visit.request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == visit.request.headers.get("host")


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
