"""Named statements: `queries.sql` beside a `store.py`, loaded once at import.

Shape of the file: `-- name: insert_attempts` on a line of its own, comments on the lock or index relied upon,
then one statement. A test prepares every statement against the migrated schema and fails on unused names.
"""

import re
from pathlib import Path

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

    def items(self) -> list[tuple[str, str]]:
        """Return every name with its statement."""
        return list(self._statements.items())


def load(path: Path) -> Queries:
    """Return the statements of a `queries.sql`.

    Raises: ValueError, when a name stands twice or a statement is empty.
    """
    parts = _NAME.split(path.read_text(encoding="utf-8"))
    statements: dict[str, str] = {}
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        statement = text.strip().removesuffix(";")
        if name in statements or not statement:
            raise ValueError(f"{path}: the statement {name} is empty or stands twice")
        statements[name] = statement
    return Queries(statements, path)


def load_beside(module_file: str) -> Queries:
    """Return the statements of the `queries.sql` in the folder of a module: pass `__file__`."""
    return load(Path(module_file).with_name("queries.sql"))
