"""The card frame over HTTP: one page for a card, the form that it sends, its files.

Every answer says that nothing of it is kept and who may embed it, and none says again what was typed.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from core.contracts.cards import FrameSession, Language, Tokenised
from edge.cards.attempts import Attempts
from edge.cards.desk import Desk, DeskSilent, hash_of
from edge.cards.pages import FILES, card_page, problem_text, state_page, way_back
from edge.cards.typed import Problems, read_card
from edge.cards.words import say
from observability.admission import Admission, BodyCut, BodyStalled, Crowded
from observability.client_address import FORWARDED, TrustedProxies
from observability.metrics import FRAME_CARDS

BODY_BYTES_MAX: Final = 4 * 1024
FIELDS_MAX: Final = 8
_FORM: Final = "application/x-www-form-urlencoded"
_HTML: Final = "text/html; charset=utf-8"
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_SHOWN_EXPIRY: Final = re.compile(r"[0-9]{1,2}[ /.-]{0,3}[0-9]{2,4}")
_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
_STATUS: Final = {
    "unknown": 404,
    "used": 410,
    "expired": 410,
    "malformed": 400,
    "too_often": 429,
    "silent": 503,
    "done": 200,
}
# Beside which field it is said why a card makes no token.
_PROBLEMS: Final[dict[str, Problems]] = {
    "brand_refused": {"number": "number.brand_refused"},
    "card_expired": {"expiry": "expiry.card_expired"},
    "card_ends_too_soon": {"expiry": "expiry.card_ends_too_soon"},
    "malformed": {"expiry": "expiry.malformed"},
}


class FormMalformed(Exception):
    """A body that no form of ours sends."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What handlers share."""

    desk: Desk
    attempts: Attempts
    proxies: TrustedProxies


@get("/frame/{secret:str}")
async def show_page(secret: str, request: Request[Any, Any, Any], state: State) -> Response[Any]:
    """Show the page on which a card is typed."""
    session = await _session(state.parts.desk, secret)
    if session.state != "open":
        return _told(request, session.state, session)
    page, policy = card_page(session, {})
    return _page(page, policy, status=200)


@post("/frame/{secret:str}")
async def take_card(secret: str, request: Request[Any, Any, Any], state: State) -> Response[Any]:
    """Take a card: a token, or what is wrong with it. As JSON for the page's script, else as a page or the way back."""
    parts: Parts = state.parts
    session = await _session(parts.desk, secret)
    if session.state == "unknown":
        return _told(request, "unknown", session)
    form = await _form(request)
    if not parts.attempts.admit(page=hash_of(secret), address=_address(request, parts.proxies)):
        FRAME_CARDS.child("too_often").n += 1
        return _told(request, "too_often", session)
    card = read_card(form)
    if isinstance(card, dict):
        FRAME_CARDS.child("mistyped").n += 1
        return _refused(request, card, session, form)
    made = await parts.desk.tokenise(secret, card)
    FRAME_CARDS.child(made.outcome).n += 1
    problems = _PROBLEMS.get(made.outcome)
    if problems is not None:
        return _refused(request, problems, session, form)
    return _made(request, made, session) if made.outcome == "made" else _told(request, made.outcome, session)


@get("/static/{name:str}")
async def static_file(name: str) -> Response[Any]:
    """Return a file of the pages, named by its content and therefore kept for good."""
    found = FILES.get(name)
    if found is None:
        return Response("", status_code=404)
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(found.content, media_type=found.media_type, headers=headers)


def _made(request: Request[Any, Any, Any], made: Tokenised, session: FrameSession) -> Response[Any]:
    location = way_back(session, made.token)
    if _is_script(request):
        return Response({"token": made.token, "location": location}, status_code=200)
    if location:
        return Response("", status_code=303, headers={"location": location})
    return _told(request, "done", session)


def _refused(
    request: Request[Any, Any, Any], problems: Problems, session: FrameSession, form: dict[str, str]
) -> Response[Any]:
    if _is_script(request):
        said = {name: problem_text(code, session) for name, code in problems.items()}
        return Response({"problems": said}, status_code=422)
    typed = form.get("expiry", "").strip()
    page, policy = card_page(session, problems, expiry=typed if _SHOWN_EXPIRY.fullmatch(typed) else "")
    return _page(page, policy, status=422)


def _told(request: Request[Any, Any, Any], state: str, session: FrameSession | None = None) -> Response[Any]:
    language = session.language if session is not None and session.origin else _language(request)
    if _is_script(request):
        return Response({"state": state, "text": say(f"state.{state}", language)}, status_code=_STATUS[state])
    page, policy = state_page(state, language, session)
    return _page(page, policy, status=_STATUS[state])


def _page(page: str, policy: str, *, status: int) -> Response[Any]:
    headers = {"content-security-policy": policy}
    return Response(page, status_code=status, media_type=_HTML, headers=headers)


async def _session(desk: Desk, secret: str) -> FrameSession:
    return await desk.session(secret) if _SECRET.fullmatch(secret) else FrameSession("unknown")


async def _form(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Return the fields of a form. Raises: FormMalformed."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise FormMalformed
    body = await request.body()
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX))
    except ValueError as error:
        raise FormMalformed from error


def _is_script(request: Request[Any, Any, Any]) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _language(request: Request[Any, Any, Any]) -> Language:
    wanted = request.headers.get("accept-language", "").strip().lower()
    return "en" if wanted.startswith("en") else "fr"


def _address(request: Request[Any, Any, Any], proxies: TrustedProxies) -> str:
    peer = request.client.host if request.client is not None else ""
    return proxies.client_of(peer, request.headers.getall(FORWARDED, []))


def _on_silent(request: Request[Any, Any, Any], _error: Exception) -> Response[Any]:
    return _told(request, "silent")


def _on_crowded(request: Request[Any, Any, Any], error: Crowded) -> Response[Any]:
    answer = _told(request, "too_often" if error.status == 429 else "silent")
    answer.headers["retry-after"] = str(error.retry_after_s)
    return answer


def _on_malformed(request: Request[Any, Any, Any], _error: Exception) -> Response[Any]:
    return _told(request, "malformed")


def _on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    answer = _told(request, "unknown" if error.status_code == 404 else "malformed")
    answer.status_code = error.status_code
    return answer


class _Headers:
    """ASGI: adds what every answer carries."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        async def send_more(message: Any) -> None:
            if message["type"] == "http.response.start":
                names = {name.lower() for name, _ in message["headers"]}
                added = [header for header in _HEADERS if header[0] not in names]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self._app(scope, receive, send_more if scope["type"] == "http" else send)


def serve(parts: Parts) -> Any:
    """Return what the server runs."""
    admission = Admission(
        process="card_frame",
        proxies=parts.proxies,
        live_paths=frozenset(),
        live_max=0,
        session_of=lambda _headers: b"",
    )
    app = Litestar(
        [show_page, take_card, static_file],
        state=State({"parts": parts}),
        middleware=[admission.around],  # pyright: ignore[reportArgumentType]
        exception_handlers={
            DeskSilent: _on_silent,
            Crowded: _on_crowded,
            FormMalformed: _on_malformed,
            BodyStalled: _on_malformed,
            BodyCut: _on_malformed,
            HTTPException: _on_http,
        },
        request_max_body_size=BODY_BYTES_MAX,
        logging_config=None,
        openapi_config=None,
    )
    return _Headers(app)
