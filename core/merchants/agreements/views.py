"""Contracts as the desk shows them."""

from collections.abc import Sequence

import asyncpg
import msgspec

from core.contracts import agreements as ask
from core.contracts.references import CompanyRef, PersonRef
from core.contracts.refusals import NotFound
from core.contracts.scope import Scope
from core.db.rows import Connection
from core.identity.api import SignedIn
from core.merchants.agreements import store
from core.merchants.agreements.ports import Evidence
from core.merchants.agreements.rules import PENDING, PERMISSIONS, consent_text, step_of
from core.values.ids import encode_id
from core.values.timestamps import timestamp, timestamp_or_none

_STOPPING = ("suspend", "terminate")


def summary_of(row: asyncpg.Record) -> ask.ContractSummary:
    """Return a contract in few words."""
    return ask.ContractSummary(
        id=encode_id("contract", row["id"].bytes),
        number=row["number"],
        company=CompanyRef(encode_id("company", row["company_id"].bytes), row["legal_name"]),
        state=row["state"],
        version=row["version"],
        pending=row["version_state"] if row["version_state"] in PENDING else None,
        stores=row["stores"],
        starts_on=row["starts_on"].isoformat(),
        ends_on=None if row["ends_on"] is None else row["ends_on"].isoformat(),
        created_at=timestamp(row["created_at"]),
    )


async def contract_detail(
    connection: Connection, caller: SignedIn, scope: Scope, contract_id: bytes
) -> ask.ContractDetail:
    """Return a contract with its versions, its time line and what may be done. Raises: NotFound."""
    found = await store.list_contracts(connection, scope, contract_id=contract_id)
    if not found:
        raise NotFound
    (row,) = found
    versions = await store.list_versions(connection, contract_id)
    covered, hidden = await store.list_covered(connection, scope, contract_id)
    stopped = await store.list_stopped(connection, contract_id)
    events = await store.list_events(connection, contract_id)
    summary = summary_of(row)
    newest = versions[0]
    return ask.ContractDetail(
        id=summary.id,
        number=summary.number,
        company=summary.company,
        state=summary.state,
        version=summary.version,
        pending=summary.pending,
        stores=summary.stores,
        starts_on=summary.starts_on,
        ends_on=summary.ends_on,
        created_at=summary.created_at,
        created_by=PersonRef(encode_id("agent", row["created_by"].bytes), row["created_by_name"] or ""),
        versions=[
            _version_of(one, covered.get(one["version"], []), hidden.get(one["version"], 0))
            for one in versions
        ],
        events=[_event_of(one) for one in events],
        acts=await _acts(connection, caller, contract_id, row, versions, covered, stopped),
        revision=len(events),
        consent=consent_text(row["number"], row["version"], row["legal_name"], newest["locale"]),
    )


async def _acts(
    connection: Connection,
    caller: SignedIn,
    contract_id: bytes,
    row: asyncpg.Record,
    versions: Sequence[asyncpg.Record],
    covered: dict[int, list[ask.ServiceLine]],
    stopped: set[tuple[str, str]],
) -> list[ask.ContractActView]:
    newest = versions[0]
    in_force = next((one["version"] for one in versions if one["state"] == "in_force"), None)
    standing = covered.get(in_force, []) if in_force is not None else []
    coming = covered.get(newest["version"], [])
    acts: list[ask.ContractActView] = []
    for act, permission in PERMISSIONS.items():
        step = step_of(
            row["state"],
            newest["state"],
            is_first=newest["version"] == 1,
            act=act,
            ends_on=row["ends_on"],
        )
        if step is None or not caller.may(permission):
            continue
        whole = caller.scope_of(permission)
        _, hidden = await store.list_covered(connection, whole, contract_id)
        stops = [line for line in standing if line.active] if act in _STOPPING else []
        starts: list[ask.ServiceLine] = []
        if act == "activate":
            kept = {(line.store.id, line.kind) for line in coming}
            stops = [line for line in standing if line.active and (line.store.id, line.kind) not in kept]
            starts = [line for line in coming if not line.active]
        if act == "resume":
            starts = [line for line in standing if (line.store.id, line.kind) in stopped]
        acts.append(
            ask.ContractActView(
                act=act,
                allowed=not hidden,
                why="contract_partly_out_of_scope" if hidden else None,
                stops=stops,
                starts=starts,
            )
        )
    return acts


def _version_of(
    row: asyncpg.Record, services: list[ask.ServiceLine], services_out_of_scope: int
) -> ask.ContractVersion:
    return ask.ContractVersion(
        version=row["version"],
        state=row["state"],
        locale=row["locale"],
        template_version=row["template_version"],
        fees=ask.FeeRef(
            grid=encode_id("fee_grid", row["grid_id"].bytes),
            name=row["grid_name"],
            version=row["fee_number"],
            id=encode_id("fee_version", row["fee_version_id"].bytes),
        ),
        starts_on=row["starts_on"].isoformat(),
        pdf_fr=_paper(row["pdf_fr"], row["sha_fr"]),
        pdf_en=_paper(row["pdf_en"], row["sha_en"]),
        signature=_signature(row),
        services=services,
        services_out_of_scope=services_out_of_scope,
        made_by=PersonRef(encode_id("agent", row["made_by"].bytes), row["made_by_name"] or ""),
        made_at=timestamp(row["made_at"]),
        ready_at=timestamp_or_none(row["ready_at"]),
        signed_at=timestamp_or_none(row["signed_at"]),
        in_force_at=timestamp_or_none(row["in_force_at"]),
    )


def _paper(document_id: object, sha256: bytes | None) -> ask.PaperRef | None:
    raw = getattr(document_id, "bytes", None)
    if raw is None or sha256 is None:
        return None
    return ask.PaperRef(encode_id("document", raw), sha256.hex())


def _signature(row: asyncpg.Record) -> ask.SignatureView | None:
    if row["signature"] is None:
        return None
    evidence = msgspec.json.decode(row["signature"], type=Evidence)
    return ask.SignatureView(
        method="uploaded" if evidence.method == "uploaded" else "typed",
        name=evidence.name,
        role=evidence.role,
        consent=evidence.consent,
        at=evidence.at,
        ip=evidence.ip,
        pdf_sha256=evidence.pdf_sha256,
        document=None
        if row["signed_document"] is None
        else encode_id("document", row["signed_document"].bytes),
    )


def _event_of(row: asyncpg.Record) -> ask.ContractEvent:
    return ask.ContractEvent(
        at=timestamp(row["at"]),
        act=row["act"],
        version=row["version"],
        state_before=row["state_before"],
        state_after=row["state_after"],
        by=store.person_of(row["agent_id"], row["agent_name"]),
        reason=row["reason"],
        services=row["services"],
    )
