"""Contracts of the demonstration, made as agents make them: one active, one to be signed, one draft."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import asyncpg
import msgspec

from core.contracts.agreements import (
    ContractDetail,
    Covered,
    MakeContract,
    MoveContract,
    SignContract,
    TypedSignature,
)
from core.contracts.ids import CompanyId, ContractId, FeeGridId, StoreId
from core.contracts.permissions import Permission
from core.contracts.scope import Area
from core.db.pool import open_pool
from core.db.queries import load
from core.documents.api import DocumentHandlers, blobs_from
from core.identity.api import Grant, SignedIn
from core.merchants.agreements.api import ContractHandlers, contract_handlers
from core.values.clock import paris_date, to_unix_us
from core.values.ids import decode_id
from deploy.sandbox.demonstration.numbers import siren

_SQL: Final = load(Path(__file__).with_name("contracts.sql"))
_MAKER: Final = "backoffice@guichet.example"
_RIGHTS: Final = frozenset(
    {Permission.CONTRACTS_READ, Permission.CONTRACTS_WRITE, Permission.CONTRACTS_ACTIVATE}
)


class DemoContract(NamedTuple):
    """The contract of a company, by its place in the list of companies, and how far it has come."""

    company: int
    steps: tuple[str, ...]
    signatory: str = ""
    role: str = ""


CONTRACTS: Final = (
    DemoContract(1, ("prepare", "sign", "activate"), "Agathe Fournier", "Directrice administrative"),
    DemoContract(3, ("prepare",)),
    DemoContract(2, ()),
)


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def unix_us(self) -> int:
        return to_unix_us(self.now())


async def make_contracts(database_url: str) -> None:
    """Make what is missing after companies, fees and agents; a company that has a contract is left alone."""
    clock = _Clock()
    pool = await open_pool(database_url, name="guichet-seed", connections_max=2, statement_timeout_ms=30_000)
    async with pool:
        maker = await pool.fetchrow(_SQL.maker, _MAKER)
        if maker is None:
            return
        caller = _signed_in(maker, clock.now())
        contracts = contract_handlers(
            pool, clock, DocumentHandlers(pool, clock, blobs_from(os.environ)), os.environ
        )
        for one in CONTRACTS:
            rows = await pool.fetch(_SQL.places_without_contract, siren(one.company))
            if rows:
                await _make(contracts, caller, one, rows, clock.now())


async def _make(
    contracts: ContractHandlers,
    caller: SignedIn,
    wanted: DemoContract,
    rows: list[asyncpg.Record],
    now: datetime,
) -> None:
    written = await contracts.make(
        caller,
        MakeContract(
            company=CompanyId(rows[0]["company_id"].bytes),
            grid=FeeGridId(rows[0]["grid_id"].bytes),
            starts_on=paris_date(now).isoformat(),
            services=[Covered(StoreId(row["store_id"].bytes), row["kind"]) for row in rows],
        ),
    )
    for step in wanted.steps:
        shown = msgspec.json.decode(written.body, type=ContractDetail)
        contract_id = ContractId(decode_id("contract", shown.id))
        match step:
            case "sign":
                paper = shown.versions[0].pdf_fr
                assert paper is not None, "a contract that was made ready has its paper"
                typed = TypedSignature(wanted.signatory, wanted.role, paper.sha256, consent=True)
                written = await contracts.sign(caller, SignContract(id=contract_id, typed=typed))
            case "prepare" | "activate":
                move = MoveContract(id=contract_id, act=step, reason="Démonstration", revision=shown.revision)
                written = await contracts.move(caller, move)
            case _:
                raise ValueError(step)


def _signed_in(row: asyncpg.Record, now: datetime) -> SignedIn:
    return SignedIn(
        token_hash=b"",
        agent_id=row["id"].bytes,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=1),
        ended_at=None,
        email=row["email"],
        name=row["name"],
        role=row["role"],
        locale="fr",
        disabled_at=None,
        confirmed_at=now,
        grants=(Grant(row["role"], _RIGHTS, Area()),),
        ip="127.0.0.1",
    )
