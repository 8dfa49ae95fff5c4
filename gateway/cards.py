"""Keeps card numbers that somebody typed out of the bus, the database and the logs (P3.5.1)."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from core.contracts.desk import FieldProblem
from core.values.card_numbers import holds_card_number
from gateway.problems import Problem

_SECRETS: Final = frozenset(
    {"password", "new_password", "token", "pending", "device", "passkey", "recovery_code"}
)
"""What a machine drew or nobody may read: it is hashed or checked, and never shown nor kept as it is."""

_PROOFS: Final = "core.contracts.access"
"""Where the field `code` is a secret too: the number of a second factor, or what an identity provider sent."""

_CURSORS: Final = frozenset({"after", "before", "cursor"})
"""At the top of a body: our own, with what the last row held; it is compared and never kept."""

_PHONES: Final = frozenset({"phone", "contact_phone"})
_PHONE_DIGITS_MAX: Final = 13
_REFERENCES: Final = frozenset({"rrn", "original_rrn"})
_REFERENCE_CHARACTERS: Final = 12
_PATH_CHARACTERS_MAX: Final = 120


def refuse_card_numbers(body: msgspec.Struct) -> None:
    """Raise Problem, naming the fields of a body that hold a whole card number."""
    found: list[str] = []
    for path, text in _texts(body):
        if holds_card_number(text) and not _is_expected(path, text) and path not in found:
            found.append(path)
    if found:
        raise Problem(
            "card_number_refused", errors=[FieldProblem(path, "card_number") for path in found[:20]]
        )


def kept_key(key: str) -> str:
    """Return what may be kept of a key that a client chose: itself, or its hash where it looks like a card number.

    Numbers of orders do so now and then, and the write that comes under one is as good as any.
    """
    return hashlib.sha256(key.encode()).hexdigest() if holds_card_number(key) else key


def _is_expected(path: str, text: str) -> bool:
    """Whether a number stands where such a number is asked for, and is no longer than one."""
    name = path.rpartition(".")[2]
    if name in _PHONES:
        return sum(sign.isdigit() for sign in text) <= _PHONE_DIGITS_MAX
    return name in _REFERENCES and len(text) == _REFERENCE_CHARACTERS


def _texts(body: msgspec.Struct) -> Iterator[tuple[str, str]]:
    """Yield every text in a body with its path, however deep, and every name that a caller chose."""
    left: list[tuple[str, Any]] = [
        (name, getattr(body, name)) for name in _readable(body) if name not in _CURSORS
    ]
    left.reverse()
    while left:
        path, value = left.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, msgspec.Struct):
            left += [(_under(path, name), getattr(value, name)) for name in reversed(_readable(value))]
        elif isinstance(value, Mapping):
            for name, item in value.items():
                # The name may be what must not be said again.
                yield path, str(name)
                left.append((path if holds_card_number(str(name)) else _under(path, str(name)), item))
        elif isinstance(value, (list, tuple, set, frozenset)):
            left += [(f"{path}[{number}]", item) for number, item in enumerate(value)][::-1]
        elif isinstance(value, msgspec.Raw):
            left.append((path, msgspec.msgpack.decode(value)))


def _readable(value: msgspec.Struct) -> list[str]:
    proof = type(value).__module__ == _PROOFS
    return [
        name
        for name in value.__struct_fields__
        if name not in _SECRETS and not (proof and name in {"code", "codes"})
    ]


def _under(path: str, name: str) -> str:
    return f"{path}.{name[:40]}" if len(path) < _PATH_CHARACTERS_MAX else path
