"""Files in and out, and documents that other slices make."""

import asyncio
import hashlib
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import asyncpg
import msgspec

from core.contracts.documents import (
    DOCUMENT_BYTES_MAX,
    DOCUMENT_KINDS,
    DOCUMENTS_LISTED_MAX,
    PART_BYTES_MAX,
    PARTS_MAX,
    DocumentKind,
    DocumentList,
    DocumentView,
    FinishUpload,
    ListDocuments,
    MediaType,
    OneDocument,
    PutPart,
    ReadBytes,
)
from core.contracts.listing import Nothing, Written
from core.contracts.refusals import NotFound
from core.db.rows import Connection
from core.documents import store
from core.documents.blobs import Blobs
from core.documents.errors import DocumentIncomplete, DocumentLost, DocumentTooLarge, DocumentTypeRefused
from core.documents.rules import media_type_of, plain_name, reader_of, writer_of
from core.identity.api import Permission, Scope, SignedIn, record_action, require
from core.values.clock import Clock
from core.values.ids import encode_id

PARTS_LAST: Final = timedelta(hours=1)
_UPLOADERS: Final = (
    Permission.MERCHANTS_REGISTER,
    Permission.MERCHANTS_EDIT,
    Permission.CONTRACTS_WRITE,
)


class StoredBytes(NamedTuple):
    """Bytes that were checked and are kept, and belong to nobody yet."""

    sha256: bytes
    name: str
    media_type: MediaType
    size_bytes: int


class DocumentHandlers:
    """Operations on documents."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, blobs: Blobs) -> None:
        self._pool = pool
        self._clock = clock
        self._blobs = blobs

    async def put_part(self, caller: SignedIn, request: PutPart) -> Nothing:
        """Keep a part. Raises: NotPermitted, DocumentTooLarge, DocumentIncomplete."""
        # Any of them will do here; finishing asks for the one that the kind wants.
        if not any(caller.may(permission) for permission in _UPLOADERS):
            require(caller, _UPLOADERS[0])
        if not 0 <= request.number < PARTS_MAX or len(request.content) > PART_BYTES_MAX:
            raise DocumentTooLarge
        if not request.content or len(request.upload) != 16:
            raise DocumentIncomplete
        await store.put_part(
            self._pool,
            agent_id=caller.agent_id,
            upload=request.upload,
            number=request.number,
            content=request.content,
            now=self._clock.now(),
        )
        return Nothing()

    async def finish(self, caller: SignedIn, request: FinishUpload) -> Written:
        """Make a document of the parts.

        Raises: NotPermitted, NotFound, DocumentIncomplete, DocumentTooLarge, DocumentTypeRefused.
        """
        scope = require(caller, writer_of(request.kind))
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            if not await _reaches(connection, scope, request.kind, request.company):
                raise NotFound
            content = await _whole(connection, caller.agent_id, request.upload)
            made = await self.file(
                connection,
                kind=request.kind,
                company_id=request.company,
                name=request.name,
                content=content,
                agent_id=caller.agent_id,
                now=now,
            )
            await store.forget_parts(connection, agent_id=caller.agent_id, upload=request.upload)
            row = await store.find_document(connection, made)
            assert row is not None
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="document.added",
                target_kind="company",
                target_id=request.company,
                facts={"document": encode_id("document", made), "sha256": row["sha256"].hex()},
            )
        return Written(msgspec.json.encode(store.view_of(row)))

    async def documents(self, caller: SignedIn, request: ListDocuments) -> DocumentList:
        """Return the documents of a company that the caller may open. Raises: NotPermitted, NotFound."""
        if not any(caller.may(reader_of(kind)) for kind in DOCUMENT_KINDS):
            require(caller, reader_of("attachment"))
        async with self._pool.acquire() as connection:
            for kind in DOCUMENT_KINDS:
                if await _reaches(connection, caller.scope_of(reader_of(kind)), kind, request.company):
                    break
            else:
                raise NotFound
            rows = await _readable(connection, caller, request.company, limit=DOCUMENTS_LISTED_MAX)
        return DocumentList([store.view_of(row) for row in rows])

    async def document(self, caller: SignedIn, request: OneDocument) -> DocumentView:
        """Return a document's facts. Raises: NotPermitted, NotFound."""
        async with self._pool.acquire() as connection:
            return store.view_of(await self._find(connection, caller, request.id))

    async def read(self, caller: SignedIn, request: ReadBytes) -> bytes:
        """Return a part of the bytes, empty past the end. Raises: NotPermitted, NotFound."""
        async with self._pool.acquire() as connection:
            row = await self._find(connection, caller, request.id)
            part = await self._blobs.read(
                connection, row["sha256"], offset=max(0, request.offset), size_max=PART_BYTES_MAX
            )
        if part is None:
            raise DocumentLost(row["sha256"])
        return part

    async def keep_parts(
        self, connection: Connection, *, agent_id: bytes, upload: bytes, name: str
    ) -> StoredBytes:
        """Check and keep bytes whose parts came, for another slice that says whose they are.

        Raises: DocumentIncomplete, DocumentTooLarge, DocumentTypeRefused.
        """
        content = await _whole(connection, agent_id, upload)
        media_type, sha256 = await self._keep(connection, content)
        await store.forget_parts(connection, agent_id=agent_id, upload=upload)
        return StoredBytes(sha256, plain_name(name), media_type, len(content))

    async def read_stored(self, connection: Connection, sha256: bytes, *, offset: int) -> bytes:
        """Return a part of kept bytes for another slice, which has checked who asks."""
        part = await self._blobs.read(connection, sha256, offset=offset, size_max=PART_BYTES_MAX)
        if part is None:
            raise DocumentLost(sha256)
        return part

    async def give(
        self,
        connection: Connection,
        *,
        company_id: bytes,
        name: str,
        media_type: MediaType,
        sha256: bytes,
        size_bytes: int,
        agent_id: bytes,
        now: datetime,
    ) -> bytes:
        """Make kept bytes an attachment of a company within the caller's transaction; return the document's id."""
        return await store.add_document(
            connection,
            kind="attachment",
            company_id=company_id,
            name=name,
            media_type=media_type,
            sha256=sha256,
            size_bytes=size_bytes,
            agent_id=agent_id,
            now=now,
        )

    async def find(self, connection: Connection, document_id: bytes) -> DocumentView | None:
        """Return a document's facts for another slice, which has checked who asks."""
        row = await store.find_document(connection, document_id)
        return None if row is None else store.view_of(row)

    async def file(
        self,
        connection: Connection,
        *,
        kind: DocumentKind,
        company_id: bytes,
        name: str,
        content: bytes,
        agent_id: bytes,
        now: datetime,
    ) -> bytes:
        """Check and keep bytes within the caller's transaction; return the document's id.

        Raises: DocumentTooLarge, DocumentTypeRefused.
        """
        media_type, sha256 = await self._keep(connection, content)
        return await store.add_document(
            connection,
            kind=kind,
            company_id=company_id,
            name=plain_name(name),
            media_type=media_type,
            sha256=sha256,
            size_bytes=len(content),
            agent_id=agent_id,
            now=now,
        )

    async def _keep(self, connection: Connection, content: bytes) -> tuple[MediaType, bytes]:
        if len(content) > DOCUMENT_BYTES_MAX:
            raise DocumentTooLarge
        # Ten megabytes take their time to look through: on the loop everybody would wait for one file.
        media_type, sha256 = await asyncio.to_thread(_looked_through, content)
        if media_type is None:
            raise DocumentTypeRefused
        await self._blobs.put(connection, sha256, content)
        return media_type, sha256

    async def _find(self, connection: Connection, caller: SignedIn, document_id: bytes) -> asyncpg.Record:
        row = await store.find_document(connection, document_id)
        if row is None:
            # An agent without any right to read documents learns that, and not whether this one exists.
            require(caller, Permission.CONTRACTS_READ)
            raise NotFound
        require(caller, reader_of(row["kind"]))
        if not await _readable(connection, caller, row["company_id"].bytes, document_id=document_id):
            raise NotFound
        return row


