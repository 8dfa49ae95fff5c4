"""Statements of contracts as typed functions."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from core.contracts.agreements import Covered, Locale, Options, ServiceLine, TemplateBlock, VersionState
from core.contracts.references import PersonRef, StoreRef
from core.contracts.scope import Scope
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.merchants.agreements.errors import SignatureRefused
from core.merchants.agreements.paper import Content, PaperService
from core.merchants.agreements.ports import Evidence
from core.values.ids import encode_id

_SQL = load_beside(__file__)
_decode_options = msgspec.json.Decoder(Options).decode


async def list_contracts(
    connection: Connection,
    scope: Scope,
    *,
    pattern: str = "",
    company_id: bytes | None = None,
    state: str | None = None,
    contract_id: bytes | None = None,
    before: bytes | None = None,
    limit: int = 1,
) -> list[asyncpg.Record]:
    """Return contracts with their newest version, newest first."""
    return await connection.fetch(
        _SQL.contracts,
        scope.parameter(),
        pattern,
        uuid_or_none(company_id),
        state,
        uuid_or_none(contract_id),
        uuid_or_none(before),
        limit,
    )


async def lock_contract(connection: Connection, scope: Scope, contract_id: bytes) -> asyncpg.Record | None:
    """Lock a contract whose every service is within the scope."""
    return await connection.fetchrow(_SQL.lock_contract, scope.parameter(), uuid_of(contract_id))


async def list_versions(connection: Connection, contract_id: bytes) -> list[asyncpg.Record]:
    """Return a contract's versions, newest first."""
    return await connection.fetch(_SQL.versions, uuid_of(contract_id))


async def newest_version(connection: Connection, contract_id: bytes) -> tuple[int, VersionState]:
    """Return the number and the state of the newest version."""
    row = await connection.fetchrow(_SQL.newest_version, uuid_of(contract_id))
    assert row is not None
    return row["version"], row["state"]


async def version_in_force(connection: Connection, contract_id: bytes) -> int | None:
    """Return the number of the version in force."""
    return await connection.fetchval(_SQL.version_in_force, uuid_of(contract_id))


async def list_covered(
    connection: Connection, scope: Scope, contract_id: bytes
) -> tuple[dict[int, list[ServiceLine]], dict[int, int]]:
    """Return by version the covered services that the scope sees, and how many it does not."""
    seen: dict[int, list[ServiceLine]] = {}
    hidden: dict[int, int] = {}
    for row in await connection.fetch(_SQL.covered, scope.parameter(), uuid_of(contract_id)):
        if not row["seen"]:
            hidden[row["version"]] = hidden.get(row["version"], 0) + 1
            continue
        line = ServiceLine(
            store=StoreRef(encode_id("store", row["store_id"].bytes), row["store_name"], row["department"]),
            kind=row["kind"],
            options=_decode_options(row["options"]),
            service=None if row["service_id"] is None else encode_id("service", row["service_id"].bytes),
            active=row["active"],
        )
        seen.setdefault(row["version"], []).append(line)
    return seen, hidden


async def list_stopped(connection: Connection, contract_id: bytes) -> set[tuple[str, str]]:
    """Return store id and kind of what a suspension stopped."""
    rows = await connection.fetch(_SQL.stopped, uuid_of(contract_id))
    return {(encode_id("store", row["store_id"].bytes), row["kind"]) for row in rows}


async def list_events(connection: Connection, contract_id: bytes) -> list[asyncpg.Record]:
    """Return a contract's time line, oldest first."""
    return await connection.fetch(_SQL.events, uuid_of(contract_id))


async def next_number(connection: Connection) -> int:
    """Return the next count of contracts."""
    return int(await connection.fetchval(_SQL.next_number) or 0)


async def add_contract(
    connection: Connection,
    *,
    contract_id: bytes,
    number: str,
    company_id: bytes,
    agent_id: bytes,
    now: datetime,
) -> None:
    """Insert a contract."""
    await connection.execute(
        _SQL.add_contract, uuid_of(contract_id), number, uuid_of(company_id), uuid_of(agent_id), now
    )


async def add_version(
    connection: Connection,
    *,
    contract_id: bytes,
    locale: Locale,
    fee_version_id: bytes,
    starts_on: date,
    agent_id: bytes,
    now: datetime,
) -> int:
    """Insert a draft with the newest template and return its number."""
    made = await connection.fetchval(
        _SQL.add_version,
        uuid_of(contract_id),
        locale,
        uuid_of(fee_version_id),
        starts_on,
        uuid_of(agent_id),
        now,
    )
    assert made is not None
    return made


