"""The card frame over HTTP: one page for a card, the form that it sends, its files, and the ways to issuers and back.

Every answer but a file says that nothing of it is kept, each says who may embed it, and none says a number or a code again
that was typed: of a card that is refused, its expiry alone stands in the form anew.
"""

import re
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import structlog
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from core.contracts.cards import FrameSession, Tokenised
from core.values.web_pages import is_public_https
from edge.cards.answers import FormMalformed, Parts, address_of, form_of, is_script, page_answer, told
from edge.cards.challenges import come_back, go_to_issuer, take_results
from edge.cards.desk import Desk, DeskSilent, hash_of
from edge.cards.issuers import WordRefused
from edge.cards.pages import FILES, card_page, problem_text, way_back
from edge.cards.typed import Problems, read_card
from observability.admission import Admission, BodyCut, BodyStalled, Crowded
from observability.metrics import FRAME_CARDS
from observability.serving import STRICT_TRANSPORT

BODY_BYTES_MAX: Final = 4 * 1024
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_SHOWN_EXPIRY: Final = re.compile(r"[0-9]{1,2}[ /.-]{0,3}[0-9]{2,4}")
_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
# Beside which field it is said why a card makes no token.
_PROBLEMS: Final[dict[str, Problems]] = {
    "brand_refused": {"number": "number.brand_refused"},
    "card_expired": {"expiry": "expiry.card_expired"},
    "card_ends_too_soon": {"expiry": "expiry.card_ends_too_soon"},
    "malformed": {"expiry": "expiry.malformed"},
}

_log = structlog.get_logger("edge.cards")


@get("/frame/{secret:str}")
async def show_page(secret: str, request: Request[Any, Any, Any], state: State) -> Response[Any]:
    """Show the page on which a card is typed."""
    session = await _session(state.parts.desk, secret)
    if session.state != "open":
        return told(request, session.state, session)
    page, policy = card_page(session, {})
    return page_answer(page, policy, status=200)


@post("/frame/{secret:str}")
async def take_card(secret: str, request: Request[Any, Any, Any], state: State) -> Response[Any]:
    """Take a card: a token, or what is wrong with it. As JSON for the page's script, else as a page or the way back."""
    parts: Parts = state.parts
    session = await _session(parts.desk, secret)
    if session.state == "unknown":
        return told(request, "unknown", session)
    form = await form_of(request)
    if not parts.attempts.admit(page=hash_of(secret), address=address_of(request, parts.proxies)):
        FRAME_CARDS.child("too_often").n += 1
        return told(request, "too_often", session)
    card = read_card(form)
    if isinstance(card, dict):
        FRAME_CARDS.child("mistyped").n += 1
        return _refused(request, card, session, form)
    made = await parts.desk.tokenise(secret, card)
    FRAME_CARDS.child(made.outcome).n += 1
    problems = _PROBLEMS.get(made.outcome)
    if problems is not None:
        return _refused(request, problems, session, form)
    return _made(request, made, session) if made.outcome == "made" else told(request, made.outcome, session)


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
    if is_script(request):
        return Response({"token": made.token, "location": location}, status_code=200)
    if location:
        return Response("", status_code=303, headers={"location": location})
    return told(request, "done", session)


def _refused(
    request: Request[Any, Any, Any], problems: Problems, session: FrameSession, form: dict[str, str]
) -> Response[Any]:
    if is_script(request):
        said = {name: problem_text(code, session) for name, code in problems.items()}
        return Response({"problems": said}, status_code=422)
    typed = form.get("expiry", "").strip()
    page, policy = card_page(session, problems, expiry=typed if _SHOWN_EXPIRY.fullmatch(typed) else "")
    return page_answer(page, policy, status=422)


async def _session(desk: Desk, secret: str) -> FrameSession:
    return await desk.session(secret) if _SECRET.fullmatch(secret) else FrameSession("unknown")


def _on_silent(request: Request[Any, Any, Any], _error: Exception) -> Response[Any]:
    return told(request, "silent")


def _on_crowded(request: Request[Any, Any, Any], error: Crowded) -> Response[Any]:
    answer = told(request, "too_often" if error.status == 429 else "silent")
    answer.headers["retry-after"] = str(error.retry_after_s)
    return answer


def _on_malformed(request: Request[Any, Any, Any], _error: Exception) -> Response[Any]:
    return told(request, "malformed")


def _on_defect(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    # Where, and never with what: values around it may hold a number.
    _log.error("frame_failed", error=type(error).__name__, at=_place_of(error))
    return told(request, "silent")


def _place_of(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return f"{Path(last[0].filename).name}:{last[0].lineno}" if last else ""


def _on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    answer = told(request, "unknown" if error.status_code == 404 else "malformed")
    answer.status_code = error.status_code
    return answer


class _Headers:
    """ASGI: adds what every answer carries."""

    def __init__(self, app: Any, *, is_strict: bool) -> None:
        self._app = app
        self._headers = (*_HEADERS, STRICT_TRANSPORT) if is_strict else _HEADERS

    async def __call__(self, scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        async def send_more(message: Any) -> None:
            if message["type"] == "http.response.start":
                names = {name.lower() for name, _ in message["headers"]}
                added = [header for header in self._headers if header[0] not in names]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self._app(scope, receive, send_more if scope["type"] == "http" else send)


def serve(parts: Parts, *, frame_url: str) -> Any:
    """Return what the server runs; `frame_url` is where browsers find it."""
    admission = Admission(
        process="card_frame",
        proxies=parts.proxies,
        live_paths=frozenset(),
        live_max=0,
        session_of=lambda _headers: b"",
    )
    app = Litestar(
        [show_page, take_card, static_file, go_to_issuer, come_back, take_results],
        state=State({"parts": parts}),
        middleware=[admission.around],  # pyright: ignore[reportArgumentType]
        exception_handlers={
            DeskSilent: _on_silent,
            Crowded: _on_crowded,
            FormMalformed: _on_malformed,
            WordRefused: _on_malformed,
            BodyStalled: _on_malformed,
            BodyCut: _on_malformed,
            HTTPException: _on_http,
            Exception: _on_defect,
        },
        request_max_body_size=BODY_BYTES_MAX,
        logging_config=None,
        openapi_config=None,
    )
    return _Headers(app, is_strict=is_public_https(frame_url))
