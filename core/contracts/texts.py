"""Which strings of a request are texts of people. All are, of one line, unless their type says otherwise.

A field forgets nothing by saying nothing: `tidied` reads the types, and what it tidies is every string but those of
`Opaque`. `Lines` keeps its line ends.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import inspect

from core.values.texts import TextRefused, kept_line, kept_lines

_HOW: Final = "guichet_text"
LINES: Final = msgspec.Meta(extra={_HOW: "lines"})
"""A text of several lines, in `Annotated[str, msgspec.Meta(max_length=…), LINES]`."""

OPAQUE: Final = msgspec.Meta(extra={_HOW: "opaque"})
"""A password, a token, a code: compared or hashed as it came, shown to nobody."""

Lines = Annotated[str, LINES]
Opaque = Annotated[str, OPAQUE]

Place: TypeAlias = tuple[str | int, ...]
_Tidy: TypeAlias = Callable[[Any, Place, list[tuple[Place, str]]], Any]


class TextsRefused(ValueError):
    """Texts that are not kept: where each stands, and why."""

    def __init__(self, found: list[tuple[Place, str]]) -> None:
        super().__init__("texts refused")
        self.found = found


def tidied(value: Any, kind: Any) -> Any:
    """Return plain values (of JSON, before they are checked against `kind`) with their texts as they are kept.

    What does not have the shape of its type stays as it is: whoever checks the types says so.

    Raises: TextsRefused.
    """
    found: list[tuple[Place, str]] = []
    made = _tidy_of(kind)(value, (), found)
    if found:
        raise TextsRefused(found)
    return made


@functools.cache
def _tidy_of(kind: Any) -> _Tidy:
    return _made(inspect.type_info(kind), "line", {})


def _made(info: Any, how: str, known: dict[type, "_Struct"]) -> _Tidy:
    match info:
        case inspect.Metadata():
            return _made(info.type, (info.extra or {}).get(_HOW, how), known)
        case inspect.StrType():
            return {"line": _line, "lines": _lines, "opaque": _as_it_is}[how]
        case inspect.StructType():
            if info.cls not in known:
                known[info.cls] = struct = _Struct()
                struct.fields = {field.encode_name: _made(field.type, "line", known) for field in info.fields}
            return known[info.cls]
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            return functools.partial(_each, _made(info.item_type, how, known))
        case inspect.DictType():
            return functools.partial(_every, _made(info.value_type, how, known))
        case inspect.UnionType():
            return functools.partial(_first, [_made(each, how, known) for each in info.types])
    return _as_it_is


class _Struct:
    """An object with named fields; it may hold itself."""

    def __init__(self) -> None:
        self.fields: dict[str, _Tidy] = {}

    def __call__(self, value: Any, place: Place, found: list[tuple[Place, str]]) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {
            name: self.fields[name](each, (*place, name), found) if name in self.fields else each
            for name, each in value.items()
        }


def _line(value: Any, place: Place, found: list[tuple[Place, str]]) -> Any:
    return _text(kept_line, value, place, found)


def _lines(value: Any, place: Place, found: list[tuple[Place, str]]) -> Any:
    return _text(kept_lines, value, place, found)


def _text(keep: Callable[[str], str], value: Any, place: Place, found: list[tuple[Place, str]]) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return keep(value)
    except TextRefused as refused:
        found.append((place, refused.code))
        return value


def _as_it_is(value: Any, place: Place, found: list[tuple[Place, str]]) -> Any:  # noqa: ARG001 -- one shape for all.
    return value


def _each(tidy: _Tidy, value: Any, place: Place, found: list[tuple[Place, str]]) -> Any:
    if not isinstance(value, list):
        return value
    return [tidy(each, (*place, number), found) for number, each in enumerate(value)]


def _every(tidy: _Tidy, value: Any, place: Place, found: list[tuple[Place, str]]) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: tidy(each, (*place, str(name)), found) for name, each in value.items()}


def _first(choices: list[_Tidy], value: Any, place: Place, found: list[tuple[Place, str]]) -> Any:
    """Tidy by the choice that changes the value: of a union, one has its shape."""
    for tidy in choices:
        count = len(found)
        made = tidy(value, place, found)
        if made != value or len(found) > count:
            return made
    return value
