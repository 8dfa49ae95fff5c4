"""Contracts and their templates, services at stores, documents."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from core.contracts import agreements as ask
from core.contracts import documents as files
from core.contracts.documents import DocumentView
from core.db.rows import Connection
from core.documents.api import DocumentHandlers, blobs_from, typeset
from core.merchants import agreements
from core.merchants.agreements.api import (
    ContractHandlers,
    LocalSignatures,
    ServiceHandlers,
    TemplateHandlers,
)
from core.roles.doors.door import Doors, Parts, served
from core.values.clock import Clock

_PAPER: Final = Path(agreements.__file__).with_name("contract.typ")
_INSTITUTION_CHARACTERS_MAX: Final = 40


class _Filing:
    """The end of the contracts' filing port: typst and the documents."""

    def __init__(self, documents: DocumentHandlers) -> None:
        self._documents = documents

    async def paper(self, facts: msgspec.Struct, *, made_at: datetime) -> bytes:
        """Filing."""
        return await typeset(_PAPER, facts, made_at=made_at)

    async def keep(
        self,
        connection: Connection,
        *,
        company_id: bytes,
        name: str,
        content: bytes,
        agent_id: bytes,
        now: datetime,
    ) -> bytes:
        """Filing."""
        return await self._documents.file(
            connection,
            kind="contract",
            company_id=company_id,
            name=name,
            content=content,
            agent_id=agent_id,
            now=now,
        )

    async def find(self, connection: Connection, document_id: bytes) -> DocumentView | None:
        """Filing."""
        return await self._documents.find(connection, document_id)


def contracts_with(
    pool: asyncpg.Pool, clock: Clock, documents: DocumentHandlers, environment: Mapping[str, str]
) -> ContractHandlers:
    """Return the door to contracts with the ends of its ports."""
    return ContractHandlers(
        pool,
        clock,
        filing=_Filing(documents),
        signatures=LocalSignatures(),
        institution=environment.get("GUICHET_INSTITUTION", "Guichet")[:_INSTITUTION_CHARACTERS_MAX],
    )


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    documents = DocumentHandlers(parts.pool, parts.clock, blobs_from(parts.environment))
    contracts = contracts_with(parts.pool, parts.clock, documents, parts.environment)
    templates = TemplateHandlers(parts.pool, parts.clock)
    services = ServiceHandlers(parts.pool, parts.clock)
    return served(
        (ask.LIST, contracts.contracts),
        (ask.ONE, contracts.contract),
        (ask.FORM, contracts.form),
        (ask.MAKE, contracts.make),
        (ask.WORD, contracts.word),
        (ask.AMEND, contracts.word),
        (ask.MOVE, contracts.move),
        (ask.SIGN, contracts.sign),
        (ask.PREVIEW, contracts.preview),
        (ask.TEMPLATES, templates.templates),
        (ask.ONE_TEMPLATE, templates.template),
        (ask.WRITE_TEMPLATE, templates.write),
        (ask.SERVICE, services.service),
        (ask.MAKE_SERVICE, services.make),
        (ask.SET_OPTIONS, services.set_options),
        (ask.SET_LIMITS, services.set_limits),
        (files.LIST, documents.documents),
        (files.ONE, documents.document),
        (files.READ, documents.read),
        (files.PUT_PART, documents.put_part),
        (files.FINISH, documents.finish),
    )
