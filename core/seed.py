"""`python -m core.seed [--load-terminals N]`: an idempotent demonstration, and terminals by the thousand.

Environment: GUICHET_DATABASE_URL, GUICHET_DATA (folder whose secrets/demo-password is made at first start, 0600).
Prints one line of JSON: {"agents": [{"email", "name", "role"}], "password", "terminals", "load_terminals"}.

A terminal's data element 42 follows from its number: T0000001 and T0000002 have GCT000000000001, the next two
GCT000000000002; of the load, T1000001 to T1000010 have GCT100000000001, the next ten GCT100000000002.
"""

import argparse
import asyncio
import os
import secrets
import sys
import uuid
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from core.db.queries import load
from core.identity.api import PASSWORDS
from core.seeding.demonstration import (
    ACCOUNTS,
    AGENTS,
    COMPANIES,
    MODELS,
    STORES,
    TERMINALS_PER_STORE,
)
from core.seeding.numbers import siren, siret

_SQL = load(Path(__file__).parent / "seeding" / "queries.sql")
_NAMESPACE: Final = uuid.UUID("6d1f3c52-7f0a-4a5e-9a55-2f6f1f0d4b11")

TERMINALS_MAX: Final = 1_000_000
TERMINALS_PER_LOAD_STORE: Final = 10
STORES_PER_LOAD_COMPANY: Final = 5_000
_DEPARTMENTS: Final = ("75", "69", "13", "2A", "971", "59", "33", "31", "44", "67")


class Seeded(msgspec.Struct):
    """What was seeded, for whoever prints the logins."""

    agents: list[dict[str, str]]
    password: str
    terminals: list[str]
    load_terminals: int


def main() -> int:
    """Seed, print one line of JSON, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m core.seed")
    parser.add_argument("--load-terminals", type=int, default=0, metavar="N")
    wanted: int = parser.parse_args().load_terminals
    database_url, folder = os.environ.get("GUICHET_DATABASE_URL"), os.environ.get("GUICHET_DATA")
    if not database_url or not folder:
        return _fail("GUICHET_DATABASE_URL and GUICHET_DATA must be set")
    if not 0 <= wanted <= TERMINALS_MAX:
        return _fail(f"--load-terminals takes 0 to {TERMINALS_MAX}")
    password = demo_password(Path(folder))
    try:
        seeded = asyncio.run(seed(database_url, password=password, load_terminals=wanted))
    except (OSError, asyncpg.PostgresError) as error:
        return _fail(f"the database refused the seed: {type(error).__name__}")
    sys.stdout.write(msgspec.json.encode(seeded).decode() + "\n")
    return 0


async def seed(database_url: str, *, password: str, load_terminals: int = 0) -> Seeded:
    """Bring the database to the demonstration; running it again changes nothing."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute(_SQL.add_acquirer)
            terminals = await _add_demonstration(connection)
            await _add_agents(connection, password)
            if load_terminals:
                await _add_load(connection, load_terminals)
    finally:
        await connection.close()
    agents = [{"email": agent.email, "name": agent.name, "role": agent.role} for agent in AGENTS]
    return Seeded(agents=agents, password=password, terminals=terminals, load_terminals=load_terminals)


def demo_password(folder: Path) -> str:
    """Return the demonstration's password, made at random at first start and kept for the owner only."""
    path = folder / "secrets" / "demo-password"
    if path.exists():
        return path.read_text(encoding="utf-8").strip()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    password = secrets.token_urlsafe(12)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(password + "\n")
    return password


