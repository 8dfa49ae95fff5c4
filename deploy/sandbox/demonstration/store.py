"""The statements of the seed, in their order; each leaves what is there alone."""

import uuid
from datetime import UTC, datetime
from typing import Final

import asyncpg
import msgspec
from argon2.exceptions import InvalidHashError, VerificationError

from core.db.queries import load_beside
from core.identity.api import PASSWORDS, FactorSeal, record_action
from core.values.clock import paris_date
from core.values.ids import encode_id
from deploy.sandbox.demonstration.access import put_demonstration_factor
from deploy.sandbox.demonstration.agreements import seed_agreements
from deploy.sandbox.demonstration.approvals import seed_approvals
from deploy.sandbox.demonstration.contracts import make_contracts
from deploy.sandbox.demonstration.conversations import put_conversations
from deploy.sandbox.demonstration.customers import CUSTOMERS_OF_THE_DEMONSTRATION, put_customers
from deploy.sandbox.demonstration.demonstration import (
    ACCOUNTS,
    AGENTS,
    COMPANIES,
    MODELS,
    STORES,
    TERMINALS_PER_STORE,
    DemoAgent,
)
from deploy.sandbox.demonstration.letters import seed_letters
from deploy.sandbox.demonstration.merchants import seed_merchants
from deploy.sandbox.demonstration.numbers import siren, siret
from deploy.sandbox.demonstration.orders import put_shop_key, put_web_service, seed_orders
from deploy.sandbox.demonstration.requests import seed_requests
from deploy.sandbox.demonstration.supervision import seed_supervision
from deploy.sandbox.demonstration.webhooks import SandboxReceiver, put_receiver

_SQL = load_beside(__file__)
_NAMESPACE: Final = uuid.UUID("6d1f3c52-7f0a-4a5e-9a55-2f6f1f0d4b11")

TERMINALS_MAX: Final = 1_000_000
TERMINALS_PER_LOAD_STORE: Final = 10
STORES_PER_LOAD_COMPANY: Final = 5_000
_DEPARTMENTS: Final = ("75", "69", "13", "2A", "971", "59", "974", "987", "975", "67")


class Seeded(msgspec.Struct):
    """What was seeded, for whoever prints the logins; customers have the same password as agents."""

    agents: list[dict[str, str]]
    customers: list[dict[str, str]]
    password: str
    terminals: list[str]
    load_terminals: int


async def seed(
    database_url: str,
    *,
    password: str,
    load_terminals: int = 0,
    seal: FactorSeal | None = None,
    receiver: SandboxReceiver | None = None,
) -> Seeded:
    """Bring the database to the demonstration; running it again changes nothing.

    With a seal its agents have a second factor that follows from the password; without one they must add theirs.
    """
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute(_SQL.add_acquirer)
            terminals = await _add_demonstration(connection)
            await _add_agents(connection, password, seal)
            await put_customers(connection, password)
            await put_conversations(connection)
            await seed_merchants(connection)
            await seed_agreements(connection)
            await seed_requests(connection, today=paris_date(datetime.now(UTC)))
            await seed_supervision(connection)
            await seed_approvals(connection)
            await put_shop_key(connection, password)
            await seed_orders(connection)
            if receiver is not None:
                await put_receiver(connection, receiver)
            if load_terminals:
                await _add_load(connection, load_terminals)
        await make_contracts(database_url)
        await seed_letters(connection)
        await put_web_service(connection)
    finally:
        await connection.close()
    agents = [{"email": agent.email, "name": agent.name, "role": agent.role} for agent in AGENTS]
    customers = [{"email": each.email, "name": each.name} for each in CUSTOMERS_OF_THE_DEMONSTRATION]
    return Seeded(
        agents=agents,
        customers=customers,
        password=password,
        terminals=terminals,
        load_terminals=load_terminals,
    )


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


async def _add_agents(connection: asyncpg.Connection, password: str, seal: FactorSeal | None) -> None:
    emails = [agent.email for agent in AGENTS]
    known = {row["email"]: row for row in await connection.fetch(_SQL.agents_hashes, emails)}
    for agent in AGENTS:
        row = known.get(agent.email)
        is_known = row is not None and _matches(row["password_hash"], password)
        agent_id = (
            row["id"] if row is not None and is_known else await _put_agent(connection, agent, password)
        )
        if seal is not None and not (is_known and await connection.fetchval(_SQL.has_factor, agent_id)):
            await put_demonstration_factor(
                connection, seal, agent_id=agent_id, email=agent.email, password=password
            )


async def _put_agent(connection: asyncpg.Connection, agent: DemoAgent, password: str) -> uuid.UUID:
    made = await connection.fetchval(
        _SQL.put_agent, agent.email, agent.name, PASSWORDS.hash(password), agent.role, agent.locale
    )
    assert made is not None
    grant = await connection.fetchval(_SQL.put_first_grant, made, agent.role, agent.departments)
    if grant is not None:
        # No right without its action (V12): nobody was there yet to give the first ones.
        facts = {"grant": encode_id("grant", grant.bytes), "role": agent.role, "reason": "Installation"}
        await record_action(
            connection,
            agent_id=made.bytes,
            at=datetime.now(UTC),
            kind="grant.given",
            target_kind="agent",
            target_id=made.bytes,
            facts=facts if agent.departments is None else {**facts, "departments": agent.departments},
        )
    return made


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
    except (VerificationError, InvalidHashError):
        return False
