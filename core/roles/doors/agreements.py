"""Contracts and their templates, services at stores, documents."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from core.contracts import agreements as ask
from core.contracts import documents as files
from core.contracts.desk_requests import ById, Nothing
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
from core.roles.doors.door import Door, Doors, Parts
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
    return {
        ask.CONTRACTS: Door(
            ask.ListContracts, True, lambda who, body, _locale: contracts.contracts(who, body)
        ),
        ask.CONTRACT: Door(ById, True, lambda who, body, _locale: contracts.contract(who, body)),
        ask.CONTRACT_FORM: Door(ById, True, lambda who, body, _locale: contracts.form(who, body)),
        ask.CONTRACT_MADE: Door(ask.MakeContract, True, lambda who, body, _locale: contracts.make(who, body)),
        ask.CONTRACT_WORDED: Door(
            ask.WordContract, True, lambda who, body, _locale: contracts.word(who, body)
        ),
        ask.CONTRACT_MOVED: Door(
            ask.MoveContract, True, lambda who, body, _locale: contracts.move(who, body)
        ),
        ask.CONTRACT_SIGNED: Door(
            ask.SignContract, True, lambda who, body, _locale: contracts.sign(who, body)
        ),
        ask.CONTRACT_PREVIEW: Door(
            ask.PreviewContract, True, lambda who, body, _locale: contracts.preview(who, body)
        ),
        ask.TEMPLATES: Door(Nothing, True, lambda who, body, _locale: templates.templates(who, body)),
        ask.TEMPLATE: Door(ById, True, lambda who, body, _locale: templates.template(who, body)),
        ask.TEMPLATE_WRITTEN: Door(
            ask.WriteTemplate, True, lambda who, body, _locale: templates.write(who, body)
        ),
        ask.SERVICE: Door(ById, True, lambda who, body, _locale: services.service(who, body)),
        ask.SERVICE_MADE: Door(ask.MakeService, True, lambda who, body, _locale: services.make(who, body)),
        ask.SERVICE_OPTIONS: Door(
            ask.SetOptions, True, lambda who, body, _locale: services.set_options(who, body)
        ),
        ask.SERVICE_LIMITS: Door(
            ask.SetLimits, True, lambda who, body, _locale: services.set_limits(who, body)
        ),
        files.DOCUMENT: Door(ById, True, lambda who, body, _locale: documents.document(who, body)),
        files.DOCUMENTS: Door(
            files.ListDocuments, True, lambda who, body, _locale: documents.documents(who, body)
        ),
        files.DOCUMENT_BYTES: Door(
            files.ReadBytes, True, lambda who, body, _locale: documents.read(who, body)
        ),
        files.DOCUMENT_PART: Door(
            files.PutPart, True, lambda who, body, _locale: documents.put_part(who, body)
        ),
        files.DOCUMENT_FINISHED: Door(
            files.FinishUpload, True, lambda who, body, _locale: documents.finish(who, body)
        ),
    }
