"""What the engine must know of a terminal to talk to its host and to describe its transactions.

Labels only (names, acceptor numbers): no decision is taken from them. They are dropped as soon as the statement
that checks a payment returns another version of the directory.
"""

from typing import NamedTuple

import asyncpg
from asyncpg.pgproto.pgproto import UUID

from core.db.lane import Lane

TERMINALS_MAX = 200_000
"""Labels kept at most, about 100 MiB; above it the cache starts afresh."""


class Labels(NamedTuple):
    """One terminal, its store and its acquirer."""

    terminal: str  # data element 41
    store_id: bytes
    store_name: str
    company_id: bytes
    department: str
    acceptor: str  # data element 42
    merchant_category: str
    acquirer: str
    acquirer_id: int
    service: str
    time_zone: str


class LabelCache:
    """Labels by terminal id, valid for one version of the directory."""

    def __init__(self) -> None:
        self._labels: dict[bytes, Labels] = {}
        self.version = -1

    def get(self, terminal_id: bytes) -> Labels | None:
        """Return what is known under the present version."""
        return self._labels.get(terminal_id)

    def check_version(self, version: int) -> None:
        """Forget everything when the directory has moved on."""
        if version > self.version:
            self._labels.clear()
            self.version = version

    async def load(self, lane: Lane, terminal_ids: set[bytes]) -> None:
        """Read the labels of terminals. Raises: LaneBroken."""
        if len(self._labels) + len(terminal_ids) > TERMINALS_MAX:
            self._labels.clear()
        rows = await lane.fetch("read_labels", [UUID(raw) for raw in terminal_ids])
        for row in rows:
            self._labels[row[0].bytes] = labels_of(row)


def labels_of(row: asyncpg.Record) -> Labels:
    """Return the labels in a row of `read_labels`."""
    return Labels(
        terminal=row["terminal"],
        store_id=row["store_id"].bytes,
        store_name=row["store_name"],
        company_id=row["company_id"].bytes,
        department=row["department"],
        acceptor=row["acceptor"],
        merchant_category=row["merchant_category"],
        acquirer=row["acquirer"],
        acquirer_id=row["acquirer_id"],
        service=row["service"],
        time_zone=row["time_zone"],
    )