async def word_version(
    connection: Connection,
    *,
    contract_id: bytes,
    version: int,
    locale: Locale,
    fee_version_id: bytes,
    starts_on: date,
) -> None:
    """Give a draft new terms."""
    await connection.execute(
        _SQL.word_version, uuid_of(contract_id), version, locale, uuid_of(fee_version_id), starts_on
    )


async def put_covered(
    connection: Connection, *, contract_id: bytes, version: int, services: Sequence[Covered]
) -> None:
    """Replace the services that a draft covers."""
    await connection.execute(_SQL.drop_covered, uuid_of(contract_id), version)
    await connection.execute(
        _SQL.add_covered,
        uuid_of(contract_id),
        version,
        [uuid_of(one.store) for one in services],
        [one.kind for one in services],
        [msgspec.json.encode(one.options).decode() for one in services],
    )


async def places_seen(
    connection: Connection, scope: Scope, company_id: bytes, services: Sequence[Covered]
) -> set[int]:
    """Return the places (from 0) of those services whose store is the company's and within the scope."""
    rows = await connection.fetch(
        _SQL.seen_of_company,
        scope.parameter(),
        uuid_of(company_id),
        [uuid_of(one.store) for one in services],
        [one.kind for one in services],
    )
    return {row["place"] - 1 for row in rows}


async def set_contract(
    connection: Connection, contract_id: bytes, *, state: str, ends_on: date | None, end_reason: str
) -> None:
    """Write a locked contract's state and the day on which it ends."""
    await connection.execute(_SQL.set_contract, uuid_of(contract_id), state, ends_on, end_reason)


async def set_version_state(
    connection: Connection, contract_id: bytes, version: int, state: VersionState, now: datetime
) -> None:
    """Write a version's state; back to draft it loses its paper."""
    await connection.execute(_SQL.set_version_state, uuid_of(contract_id), version, state, now)


async def supersede(connection: Connection, contract_id: bytes) -> int | None:
    """Take the version in force out of force and return its number."""
    return await connection.fetchval(_SQL.supersede, uuid_of(contract_id))


async def make_ready(
    connection: Connection,
    contract_id: bytes,
    version: int,
    *,
    content: Content,
    pdf_fr: bytes,
    pdf_en: bytes,
    fee_version_id: bytes,
    now: datetime,
) -> None:
    """Keep what the paper was made of, and the paper in both languages."""
    await connection.execute(
        _SQL.make_ready,
        uuid_of(contract_id),
        version,
        msgspec.json.encode(content).decode(),
        uuid_of(pdf_fr),
        uuid_of(pdf_en),
        now,
        uuid_of(fee_version_id),
    )


async def sign(
    connection: Connection,
    contract_id: bytes,
    version: int,
    *,
    evidence: Evidence,
    document_id: bytes | None,
    now: datetime,
) -> None:
    """Keep a signature. Raises: SignatureRefused, for a file that is the signature of a version already."""
    try:
        await connection.execute(
            _SQL.sign,
            uuid_of(contract_id),
            version,
            msgspec.json.encode(evidence).decode(),
            uuid_or_none(document_id),
            now,
        )
    except asyncpg.UniqueViolationError as error:
        raise SignatureRefused("document", "signs_another") from error


async def add_event(
    connection: Connection,
    contract_id: bytes,
    *,
    version: int,
    act: str,
    before: str,
    after: str,
    agent_id: bytes | None,
    reason: str,
    facts: dict[str, object],
    now: datetime,
) -> None:
    """Append to a contract's time line."""
    await connection.execute(
        _SQL.add_event,
        uuid_of(contract_id),
        version,
        now,
        act,
        before,
        after,
        uuid_or_none(agent_id),
        reason,
        msgspec.json.encode(facts).decode(),
    )


async def covered_elsewhere(connection: Connection, contract_id: bytes, version: int) -> str | None:
    """Return the number of another contract in force over one of the version's services."""
    return await connection.fetchval(_SQL.covered_elsewhere, uuid_of(contract_id), version)


async def lock_services(connection: Connection, contract_id: bytes) -> None:
    """Lock the stores of a contract until the end of the transaction."""
    await connection.execute(_SQL.lock_services, uuid_of(contract_id))


async def start_services(connection: Connection, contract_id: bytes, version: int) -> list[UUID]:
    """Make, parametrise and start what a version covers; return what was started."""
    await connection.execute(_SQL.make_services, uuid_of(contract_id), version)
    await connection.execute(_SQL.take_options, uuid_of(contract_id), version)
    return _ids(await connection.fetch(_SQL.start_services, uuid_of(contract_id), version))


