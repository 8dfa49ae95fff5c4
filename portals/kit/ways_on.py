"""Where to go on from an address that has no page of its own, or that asks for what is not searched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from litestar import Litestar
from litestar.routes import HTTPRoute

from observability.redaction import holds_card_number

NOT_SEARCHED: Final = "not_searched"
"""The parameter that names the fields which held a card number."""

_CARD_DIGITS_MIN: Final = 12
_NAME: Final = re.compile(r"[a-z_]{1,40}")
_PLACE: Final = re.compile(r"\{[^}]*\}")


def page_around(app: Litestar, path: str) -> str:
    """Return the page that an address for sending belongs to: the nearest above it that can be read."""
    readable = {
        _PLACE.sub("{}", route.path)
        for route in app.routes
        if isinstance(route, HTTPRoute) and "GET" in route.route_handler_map
    }
    parts = [part for part in path.split("/") if part]
    for route in app.routes:
        pattern = [part for part in route.path.split("/") if part]
        if (
            len(pattern) != len(parts)
            or not isinstance(route, HTTPRoute)
            or "POST" not in route.route_handler_map
        ):
            continue
        if not all(told.startswith("{") or told == part for told, part in zip(pattern, parts, strict=True)):
            continue
        for length in range(len(parts) - 1, 0, -1):
            if "/" + "/".join(_PLACE.sub("{}", told) for told in pattern[:length]) in readable:
                return "/" + "/".join(parts[:length])
    return "/"


def names_card_number(query: list[tuple[str, str]]) -> bool:
    """Return whether a parameter holds what looks like a card number, which no page searches or keeps in its address."""
    return any(holds_card_number(value) for _, value in query)


def without_card_numbers(path: str, query: list[tuple[str, str]]) -> str | None:
    """Return the address without what may be a card number, None when nothing of it may be one."""
    kept = [(name, value) for name, value in query if not _may_be_card(value) and name != NOT_SEARCHED]
    taken = {name for name, value in query if _may_be_card(value) and _NAME.fullmatch(name)}
    if len(kept) == len(query) or not taken:
        return None
    return f"{path}?{urlencode([*kept, *((NOT_SEARCHED, name) for name in sorted(taken))])}"


class Above:
    """What a page says above its content, of what has no place in it."""

    def __init__(self, told: str = "", not_searched: Sequence[str] = ()) -> None:
        self.told = told  # once, of what came before
        self.is_told = False
        self.not_searched = [name for name in not_searched if _NAME.fullmatch(name)]
        self.errors: Mapping[str, str] = {}
        self.kept = ""  # what became of a form that is not on this page, and the way back to it
        self.back = ""
        self.words: Sequence[str] = ()  # that were typed into it
        self.left: Sequence[str] = ()  # fields that held a card number and are not here
        self._beside: set[str] = set()

    def tell(self) -> str:
        """Return the sentence, and note that it was said."""
        self.is_told = True
        return self.told

    def at_field(self, name: str) -> bool:
        """Whether a field must say that it held a card number; one that has no field is told above the content."""
        self._beside.add(name)
        return name in self.not_searched

    @property
    def nowhere(self) -> list[str]:
        """What was not searched and has no field here."""
        return [name for name in self.not_searched if name not in self._beside]


def _may_be_card(value: str) -> bool:
    digits = sum(letter.isdecimal() for letter in value)
    return digits >= _CARD_DIGITS_MIN
