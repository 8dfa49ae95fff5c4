"""Statements of documents as typed functions."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from core.contracts.documents import DocumentKind, DocumentView, MediaType
from core.contracts.references import CompanyRef, PersonRef
from core.contracts.scope import Scope
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_SQL = load_beside(__file__)


async def put_part(
    connection: Connection, *, agent_id: bytes, upload: bytes, number: int, content: bytes, now: datetime
) -> None:
    """Keep one part of a file on its way in."""
    await connection.execute(_SQL.put_part, uuid_of(agent_id), uuid_of(upload), number, content, now)


async def list_parts(
    connection: Connection, *, agent_id: bytes, upload: bytes
) -> Sequence[tuple[int, bytes]]:
    """Return the parts that came, in order."""
    rows = await connection.fetch(_SQL.parts, uuid_of(agent_id), uuid_of(upload))
    return [(row["number"], row["content"]) for row in rows]


async def forget_parts(connection: Connection, *, agent_id: bytes, upload: bytes) -> None:
    """Drop the parts of a file that is whole."""
    await connection.execute(_SQL.forget_parts, uuid_of(agent_id), uuid_of(upload))


async def forget_old_parts(connection: Connection, before: datetime) -> None:
    """Drop parts of files that nobody finished."""
    await connection.execute(_SQL.forget_old_parts, before)


async def put_blob(connection: Connection, sha256: bytes, content: bytes) -> None:
    """Keep bytes in the database."""
    await connection.execute(_SQL.put_blob, sha256, content)


async def read_blob(connection: Connection, sha256: bytes, *, offset: int, size_max: int) -> bytes | None:
    """Return a slice of bytes kept in the database."""
    return await connection.fetchval(_SQL.read_blob, sha256, offset, size_max)


async def sees_company(connection: Connection, scope: Scope, company_id: bytes) -> bool:
    """Return whether the company, or one of its stores, is within the scope."""
    return bool(await connection.fetchval(_SQL.company_seen, scope.parameter(), uuid_of(company_id)))


async def holds_company(connection: Connection, scope: Scope, company_id: bytes) -> bool:
    """Return whether the company as a whole is within the scope."""
    return bool(await connection.fetchval(_SQL.company_held, scope.parameter(), uuid_of(company_id)))


async def list_readable(
    connection: Connection,
    company_id: bytes,
    *,
    document_id: bytes | None,
    directory: Scope,
    contracts: Scope,
    agent_id: bytes,
    limit: int,
) -> list[asyncpg.Record]:
    """Return those of a company's documents whose record is seen, newest first; or the one that is named."""
    return await connection.fetch(
        _SQL.readable,
        uuid_of(company_id),
        uuid_or_none(document_id),
        directory.parameter(),
        contracts.parameter(),
        contracts.of_every_service().parameter(),
        uuid_of(agent_id),
        limit,
    )


async def add_document(
    connection: Connection,
    *,
    kind: DocumentKind,
    company_id: bytes,
    name: str,
    media_type: MediaType,
    sha256: bytes,
    size_bytes: int,
    agent_id: bytes,
    now: datetime,
) -> bytes:
    """Insert a document and return its id."""
    made = await connection.fetchval(
        _SQL.add_document,
        kind,
        uuid_of(company_id),
        name,
        media_type,
        sha256,
        size_bytes,
        uuid_of(agent_id),
        now,
    )
    assert made is not None
    return made.bytes


async def find_document(connection: Connection, document_id: bytes) -> asyncpg.Record | None:
    """Return a document's row, whoever asks: the caller checks the scope that its kind wants."""
    return await connection.fetchrow(_SQL.document_by_id, uuid_of(document_id))


def view_of(row: asyncpg.Record) -> DocumentView:
    """Return the public shape of a row."""
    return DocumentView(
        id=encode_id("document", row["id"].bytes),
        kind=row["kind"],
        company=CompanyRef(encode_id("company", row["company_id"].bytes), row["legal_name"]),
        name=row["name"],
        media_type=row["media_type"],
        sha256=row["sha256"].hex(),
        size_bytes=row["size_bytes"],
        made_by=PersonRef(encode_id("agent", row["made_by"].bytes), row["made_by_name"] or ""),
        made_at=timestamp(row["made_at"]),
    )