async def stop_services(
    connection: Connection, contract_id: bytes, version: int, *, keep_version: int | None = None
) -> list[UUID]:
    """Stop what a version covers, except what another version goes on covering; return what was stopped."""
    return _ids(await connection.fetch(_SQL.stop_services, uuid_of(contract_id), version, keep_version))


async def remember_stopped(
    connection: Connection, contract_id: bytes, services: Sequence[UUID], now: datetime
) -> None:
    """Keep what a suspension stopped."""
    await connection.execute(_SQL.remember_stopped, uuid_of(contract_id), services, now)


async def resume_services(connection: Connection, contract_id: bytes) -> list[UUID]:
    """Start again what a suspension stopped, and nothing else."""
    return _ids(await connection.fetch(_SQL.resume_services, uuid_of(contract_id)))


async def forget_stopped(connection: Connection, contract_id: bytes) -> None:
    """Drop the memory of a suspension."""
    await connection.execute(_SQL.forget_stopped, uuid_of(contract_id))


async def note_services(
    connection: Connection,
    services: Sequence[UUID],
    *,
    kind: str,
    agent_id: bytes | None,
    reason: str,
    number: str,
    now: datetime,
) -> None:
    """Append to the history of services that a contract started or stopped."""
    await connection.execute(_SQL.note_services, services, now, uuid_or_none(agent_id), kind, reason, number)


async def company_of(connection: Connection, contract_id: bytes) -> bytes:
    """Return whose contract it is."""
    found = await connection.fetchval(_SQL.company_of, uuid_of(contract_id))
    assert found is not None
    return found.bytes


async def cancel_pending(connection: Connection, contract_id: bytes) -> None:
    """Give up an amendment whose contract ends."""
    await connection.execute(_SQL.cancel_pending, uuid_of(contract_id))


async def take_due(connection: Connection, today: date) -> asyncpg.Record | None:
    """Lock and return one contract whose last day has come."""
    return await connection.fetchrow(_SQL.due, today)


async def find_company(connection: Connection, scope: Scope, company_id: bytes) -> asyncpg.Record | None:
    """Return a company with its account and its grid."""
    return await connection.fetchrow(_SQL.company, scope.parameter(), uuid_of(company_id))


async def list_stores(
    connection: Connection, scope: Scope, company_id: bytes, *, limit: int
) -> list[asyncpg.Record]:
    """Return a company's stores, a row for each kind of service."""
    return await connection.fetch(_SQL.stores_of_company, scope.parameter(), uuid_of(company_id), limit)


async def list_grids(connection: Connection, today: date) -> list[asyncpg.Record]:
    """Return the grids that have a version in force."""
    return await connection.fetch(_SQL.grids_in_force, today)


async def paper_services(connection: Connection, contract_id: bytes, version: int) -> list[PaperService]:
    """Return what the paper says of each covered service."""
    rows = await connection.fetch(_SQL.paper_stores, uuid_of(contract_id), version)
    return [
        PaperService(
            store=row["name"],
            siret=row["siret"],
            address=", ".join(
                part for part in (row["street"], f"{row['postcode']} {row['city']}".strip()) if part
            ),
            kind=row["kind"],
            options=_decode_options(row["options"]),
        )
        for row in rows
    ]


async def list_templates(connection: Connection) -> list[asyncpg.Record]:
    """Return the versions of the template, newest first."""
    return await connection.fetch(_SQL.templates)


async def find_template(connection: Connection, template_id: bytes) -> asyncpg.Record | None:
    """Return a version of the template with its clauses as JSON."""
    return await connection.fetchrow(_SQL.template_by_id, uuid_of(template_id))


async def add_template(
    connection: Connection,
    *,
    template_id: bytes,
    title_fr: str,
    title_en: str,
    blocks: Sequence[TemplateBlock],
    note: str,
    agent_id: bytes,
    now: datetime,
) -> None:
    """Append a version of the template."""
    await connection.execute(_SQL.lock_templates)
    await connection.execute(
        _SQL.add_template,
        uuid_of(template_id),
        title_fr,
        title_en,
        msgspec.json.encode(blocks).decode(),
        note,
        uuid_of(agent_id),
        now,
    )


def person_of(agent_id: UUID | None, name: str | None) -> PersonRef | None:
    """Return who, None for a date that came."""
    return None if agent_id is None else PersonRef(encode_id("agent", agent_id.bytes), name or "")


def _ids(rows: list[asyncpg.Record]) -> list[UUID]:
    return [row["id"] for row in rows]
