"""Keeps card numbers that somebody typed out of the bus, the database and the logs (P3.5.1)."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from core.contracts.desk import FieldProblem
from core.values.card_numbers import holds_card_number
from gateway.problems import Problem

_SECRETS: Final = ("password", "code", "token", "pending", "device", "passkey", "key")
"""What ends so holds what a machine drew or nobody may read: it is hashed or checked, and never shown."""

_DEPTH_MAX: Final = 6


def refuse_card_numbers(body: msgspec.Struct) -> None:
    """Raise Problem, naming the fields of a body that hold a whole card number."""
    found = [path for path, text in _texts(body, "", 0) if holds_card_number(text)]
    if found:
        raise Problem(
            "card_number_refused", errors=[FieldProblem(path, "card_number") for path in found[:20]]
        )


def _texts(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif depth >= _DEPTH_MAX:
        return
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            if not name.endswith(_SECRETS):
                yield from _texts(getattr(value, name), f"{path}.{name}" if path else name, depth + 1)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(item, f"{path}.{str(name)[:40]}" if path else str(name)[:40], depth + 1)
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from _texts(item, f"{path}[{number}]", depth + 1)
