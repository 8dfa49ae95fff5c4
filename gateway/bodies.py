"""Bodies: JSON (RFC 8259) of a bounded depth, each name once, whole numbers, texts as they are kept.

A body becomes the Struct that its route asks for here and nowhere else: the framework would take "5" and 5.0 for a
number, and the last of two fields of one name.
"""

import json
import re
import types
import typing
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, NoReturn

import msgspec
from litestar import Request
from litestar.exceptions import ValidationException

from core.contracts import ids
from core.contracts.desk import FieldProblem
from core.contracts.texts import Place, TextsRefused, tidied
from gateway.problems import Problem

DEPTH_MAX: Final = 32
_DIGITS_MAX: Final = 20
_INTEGERS: Final = range(-(2**63), 2**63)
_FAULTS_MAX: Final = 20
_BYTE_ORDER_MARK: Final = "\ufeff"
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET: Final = re.compile(rb"[\[\]{}]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_PLACED: Final = re.compile(r"(?P<message>.*?)(?: - at `(?:key in )?\$(?P<place>.*)`)?", re.DOTALL)
_NAMED: Final = re.compile(r"Object (?:missing required|contains unknown) field `(?P<name>.*)`", re.DOTALL)


class BodyRequest(Request[Any, Any, Any]):
    """A request whose JSON is read strictly, into what its route asks for."""

    async def json(self) -> Any:
        """Return the body as the route's own type. Raises: Problem, ValidationException."""
        refuse_other_types(self.content_type, self.headers.get("content-encoding", ""))
        field = self.route_handler.parsed_data_field
        read = read_json(await self.body())
        return read if field is None else read_body(read, field.annotation)


def refuse_other_types(content_type: tuple[str, Mapping[str, str]], encoding: str) -> None:
    """Refuse what does not call itself JSON in UTF-8. Raises: Problem."""
    kind, options = content_type
    charset = options.get("charset", "utf-8").strip('"').lower()
    if kind.lower() != "application/json" or charset not in ("utf-8", "utf8") or encoding:
        raise Problem("unsupported_media_type")


def read_json(raw: bytes) -> Any:
    """Return plain values. Raises: Problem, naming the field where there is one."""
    if _depth_of(raw) > DEPTH_MAX:
        raise Problem.of_field("body", "too_deep")
    try:
        text = raw.decode().removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        raise Problem.of_field("body", "not_utf8") from error
    try:
        read = json.loads(
            text, object_pairs_hook=_Object, parse_int=_integer, parse_constant=_refuse_constant
        )
    except ValueError as error:
        raise Problem.of_field("body", "not_json") from error
    faults = [FieldProblem(place_text(place), code) for place, code in _faults_in(read, ())]
    if faults:
        raise Problem("invalid_request", errors=faults[:_FAULTS_MAX])
    return read


def read_body(read: Any, kind: Any) -> Any:
    """Return plain values as `kind`, its texts as they are kept. Raises: Problem, ValidationException."""
    try:
        whole = tidied(read, kind)
    except TextsRefused as refused:
        raise Problem(
            "invalid_request",
            errors=[FieldProblem(place_text(place), code) for place, code in refused.found[:_FAULTS_MAX]],
        ) from refused
    try:
        return ids.convert(whole, kind)
    except msgspec.ValidationError as error:
        # The library stops at the first; whoever typed a form mends all of it at once. What is missing comes last.
        found = list(_refused_fields(whole, kind)) or [_sentence_and_place(str(error))]
        raise ValidationException(
            extra=[
                {"key": place, "message": message, "source": "body"} for message, place in found[:_FAULTS_MAX]
            ]
        ) from error


def place_text(place: Place) -> str:
    """Return how problems call a place: `stores[0].name`, `body` for the whole."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step[:40]}" for step in place)
    return text.removeprefix(".").encode("utf-8", "replace").decode() or "body"


class _Object(dict[str, Any]):
    """An object, and the names that stood in it twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeated: list[str] = []
        if len(self) < len(pairs):
            counted = Counter(name for name, _ in pairs)
            self.repeated = sorted(name for name, count in counted.items() if count > 1)


def _integer(digits: str) -> int:
    # Longer ones are not worth reading, and Python refuses them from 4,300 digits on.
    return int(digits) if len(digits) <= _DIGITS_MAX else _INTEGERS.stop


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _depth_of(raw: bytes) -> int:
    depth = deepest = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", raw)):
        depth += 1 if bracket[0] in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _faults_in(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        if _SURROGATE.search(value):
            yield place, "not_text"
    elif isinstance(value, int):
        if value not in _INTEGERS:
            yield place, "number_too_large"
    elif isinstance(value, _Object):
        for name in value.repeated:
            yield (*place, name), "repeated"
        for name, each in value.items():
            if _SURROGATE.search(name):
                yield (*place, name), "not_text"
            yield from _faults_in(each, (*place, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _faults_in(each, (*place, number))


def _refused_fields(value: Any, kind: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield what is wrong with each field that is there, and its name; of a list, the first that is wrong."""
    struct = _struct_of(kind)
    if struct is None or not isinstance(value, dict):
        try:
            ids.convert(value, kind)
        except msgspec.ValidationError as error:
            message, inner = _sentence_and_place(str(error), outermost="")
            yield (
                message,
                (f"{place}{inner}" if inner.startswith("[") else f"{place}.{inner}").strip(".") or "body",
            )
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    for name, field in fields.items():
        inside = f"{place}.{name}".removeprefix(".")
        if name in value:
            yield from _refused_fields(value[name], field.type, inside)
    if struct.__struct_config__.forbid_unknown_fields:
        for name in value.keys() - fields.keys():
            yield f"Object contains unknown field `{name[:40]}`", f"{place}.{name[:40]}".removeprefix(".")


def _struct_of(kind: Any) -> type[msgspec.Struct] | None:
    """Return the one Struct that a type stands for, such as `Struct | None`; None where it is none, or may be several."""
    members = [each for each in typing.get_args(kind) if each is not types.NoneType] or [kind]
    if typing.get_origin(kind) not in (None, typing.Union, types.UnionType) or len(members) != 1:
        return None
    (only,) = members
    return only if isinstance(only, type) and issubclass(only, msgspec.Struct) else None


def _sentence_and_place(message: str, *, outermost: str = "body") -> tuple[str, str]:
    """Return what is wrong and the name of the field, which msgspec says in the sentence or behind it."""
    found = _PLACED.fullmatch(message)
    assert found is not None  # the pattern takes any text
    place = (found["place"] or "").removeprefix(".")
    named = _NAMED.fullmatch(found["message"])
    if named is not None:
        place = f"{place}.{named['name'][:40]}".removeprefix(".")
    return found["message"], place or outermost
