"""Core's answers as contracts. One row that its contract does not allow spoils that row, never the page around it."""

import types
import typing
from typing import Any, Final, TypeVar

import msgspec
import structlog

DEPTH_MAX: Final = 8

Result = TypeVar("Result")

_log = structlog.get_logger("gateway.decoding")


def decode_answer(raw: bytes | msgspec.Raw, shape: type[Result]) -> Result:
    """Return an answer of core's.

    Rows of a list that cannot be read are left out and logged by their id. Raises: msgspec.ValidationError when the
    answer itself, apart from its lists, is not what it should be.
    """
    try:
        return msgspec.msgpack.decode(raw, type=shape)
    except msgspec.ValidationError:
        return msgspec.convert(_without_unreadable(msgspec.msgpack.decode(raw), shape, DEPTH_MAX), shape)


def _without_unreadable(value: Any, shape: Any, depth: int) -> Any:
    """Return a decoded value without the items of its lists that their type refuses."""
    if depth == 0:
        return value
    item_shape = _item_of(shape)
    if isinstance(value, list) and item_shape is not None:
        kept = (_readable(item, item_shape, depth - 1) for item in value)
        return [item for item in kept if item is not _UNREADABLE]
    fields = _fields_of(shape)
    if isinstance(value, dict) and fields:
        return {
            name: _without_unreadable(each, fields[name], depth - 1) if name in fields else each
            for name, each in value.items()
        }
    return value


def _readable(item: Any, shape: Any, depth: int) -> Any:
    try:
        msgspec.convert(item, shape)
    except msgspec.ValidationError as error:
        mended = _without_unreadable(item, shape, depth)
        try:
            msgspec.convert(mended, shape)
        except msgspec.ValidationError:
            row_id = item.get("id") if isinstance(item, dict) else None
            _log.error(
                "row_unreadable", row_id=row_id, shape=str(shape), error=str(error).split(" - at ")[-1]
            )
            return _UNREADABLE
        return mended
    return item


def _item_of(shape: Any) -> Any:
    """Return the type of a list's items, looked for through Annotated and unions; None for what is no list."""
    for each in _members(shape):
        if typing.get_origin(each) is list:
            return typing.get_args(each)[0]
    return None


def _fields_of(shape: Any) -> dict[str, Any]:
    for each in _members(shape):
        if isinstance(each, type) and issubclass(each, msgspec.Struct):
            return {field.encode_name: field.type for field in msgspec.structs.fields(each)}
    return {}


def _members(shape: Any) -> list[Any]:
    origin = typing.get_origin(shape)
    if origin is typing.Annotated:
        return _members(typing.get_args(shape)[0])
    if origin in (typing.Union, types.UnionType):
        return [member for each in typing.get_args(shape) for member in _members(each)]
    return [shape]


_UNREADABLE: Final = object()
