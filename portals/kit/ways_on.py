"""Where to go on from an address that has no page of its own, or that asks for what is not searched."""

from __future__ import annotations

import re
from html import escape
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


def beside_fields(page: str, names: list[str], text: str) -> str:
    """Return the page with `text` by each of these fields, above the content where it has none of them."""
    said = f'<p class="field-error" role="alert">{escape(text)}</p>'
    for name in names:
        if not _NAME.fullmatch(name):
            continue
        # The box in the header has no room beside it.
        main = page.find('<main id="main"')
        field = re.compile(rf'<input\b[^>]*\bname="{name}"[^>]*>').search(page, max(main, 0))
        at = field.end() if field else page.find(">", main) + 1
        if main >= 0:
            page = page[:at] + said + page[at:]
    return page


def with_notice(page: str, text: str) -> str | None:
    """Return the page, or the record of a side panel, with a sentence above it; None for smaller parts of a page."""
    said = f'<div class="notice" role="status" tabindex="-1" data-takes-focus><div>{escape(text)}</div></div>'
    main, head = page.find('<main id="main"'), page.find('<article class="record"')
    if main >= 0:
        at = page.find(">", main) + 1
    elif head >= 0:
        end = page.find("</header>", head)
        at = end + len("</header>") if end >= 0 else page.find(">", head) + 1
    else:
        return None
    return page[:at] + said + page[at:]


def _may_be_card(value: str) -> bool:
    digits = sum(letter.isdecimal() for letter in value)
    return digits >= _CARD_DIGITS_MIN
