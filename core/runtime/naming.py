"""What records are called that a text mentions by their identifiers, and which of them lead their reader nowhere."""

import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from core.contracts.ids import kind_of_prefix
from core.contracts.scope import Scope
from core.db.rows import Connection, uuid_of
from core.runtime.manifest import Names
from core.values.ids import IdMalformed, decode_id, encode_id, rrn_of

_ID: Final = re.compile(r"([a-z]{3})_[0-9a-hjkmnp-tv-z]{26}")


class Mentioned(NamedTuple):
    """A record by its kind and its sixteen bytes."""

    kind: str
    raw: bytes

    @property
    def public(self) -> str:
        """Its public identifier."""
        return encode_id(self.kind, self.raw)


class Named(NamedTuple):
    """What a reader is told of records."""

    names: dict[Mentioned, str]
    types: dict[Mentioned, str]  # of requests
    closed: frozenset[Mentioned]  # gone, or out of the reader's sight


def record_of(text: str) -> Mentioned | None:
    """Return the record that a text names by its identifier; None for any other text."""
    match = _ID.fullmatch(text)
    kind = kind_of_prefix(match[1]) if match else None
    if kind is None:
        return None
    try:
        return Mentioned(kind, decode_id(kind, text))
    except IdMalformed:
        # A text of a person that only looks like an identifier.
        return None


async def name_records(
    connection: Connection,
    records: Iterable[Mentioned],
    sources: tuple[Names, ...],
    *,
    caller: Any,
    scope: Scope,
    is_english: bool,
) -> Named:
    """Return what records are called, as far as the caller is told within this scope."""
    wanted = sorted(set(records))
    names = {record: rrn_of(record.raw) for record in wanted if record.kind == "transaction"}
    types: dict[Mentioned, str] = {}
    closed: set[Mentioned] = set()
    for each in sources:
        of_slice = [record for record in wanted if record.kind in each.kinds]
        if not of_slice:
            continue
        closed |= set(of_slice)
        rows = await connection.fetch(
            each.statement,
            [record.kind for record in of_slice],
            [uuid_of(record.raw) for record in of_slice],
            *each.read_by(caller, scope),
        )
        for row in rows:
            record = Mentioned(row["kind"], row["id"].bytes)
            if row.get("seen", True):
                closed.discard(record)
            if name := (is_english and row.get("name_en")) or row["name"]:
                names[record] = name
            if request_type := row.get("type"):
                types[record] = request_type
    return Named(names, types, frozenset(closed))
