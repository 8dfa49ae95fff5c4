"""What the handlers of the card frame share: their parts, how a form is read, how a page or a state is answered."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Request, Response

from core.contracts.cards import FrameSession, Language
from edge.cards.attempts import Attempts
from edge.cards.desk import Desk
from edge.cards.issuers import Issuers
from edge.cards.pages import state_page
from edge.cards.words import say
from observability.client_address import FORWARDED, TrustedProxies

FIELDS_MAX: Final = 8
_FORM: Final = "application/x-www-form-urlencoded"
_HTML: Final = "text/html; charset=utf-8"
_STATUS: Final = {
    "unknown": 404,
    "used": 410,
    "expired": 410,
    "malformed": 400,
    "too_often": 429,
    "silent": 503,
    "done": 200,
}


class FormMalformed(Exception):
    """A body that no form of ours sends."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What handlers share."""

    desk: Desk
    attempts: Attempts
    issuers: Issuers
    proxies: TrustedProxies


async def form_of(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Return the fields of a form. Raises: FormMalformed."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise FormMalformed
    body = await request.body()
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX))
    except ValueError as error:
        raise FormMalformed from error


def told(request: Request[Any, Any, Any], state: str, session: FrameSession | None = None) -> Response[Any]:
    """Answer why nothing can be done here: as JSON for the page's script, else as a page."""
    language = session.language if session is not None and session.origin else language_of(request)
    if is_script(request):
        return Response({"state": state, "text": say(f"state.{state}", language)}, status_code=_STATUS[state])
    page, policy = state_page(state, language, session)
    return page_answer(page, policy, status=_STATUS[state])


def page_answer(page: str, policy: str, *, status: int) -> Response[Any]:
    """Answer with a page."""
    headers = {"content-security-policy": policy}
    return Response(page, status_code=status, media_type=_HTML, headers=headers)


def is_script(request: Request[Any, Any, Any]) -> bool:
    """Whether the page's script asks, and no browser by itself."""
    return "application/json" in request.headers.get("accept", "")


def language_of(request: Request[Any, Any, Any]) -> Language:
    """Return the language of a browser of which nothing else is known."""
    return "en" if request.headers.get("accept-language", "").strip().lower().startswith("en") else "fr"


def address_of(request: Request[Any, Any, Any], proxies: TrustedProxies) -> str:
    """Return whose browser it is."""
    peer = request.client.host if request.client is not None else ""
    return proxies.client_of(peer, request.headers.getall(FORWARDED, []))
