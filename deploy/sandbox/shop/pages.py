"""The shop's pages: templates beside, words in two languages, files named by their content."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from core.values.bilingual import Language, load_bilingual
from core.values.money import money_text
from core.values.web_pages import origin_of
from deploy.sandbox.shop.goods import Basket
from deploy.sandbox.simulators.cards import CARDS
from observability.small_http import Response

NOBODY: Final = "'none'"
HTML: Final = "text/html; charset=utf-8"
WORDS: Final = load_bilingual(Path(__file__).with_name("words.toml"))
SHOWN_CARDS: Final = ("approve-cb", "challenge", "insufficient-funds", "not-authenticated", "no-reply")
_FOLDER: Final = Path(__file__).with_name("page")
_TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_MONTHS: Final = {
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
           "novembre", "décembre"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
}  # fmt: skip


class Links(NamedTuple):
    """Where else the sandbox leads; empty where that does not run."""

    space: str = ""
    receiver: str = ""
    mailbox: str = ""


class Visit(NamedTuple):
    """Who looks: in which language, with what in the basket, at which address."""

    language: Language
    basket: Basket
    here: str
    links: Links


def _file(name: str) -> tuple[str, bytes, str]:
    path = _FOLDER / name
    content = path.read_bytes()
    return (
        f"{path.stem}-{hashlib.sha256(content).hexdigest()[:12]}{path.suffix}",
        content,
        _TYPES[path.suffix],
    )


_CSS: Final = _file("shop.css")
_JS: Final = _file("pay.js")
FILES: Final[Mapping[str, tuple[bytes, str]]] = {name: (content, kind) for name, content, kind in (_CSS, _JS)}
_environment = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(
    visit: Visit, template: str, *, status: int = 200, frame: str = "", refresh: int = 0, **facts: Any
) -> Response:
    """Return a page. `frame`: the address of a card's page, which may stand in this one and is led to from it."""
    language = visit.language
    content = _environment.get_template(template).render(
        language=language,
        say=lambda code, **said: say(code, language, **said),
        money=lambda minor: money_text(minor, "EUR", language),
        amounts=lambda ranges: amounts_text(ranges, language),
        day=lambda iso: day_text(iso, language),
        count=sum(visit.basket.values()),
        here=visit.here,
        links=visit.links,
        css=_CSS[0],
        js=_JS[0],
        refresh=refresh,
        frame=frame,
        frame_origin=origin_of(frame),
        cards=[(name, _grouped(CARDS[name].pan)) for name in SHOWN_CARDS],
        **facts,
    )
    origin = origin_of(frame)
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {origin}; frame-src {origin or NOBODY}"
    )
    headers = (
        ("content-security-policy", policy),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
    )
    return Response(status, content.encode(), HTML, headers)


def say(code: str, language: Language, /, **facts: object) -> str:
    """Return words in a language. Raises: KeyError."""
    return WORDS[code].said(language, **facts)


def day_text(iso: str, language: Language) -> str:
    """Return a day as people write it: 1er mars 2027, 1 March 2027."""
    day = date.fromisoformat(iso)
    first = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return f"{first} {_MONTHS[language][day.month - 1]} {day.year}"


def amounts_text(ranges: Sequence[tuple[int, int]], language: Language) -> str:
    """Return ranges of cents as people say them: de 50,00 € à 500,00 € ou de 1 000,00 € à 3 000,00 €."""
    said = [
        say("from_to", language, low=money_text(low, "EUR", language), high=money_text(high, "EUR", language))
        for low, high in ranges
    ]
    return f" {say('or', language)} ".join(said)


def _grouped(number: str) -> str:
    return " ".join(number[place : place + 4] for place in range(0, len(number), 4))
