"""Documents of a merchant to be: brought to its file, read from it, and given to the company that it becomes."""

import asyncpg
import msgspec

from core.contracts.onboarding import (
    Answers,
    AttachedFile,
    AttachFile,
    DocumentKind,
    OnboardingDetail,
    OneOnboarding,
    ReadAttached,
)
from core.contracts.references import PersonRef
from core.contracts.refusals import NotFound
from core.documents.api import DocumentHandlers
from core.identity.api import Permission, SignedIn, record_action
from core.merchants.errors import HeldByAnother, MoveNotPossible
from core.merchants.onboarding import store
from core.merchants.onboarding.handlers import OnboardingHandlers
from core.merchants.onboarding.rules import EDITABLE, tidied
from core.values.clock import Clock
from core.values.ids import encode_id
from core.values.timestamps import timestamp


class AttachingHandlers:
    """Operations on documents of files."""

    def __init__(
        self, pool: asyncpg.Pool, clock: Clock, files: OnboardingHandlers, documents: DocumentHandlers
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._files = files
        self._documents = documents

    async def attach(self, caller: SignedIn, request: AttachFile) -> OnboardingDetail:
        """Keep a document and tick it as received.

        Raises: NotPermitted, NotFound, MoveNotPossible, HeldByAnother, DocumentIncomplete, DocumentTooLarge, DocumentTypeRefused.
        """
        scope = caller.scope_of(Permission.MERCHANTS_REGISTER)
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            file = await store.lock_file(connection, scope, caller.agent_id, request.id)
            if file is None:
                raise NotFound
            if file.state not in EDITABLE:
                raise MoveNotPossible(file.state)
            if file.held_by != caller.agent_id:
                raise HeldByAnother
            kept = await self._documents.keep_parts(
                connection, agent_id=caller.agent_id, upload=request.upload, name=request.name
            )
            attached = AttachedFile(
                kind=request.kind,
                name=kept.name,
                media_type=kept.media_type,
                size_bytes=kept.size_bytes,
                sha256=kept.sha256.hex(),
                at=timestamp(now),
                by=PersonRef(encode_id("agent", caller.agent_id), caller.name),
            )
            await store.save_file(
                connection,
                file_id=request.id,
                answers=_with(file.answers, attached),
                agent_id=caller.agent_id,
                now=now,
            )
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="onboarding.attached",
                target_kind="onboarding",
                target_id=request.id,
                facts={"document": request.kind, "sha256": attached.sha256, "version": file.version + 1},
            )
        return await self._files.file(caller, OneOnboarding(id=request.id))

    async def read(self, caller: SignedIn, request: ReadAttached) -> bytes:
        """Return a part of a document's bytes. Raises: NotFound."""
        scope = caller.scope_of(Permission.DIRECTORY_READ)
        async with self._pool.acquire() as connection:
            row = await store.find_file(connection, scope, caller.agent_id, request.id)
            if row is None:
                raise NotFound
            found = _of_kind(store.answers_of(row), request.kind)
            if found is None:
                raise NotFound
            return await self._documents.read_stored(
                connection, bytes.fromhex(found.sha256), offset=request.offset
            )


def _with(answers: Answers, attached: AttachedFile) -> Answers:
    """Return the answers with this document in the place of another of its kind."""
    files = [one for one in answers.files if one.kind != attached.kind]
    return tidied(msgspec.structs.replace(answers, files=[*files, attached]))


def _of_kind(answers: Answers, kind: DocumentKind) -> AttachedFile | None:
    return next((one for one in answers.files if one.kind == kind), None)