async def forget_unfinished(pool: asyncpg.Pool, now: datetime) -> None:
    """Drop the parts of files that nobody finished."""
    await store.forget_old_parts(pool, now - PARTS_LAST)


def _looked_through(content: bytes) -> tuple[MediaType | None, bytes]:
    """Return what the bytes are and their hash."""
    return media_type_of(content), hashlib.sha256(content).digest()


async def _readable(
    connection: Connection,
    caller: SignedIn,
    company_id: bytes,
    *,
    document_id: bytes | None = None,
    limit: int = 1,
) -> list[asyncpg.Record]:
    return await store.list_readable(
        connection,
        company_id,
        document_id=document_id,
        directory=caller.scope_of(reader_of("attachment")),
        contracts=caller.scope_of(reader_of("contract")),
        agent_id=caller.agent_id,
        limit=limit,
    )


async def _reaches(connection: Connection, scope: Scope, kind: DocumentKind, company_id: bytes) -> bool:
    if kind == "attachment":
        # A paper with an account number on it is shown to whom the company's own page shows that number.
        return await store.holds_company(connection, scope, company_id)
    return await store.sees_company(connection, scope, company_id)


async def _whole(connection: Connection, agent_id: bytes, upload: bytes) -> bytes:
    parts = await store.list_parts(connection, agent_id=agent_id, upload=upload)
    if not parts or [number for number, _ in parts] != list(range(len(parts))):
        raise DocumentIncomplete
    return await asyncio.to_thread(b"".join, [content for _, content in parts])