async def _add_demonstration(connection: asyncpg.Connection) -> list[str]:
    company_sirens = {company.name: siren(n) for n, company in enumerate(COMPANIES, 1)}
    store_ids = [_id("store", store.name) for store in STORES]
    await connection.execute(_SQL.add_accounts, [_id("account", name) for name in ACCOUNTS], list(ACCOUNTS))
    await connection.execute(
        _SQL.add_companies,
        [_id("company", company.name) for company in COMPANIES],
        [_id("account", company.account) for company in COMPANIES],
        [company.name for company in COMPANIES],
        [company_sirens[company.name] for company in COMPANIES],
    )
    await connection.execute(
        _SQL.add_stores,
        store_ids,
        [_id("company", store.company) for store in STORES],
        [store.name for store in STORES],
        [siret(company_sirens[store.company], n) for n, store in enumerate(STORES, 1)],
        [f"GCT0{n:011d}" for n in range(1, len(STORES) + 1)],
        [store.merchant_category for store in STORES],
        [store.street for store in STORES],
        [store.postcode for store in STORES],
        [store.city for store in STORES],
        [store.department for store in STORES],
    )
    await connection.execute(_SQL.add_services, store_ids)
    # The last terminal waits for its activation, in the first store.
    count = len(STORES) * TERMINALS_PER_STORE
    numbers = [f"T{n:07d}" for n in range(1, count + 2)]
    await connection.execute(
        _SQL.add_terminals,
        [*(store_ids[n // TERMINALS_PER_STORE] for n in range(count)), store_ids[0]],
        numbers,
        [MODELS[n % len(MODELS)] for n in range(count + 1)],
        [n < count for n in range(count + 1)],
    )
    return numbers[:count]


async def _add_agents(connection: asyncpg.Connection, password: str) -> None:
    emails = [agent.email for agent in AGENTS]
    known = {row["email"]: row["password_hash"] for row in await connection.fetch(_SQL.agents_hashes, emails)}
    for agent in AGENTS:
        if agent.email in known and _matches(known[agent.email], password):
            continue
        await connection.execute(
            _SQL.put_agent,
            agent.email,
            agent.name,
            PASSWORDS.hash(password),
            agent.role,
            agent.departments,
            agent.locale,
        )


async def _add_load(connection: asyncpg.Connection, count: int) -> None:
    stores = -(-count // TERMINALS_PER_LOAD_STORE)
    companies = -(-stores // STORES_PER_LOAD_COMPANY)
    company_ids = [_id("load-company", str(n)) for n in range(companies)]
    company_sirens = [siren(9_000_000 + n) for n in range(companies)]
    store_ids = [_id("load-store", str(n)) for n in range(stores)]
    account = _id("account", "load")
    await connection.execute(_SQL.add_accounts, [account], ["Charge"])
    await connection.execute(
        _SQL.add_companies,
        company_ids,
        [account] * companies,
        [f"Charge {n + 1}" for n in range(companies)],
        company_sirens,
    )
    await connection.execute(
        _SQL.add_stores,
        store_ids,
        [company_ids[n // STORES_PER_LOAD_COMPANY] for n in range(stores)],
        [f"Magasin de charge {n + 1:05d}" for n in range(stores)],
        [
            siret(company_sirens[n // STORES_PER_LOAD_COMPANY], n % STORES_PER_LOAD_COMPANY)
            for n in range(stores)
        ],
        [f"GCT1{n:011d}" for n in range(1, stores + 1)],
        ["5411"] * stores,
        [""] * stores,
        ["00000"] * stores,
        ["Charge"] * stores,
        [_DEPARTMENTS[n % len(_DEPARTMENTS)] for n in range(stores)],
    )
    await connection.execute(_SQL.add_services, store_ids)
    await connection.execute(
        _SQL.add_terminals,
        [store_ids[n // TERMINALS_PER_LOAD_STORE] for n in range(count)],
        [f"T{1_000_001 + n:07d}" for n in range(count)],
        [MODELS[0]] * count,
        [True] * count,
    )


def _id(kind: str, name: str) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, f"{kind}:{name}")


def _matches(encoded: str, password: str) -> bool:
    try:
        return PASSWORDS.verify(encoded, password)
    except Exception:  # Any other hash is replaced.
        return False


def _fail(line: str) -> int:
    sys.stderr.write(f"seed: {line}\n")
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
