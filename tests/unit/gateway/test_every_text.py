"""No field of any body forgets what a text may be: each one is tried, by its type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.routes import HTTPRoute
from msgspec import inspect

from core.contracts.texts import TextsRefused, tidied
from gateway.app import build_app
from gateway.bodies import place_text

REFUSED = {
    "\u200b": "invisible",
    "\u3164": "invisible",
    "a\u202eb": "direction_mark",
    "a\x00b": "control_character",
}
OPAQUE = frozenset({"password", "new_password", "pending", "token", "device", "state", "code", "logo"})
"""What is compared or hashed as it came, or is bytes."""


def _bodies() -> Iterator[tuple[str, Any]]:
    for route in build_app(None).routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                field = handler.parsed_data_field
                if field is not None:
                    yield f"{method} {route.path}", field.annotation


def _texts(info: Any, place: tuple[str | int, ...], depth: int = 0) -> Iterator[tuple[str | int, ...]]:
    """Yield the place of every string of a type."""
    match info:
        case inspect.Metadata():
            yield from _texts(info.type, place, depth)
        case inspect.StrType():
            yield place
        case inspect.StructType() if depth < 8:
            for field in info.fields:
                yield from _texts(field.type, (*place, field.encode_name), depth + 1)
        case inspect.ListType() | inspect.VarTupleType():
            yield from _texts(info.item_type, (*place, 0), depth + 1)
        case inspect.DictType() if not isinstance(info.value_type, inspect.AnyType):
            yield from _texts(info.value_type, (*place, "walk"), depth + 1)
        case inspect.UnionType():
            for each in info.types:
                yield from _texts(each, place, depth)


def _placed(place: tuple[str | int, ...], value: str) -> Any:
    made: Any = value
    for step in reversed(place):
        made = [made] if isinstance(step, int) else {step: made}
    return made


_FOUND = [
    pytest.param(kind, place, id=f"{name} {place_text(place)}")
    for name, kind in _bodies()
    for place in _texts(inspect.type_info(kind), ())
]


def _is_opaque(place: Any, kind: Any) -> bool:
    read = _placed(place, " \u200b")
    try:
        return place[-1] in OPAQUE and tidied(read, kind) == read
    except TextsRefused:
        return False


CASES = [each for each in _FOUND if not _is_opaque(each.values[1], each.values[0])]
OPAQUE_CASES = [each for each in _FOUND if _is_opaque(each.values[1], each.values[0])]


@pytest.mark.parametrize(("kind", "place"), CASES)
def test_a_text_that_shows_nothing_or_hides_something_is_refused(
    kind: Any, place: tuple[str | int, ...]
) -> None:
    for text, code in REFUSED.items():
        read = _placed(place, text)
        with pytest.raises(TextsRefused) as refused:
            tidied(read, kind)
        assert refused.value.found == [(place, code)]


@pytest.mark.parametrize(("kind", "place"), OPAQUE_CASES)
def test_a_secret_is_taken_as_it_came(kind: Any, place: tuple[str | int, ...]) -> None:
    read = _placed(place, " \u200b")
    assert tidied(read, kind) == read


def test_the_walk_meets_every_body() -> None:
    assert len(CASES) > 150
    assert len(OPAQUE_CASES) > 10
