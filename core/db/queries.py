"""Named statements: `queries.sql` beside a `store.py`, loaded once at import.

Shape of the file: `-- name: insert_attempts` on a line of its own, comments on the lock or index relied upon,
then one statement. A test prepares every statement against the migrated schema and fails on unused names.
Members of closed sets are written by name, `state = :State.SENT`, and become their number when the file is loaded,
so that plans keep their constants.
"""

import re
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import Final

from core.contracts import host_messages, reasons, states

_SETS: Final[dict[str, type[IntEnum]]] = {
    name: each
    for module in (states, reasons, host_messages)
    for name, each in vars(module).items()
    if isinstance(each, type) and issubclass(each, IntEnum) and each is not IntEnum
}
# A cast (`::State`) has two colons.
_MEMBER = re.compile(r"(?<!:):([A-Z][A-Za-z]*)\.([A-Z_]+)\b")
_NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)\s*$", re.MULTILINE)


class Queries:
    """The statements of one file, as attributes."""

    def __init__(self, statements: dict[str, str], path: Path) -> None:
        self._statements = statements
        self.path = path

    def __getattr__(self, name: str) -> str:
        try:
            return self._statements[name]
        except KeyError:
            raise AttributeError(f"{self.path} has no statement named {name}") from None

    def renamed(self, names: Mapping[str, str]) -> "Queries":
        """Return the same statements of other tables: each whole word that is a key of `names` is the other word."""
        words = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b")
        return Queries(
            {
                name: words.sub(lambda found: names[found[1]], statement)
                for name, statement in self._statements.items()
            },
            self.path,
        )

    def items(self) -> list[tuple[str, str]]:
        """Return every name with its statement."""
        return list(self._statements.items())


def load(path: Path) -> Queries:
    """Return the statements of a `queries.sql`.

    Raises: ValueError, when a name stands twice, a statement is empty, or a member does not exist.
    """
    parts = _NAME.split(with_numbers(path.read_text(encoding="utf-8"), path))
    statements: dict[str, str] = {}
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        statement = text.strip().removesuffix(";")
        if name in statements or not statement:
            raise ValueError(f"{path}: the statement {name} is empty or stands twice")
        statements[name] = statement
    return Queries(statements, path)


def with_numbers(text: str, path: Path) -> str:
    """Return SQL with each member of a closed set as its number. Raises: ValueError for one that does not exist."""

    def number(found: re.Match[str]) -> str:
        try:
            return str(int(_SETS[found[1]][found[2]]))
        except KeyError:
            raise ValueError(f"{path}: no closed set has a member {found[0][1:]}") from None

    return _MEMBER.sub(number, text)


def load_beside(module_file: str) -> Queries:
    """Return the statements of the `queries.sql` in the folder of a module: pass `__file__`."""
    return load(Path(module_file).with_name("queries.sql"))
