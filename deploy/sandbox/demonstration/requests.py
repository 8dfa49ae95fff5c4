"""A few requests in every queue, one of them late."""

import uuid
from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import asyncpg

from core.db.queries import load
from core.values.request_codes import code_of

_SQL: Final = load(Path(__file__).with_name("requests.sql"))
_NAMESPACE: Final = uuid.UUID("0f0a4a5e-6d1f-4c52-9a55-2f6f1f0d4b12")


class DemoRequest(NamedTuple):
    """A request; `due_in` counts days from the day of the seed."""

    type: str
    status: str
    title: str
    author: str
    assignee: str | None
    store: str | None
    due_in: int
    priority: str = "normal"


REQUESTS: Final = (
    DemoRequest(
        "evaluation",
        "company_wanted",
        "Évaluer Belle Rive avant l’ouverture de Bordeaux",
        "vendeur@guichet.example",
        "commercial@guichet.example",
        "Belle Rive Montparnasse",
        5,
    ),
    DemoRequest(
        "installation",
        "planned",
        "Remplacer le terminal du comptoir, écran fendu",
        "hotline@guichet.example",
        "technicien@guichet.example",
        "Belle Rive Part-Dieu",
        -1,
        "high",
    ),
    DemoRequest(
        "dispute",
        "new",
        "Client débité deux fois selon le restaurant",
        "hotline@guichet.example",
        None,
        "Ondine Ajaccio",
        8,
    ),
    DemoRequest(
        "information",
        "new",
        "Horaires de l’assistance pendant les fêtes",
        "vendeur@guichet.example",
        "hotline@guichet.example",
        None,
        2,
    ),
)


async def seed_requests(connection: asyncpg.Connection, *, today: date) -> None:
    """Add the demonstration's requests after its stores and agents; running it again changes nothing."""
    ids = [uuid.uuid5(_NAMESPACE, one.title) for one in REQUESTS]
    await connection.execute(
        _SQL.add_requests,
        ids,
        [code_of(one.bytes) for one in ids],
        [one.type for one in REQUESTS],
        [one.status for one in REQUESTS],
        [one.title for one in REQUESTS],
        [one.author for one in REQUESTS],
        [one.assignee for one in REQUESTS],
        [one.store for one in REQUESTS],
        [today + timedelta(days=one.due_in) for one in REQUESTS],
        [one.priority for one in REQUESTS],
    )
