"""No body of any operation takes a field that it does not know: a misspelt one is refused instead of left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest
from litestar.routes import HTTPRoute
from msgspec import inspect

from gateway.app import build_app

_UNKNOWN: Final = "a_field_that_nobody_declared"


def _bodies() -> dict[str, Any]:
    return {
        f"{method} {route.path}": handler.parsed_data_field.annotation
        for route in build_app(None).routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if handler.parsed_data_field is not None
    }


def _structs(info: Any, met: set[Any]) -> Iterator[Any]:
    """Yield every structure that a type holds, itself included, each once."""
    match info:
        case inspect.Metadata():
            yield from _structs(info.type, met)
        case inspect.StructType() if info.cls not in met:
            met.add(info.cls)
            yield info.cls
            for field in info.fields:
                yield from _structs(field.type, met)
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            yield from _structs(info.item_type, met)
        case inspect.DictType():
            yield from _structs(info.value_type, met)
        case inspect.UnionType():
            for each in info.types:
                yield from _structs(each, met)


def _takes_an_unknown_field(struct: Any) -> bool:
    tag = {struct.__struct_config__.tag_field: struct.__struct_config__.tag}
    try:
        msgspec.convert({**(tag if struct.__struct_config__.tag is not None else {}), _UNKNOWN: 1}, struct)
    except msgspec.ValidationError as error:
        return f"unknown field `{_UNKNOWN}`" not in str(error)
    return True


def test_no_body_takes_a_field_that_it_does_not_know() -> None:
    bodies = _bodies()
    assert len(bodies) > 100
    open_ones = {
        f"{struct.__name__} in {shown}"
        for shown, annotation in bodies.items()
        for struct in _structs(inspect.type_info(annotation), set())
        if _takes_an_unknown_field(struct)
    }
    assert open_ones == set()


class _Closed(msgspec.Struct, forbid_unknown_fields=True):
    known: int


class _Open(msgspec.Struct):
    known: int = 0


@pytest.mark.parametrize(("struct", "takes"), [(_Closed, False), (_Open, True)])
def test_the_walk_would_find_one_that_does(struct: type[msgspec.Struct], takes: bool) -> None:
    assert _takes_an_unknown_field(struct) == takes
