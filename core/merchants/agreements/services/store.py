"""Statements of services' options and limits as typed functions."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg
import msgspec

from core.contracts.agreements import (
    ContractRef,
    Limits,
    Options,
    OptionValue,
    ServiceChange,
    ServiceDetail,
    ServiceKind,
)
from core.contracts.references import CompanyRef, PersonRef, StoreRef
from core.contracts.scope import Scope
from core.contracts.states import Brand
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.merchants.agreements.services.rules import OPTION_RULES, checked_options
from core.merchants.store import BRAND_NAMES
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_SQL = load_beside(__file__)
Facts = Mapping[str, OptionValue | list[str]]
_decode_facts = msgspec.json.Decoder(dict[str, OptionValue | list[str]]).decode
_decode_options = msgspec.json.Decoder(Options).decode


async def find_service(
    connection: Connection, scope: Scope, service_id: bytes, *, may_edit: bool
) -> ServiceDetail | None:
    """Return a service with its options, limits and history."""
    row = await connection.fetchrow(_SQL.service_by_id, scope.parameter(), uuid_of(service_id))
    if row is None:
        return None
    kind: ServiceKind = row["kind"]
    # An option that is newer than the row shows its default.
    options, _ = checked_options(kind, {} if row["options"] is None else _decode_options(row["options"]))
    return ServiceDetail(
        id=encode_id("service", service_id),
        kind=kind,
        store=StoreRef(encode_id("store", row["store_id"].bytes), row["store_name"], row["department"]),
        company=CompanyRef(encode_id("company", row["company_id"].bytes), row["legal_name"]),
        active=row["active"],
        blocked=row["blocked_at"] is not None,
        currency=row["currency"],
        limits=Limits(
            transaction_max_minor=row["transaction_max_minor"],
            brands=[BRAND_NAMES[brand] for brand in row["brands"]],
            terminal_day_max_minor=row["terminal_day_max_minor"],
            store_day_max_minor=row["store_day_max_minor"],
            duplicate_window_s=row["duplicate_window_s"],
        ),
        options=options,
        rules=list(OPTION_RULES[kind]),
        contract=None
        if row["contract_id"] is None
        else ContractRef(
            encode_id("contract", row["contract_id"].bytes), row["number"], row["contract_state"]
        ),
        revision=await connection.fetchval(_SQL.count_changes, uuid_of(service_id)) or 0,
        changes=await list_changes(connection, service_id),
        may_edit=may_edit,
    )


async def lock_service(connection: Connection, scope: Scope, service_id: bytes) -> bool:
    """Lock a service; False when there is no such thing within the scope."""
    row = await connection.fetchrow(_SQL.lock_service, scope.parameter(), uuid_of(service_id))
    return row is not None


async def sees_store(connection: Connection, scope: Scope, store_id: bytes, kind: ServiceKind) -> bool:
    """Return whether a service of this kind at this store would be within the scope."""
    return bool(await connection.fetchval(_SQL.store_seen, scope.parameter(), uuid_of(store_id), kind))


async def add_service(connection: Connection, store_id: bytes, kind: ServiceKind) -> bytes | None:
    """Insert an inactive service and return its id, None when the store has one of this kind."""
    made = await connection.fetchval(_SQL.add_service, uuid_of(store_id), kind)
    return None if made is None else made.bytes


async def put_options(connection: Connection, service_id: bytes, options: Options) -> None:
    """Write every option of a service."""
    await connection.execute(_SQL.put_options, uuid_of(service_id), msgspec.json.encode(options).decode())


async def set_limits(connection: Connection, service_id: bytes, limits: Limits) -> None:
    """Write every limit of a service: effective at its next payment."""
    await connection.execute(
        _SQL.set_limits,
        uuid_of(service_id),
        limits.transaction_max_minor,
        limits.terminal_day_max_minor,
        limits.store_day_max_minor,
        limits.duplicate_window_s,
        sorted(int(Brand[name.upper()]) for name in limits.brands),
    )


async def add_change(
    connection: Connection,
    service_id: bytes,
    *,
    kind: str,
    agent_id: bytes | None,
    reason: str,
    now: datetime,
    before: Facts,
    after: Facts,
) -> None:
    """Append to a service's history."""
    await connection.execute(
        _SQL.add_change,
        uuid_of(service_id),
        now,
        uuid_or_none(agent_id),
        kind,
        reason,
        msgspec.json.encode(before).decode(),
        msgspec.json.encode(after).decode(),
    )


async def list_changes(connection: Connection, service_id: bytes) -> list[ServiceChange]:
    """Return a service's history, newest first."""
    return [_change_of(row) for row in await connection.fetch(_SQL.changes, uuid_of(service_id))]


def _change_of(row: asyncpg.Record) -> ServiceChange:
    return ServiceChange(
        at=timestamp(row["at"]),
        kind=row["kind"],
        by=None
        if row["agent_id"] is None
        else PersonRef(encode_id("agent", row["agent_id"].bytes), row["agent_name"] or ""),
        reason=row["reason"],
        before=_decode_facts(row["before"]),
        after=_decode_facts(row["after"]),
    )
