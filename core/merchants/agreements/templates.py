"""The template of contracts: every version as it was written, and the next one."""

from typing import Any

import asyncpg
import msgspec

from core.contracts import agreements as ask
from core.contracts.listing import Nothing, Written
from core.contracts.refusals import NotFound
from core.db.ids import new_id
from core.db.rows import Connection
from core.identity.api import SignedIn, WriteOnce, record_action
from core.merchants.agreements import store
from core.merchants.agreements.errors import AgreementRefused
from core.merchants.agreements.paper import FIELDS, unknown_fields
from core.values.clock import Clock
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_decode_blocks = msgspec.json.Decoder(list[ask.TemplateBlock]).decode


class TemplateHandlers:
    """Operations on templates."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def templates(self, _caller: SignedIn, _request: Nothing) -> ask.TemplateList:
        """Return every version, newest first."""
        rows = await store.list_templates(self._pool)
        return ask.TemplateList([ask.TemplateSummary(**_facts_of(row)) for row in rows])

    async def template(self, _caller: SignedIn, request: ask.OneTemplate) -> ask.TemplateDetail:
        """Return one version with its clauses. Raises: NotFound."""
        return await _detail(self._pool, request.id)

    async def write(self, caller: SignedIn, request: ask.WriteTemplate) -> Written:
        """Write the next version. Raises: AgreementRefused, KeyReused."""
        if problems := unknown_fields(request.blocks):
            raise AgreementRefused(problems)

        async def effect(connection: Connection) -> bytes:
            now = self._clock.now()
            template_id = new_id(self._clock)
            await store.add_template(
                connection,
                template_id=template_id,
                title_fr=request.title_fr,
                title_en=request.title_en,
                blocks=request.blocks,
                note=request.note,
                agent_id=caller.agent_id,
                now=now,
            )
            detail = await _detail(connection, template_id)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="contract_template.written",
                target_kind="template",
                target_id=template_id,
                facts={"version": detail.version, "note": detail.note},
            )
            return msgspec.json.encode(detail)

        return await self._write(caller, request, effect)


async def _detail(connection: Connection, template_id: bytes) -> ask.TemplateDetail:
    row = await store.find_template(connection, template_id)
    if row is None:
        raise NotFound
    return ask.TemplateDetail(**_facts_of(row), blocks=_decode_blocks(row["blocks"]), fields=list(FIELDS))


def _facts_of(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "id": encode_id("template", row["id"].bytes),
        "version": row["version"],
        "title_fr": row["title_fr"],
        "title_en": row["title_en"],
        "note": row["note"],
        "written_by": store.person_of(row["written_by"], row["written_by_name"]),
        "written_at": timestamp(row["written_at"]),
        "contracts": row["contracts"],
    }
