"""The pages of the card frame, their files, and the headers that say who may embed them."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from core.contracts.cards import Challenge, FrameSession, Language, Purpose
from core.values.money import money_text
from core.values.web_pages import origin_of, with_parameter
from edge.cards.typed import FieldName, Problems
from edge.cards.words import day_text, say

_FOLDER: Final = Path(__file__).with_name("page")
_TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}

# An address that is no open page names no shop that may embed it: anybody may, as it says the same to everybody.
_ANYBODY: Final = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
)


# A button says what it does: a settlement is confirmed on the page that its card leads back to.
_SENDS: Final[Mapping[Purpose, str]] = {
    "purchase": "send_pay",
    "settlement": "send_use",
    "change": "send_keep",
}


class StaticFile(NamedTuple):
    """A file that is named by its content."""

    address: str
    content: bytes
    media_type: str


class _Field(NamedTuple):
    name: FieldName
    label: str
    help: str
    autocomplete: str
    length: int
    problem: str
    value: str


def _static(name: str) -> StaticFile:
    path = _FOLDER / name
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:12]
    return StaticFile(f"/static/{path.stem}-{digest}{path.suffix}", content, _TYPES[path.suffix])


_CSS: Final = _static("frame.css")
_JS: Final = _static("frame.js")
_CHALLENGE_JS: Final = _static("challenge.js")
FILES: Final[Mapping[str, StaticFile]] = {
    each.address.rpartition("/")[2]: each for each in (_CSS, _JS, _CHALLENGE_JS)
}

_environment = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def policy_of(session: FrameSession) -> str:
    """Return the content security policy of a page: its session's origin alone may embed it, and is led back to."""
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
        f"form-action 'self' {session.origin}; frame-ancestors {session.origin}"
    )


def card_page(session: FrameSession, problems: Problems, *, expiry: str = "") -> tuple[str, str]:
    """Return the page on which a card is typed, and its policy. Neither number nor code is ever said again."""
    language = session.language
    facts = {"amount": amount_of(session), "payee": session.payee}

    def field(name: FieldName, autocomplete: str, length: int, value: str = "") -> _Field:
        problem = problem_text(problems[name], session) if name in problems else ""
        return _Field(
            name, say(name, language), say(f"{name}_help", language), autocomplete, length, problem, value
        )

    pays = session.purpose != "change" and session.amount_minor >= 0
    purpose = session.purpose if pays or session.purpose == "change" else "purchase_of_nothing"
    page = _environment.get_template("frame.html").render(
        language=language,
        session=session,
        say=lambda code, **said: say(code, language, **said),
        purpose=say(purpose, language, **facts),
        send=say(_SENDS[session.purpose] if pays else "send_keep", language, **facts),
        problems=problems,
        fields=(
            field("number", "cc-number", 23),
            field("expiry", "cc-exp", 9, expiry),
            field("code", "cc-csc", 4),
        ),
        css=_CSS.address,
        js=_JS.address,
    )
    return page, policy_of(session)


def challenge_page(challenge: Challenge, request: str) -> tuple[str, str]:
    """Return the page that leads on to the issuer, and its policy: a form that goes there and nowhere else."""
    language = challenge.language
    page = _environment.get_template("challenge.html").render(
        language=language,
        challenge=challenge,
        request=request,
        say=lambda code, **said: say(code, language, **said),
        css=_CSS.address,
        js=_CHALLENGE_JS.address,
    )
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; "
        f"form-action {origin_of(challenge.acs_url)}; frame-ancestors {origin_of(challenge.return_url)}"
    )
    return page, policy


def state_page(state: str, language: Language, session: FrameSession | None = None) -> tuple[str, str]:
    """Return the page that says why no card can be typed here, and its policy."""
    page = _environment.get_template("state.html").render(
        language=language,
        say=lambda code: say(code, language),
        text=say(f"state.{state}", language),
        return_url=session.return_url if session is not None else "",
        css=_CSS.address,
    )
    return page, policy_of(session) if session is not None and session.origin else _ANYBODY


def problem_text(code: str, session: FrameSession) -> str:
    """Return what is said beside a field."""
    return say(code, session.language, last_debit=day_text(session.needed_until, session.language))


def amount_of(session: FrameSession) -> str:
    """Return what is paid at once as people write it, empty for nothing."""
    if session.amount_minor < 0:
        return ""
    return money_text(session.amount_minor, session.currency, session.language)


def way_back(session: FrameSession, token: str) -> str:
    """Return where the browser goes with a token, empty where the session names no page."""
    if not session.return_url:
        return ""
    return with_parameter(session.return_url, "card_token", token)
