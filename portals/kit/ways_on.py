"""Where to go on from an address that has no page of its own, or that asks for what is not searched."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

from litestar import Litestar
from litestar.routes import HTTPRoute

from observability.redaction import holds_card_number

NOT_SEARCHED: Final = "not_searched"
"""The parameter that names the fields which held a card number."""

FIELD_NAME: Final = re.compile(r"[a-z_]{1,40}")
"""What a field that held a card number may be called, where its name comes from an address."""

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
    """Return the address without its card numbers, None when it has none."""
    kept = [(name, value) for name, value in query if not holds_card_number(value) and name != NOT_SEARCHED]
    taken = {name for name, value in query if holds_card_number(value) and FIELD_NAME.fullmatch(name)}
    if len(kept) == len(query) or not taken:
        return None
    return f"{path}?{urlencode([*kept, *((NOT_SEARCHED, name) for name in sorted(taken))])}"
