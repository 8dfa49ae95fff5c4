"""Statements of orders as typed functions. Whoever changes a balance holds its order: `hold`, then `read`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from core.contracts.collecting import DebitOutcome
from core.contracts.order_records import ToCollect
from core.contracts.orders import ActorKind, InstalmentState, OrderEventKind, OrderState
from core.contracts.scope import Scope
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.db.words import like_pattern
from core.schedules.orders.model import Due, Facts, Part
from core.values.clock import paris_date

SHOWN_MAX: Final = 200
_DIGITS_SHOWN: Final = 4
_SQL: Final = load_beside(__file__)


class Actor(NamedTuple):
    """Who does something to an order; the run has no identifier."""

    kind: ActorKind
    id: bytes | None = None


RUN: Final = Actor("run")
CUSTOMER: Final = Actor("customer")
"""Whoever bought, and paid at that moment."""


class Stored(NamedTuple):
    """An instalment as it is kept."""

    id: bytes
    number: int
    due_on: date
    amount_minor: int
    fee_minor: int
    state: InstalmentState
    paid_at: datetime | None
    settlement_id: bytes | None = None
    replaced_by: bytes | None = None
    counts: bool = True
    paused_until: date | None = None  # nothing of it is debited before that day

    @property
    def debited_on(self) -> date:
        """The day on which it is debited: not while its order is paused."""
        return self.due_on if self.paused_until is None else max(self.due_on, self.paused_until)

    @property
    def due(self) -> Due:
        """What its order's balance follows from."""
        is_part = self.settlement_id is not None
        return Due(self.number, self.amount_minor, self.fee_minor, self.state, is_part, self.counts)

    @property
    def is_shown(self) -> bool:
        """Whether it is of the schedule; a first part that was tried and is not paid is not."""
        return self.counts or self.replaced_by is not None


class Order(NamedTuple):
    """An order with its facts and instalments."""

    id: bytes
    company_id: bytes
    reference: str
    currency: str
    state: OrderState
    facts: Facts
    instalments: tuple[Stored, ...]


class Event(NamedTuple):
    """What happened to an order; `about_id` is the instalment, cancellation or refund, else the order."""

    order_id: bytes
    at: datetime
    kind: OrderEventKind
    by: Actor
    about_id: bytes
    facts: Mapping[str, Any] = {}


class Refund(NamedTuple):
    """What is owed back."""

    order_id: bytes
    cause_id: bytes
    amount_minor: int


async def hold(connection: Connection, order_ids: Iterable[bytes]) -> None:
    """Lock orders until the end of the transaction."""
    await connection.execute(_SQL.lock_orders, [uuid_of(each) for each in order_ids])


async def read(connection: Connection, order_ids: Iterable[bytes]) -> dict[bytes, Order]:
    """Return orders that are held; their instalments are locked too."""
    return await _read(connection, order_ids, _SQL.lock_instalments)


async def look(connection: Connection, order_ids: Iterable[bytes]) -> dict[bytes, Order]:
    """Return orders as they stand, to be looked at and not to be changed."""
    return await _read(connection, order_ids, _SQL.instalments)


async def _read(connection: Connection, order_ids: Iterable[bytes], instalments: str) -> dict[bytes, Order]:
    wanted = [uuid_of(each) for each in order_ids]
    rows = await connection.fetch(_SQL.facts, wanted)
    found = _by_order(await connection.fetch(instalments, wanted))
    return {row["id"].bytes: _order_of(row, found.get(row["id"], ())) for row in rows}


async def instalments_of(connection: Connection, order_ids: Iterable[UUID]) -> dict[UUID, tuple[Stored, ...]]:
    """Return the instalments of orders, to be shown."""
    return _by_order(await connection.fetch(_SQL.instalments, list(order_ids)))


async def orders_of(connection: Connection, instalment_ids: Iterable[bytes]) -> dict[bytes, bytes]:
    """Return instalment -> its order."""
    rows = await connection.fetch(_SQL.orders_of, [uuid_of(each) for each in instalment_ids])
    return {row["id"].bytes: row["order_id"].bytes for row in rows}


async def find_plan(connection: Connection, code: str, on: date) -> asyncpg.Record | None:
    """Return the version of a plan that is offered on a day."""
    return await connection.fetchrow(_SQL.offered_plan, code, on)


async def list_plans(connection: Connection, on: date, country: str) -> list[asyncpg.Record]:
    """Return the plans that are offered on a day in a country."""
    return await connection.fetch(_SQL.offered_plans, on, country)


async def is_store_of(connection: Connection, store_id: bytes, company_id: bytes) -> bool:
    """Return whether a store is of a company."""
    return bool(await connection.fetchval(_SQL.store_of_company, uuid_of(store_id), uuid_of(company_id)))


async def add_order(connection: Connection, order_id: bytes, made: Mapping[str, Any]) -> bool:
    """Insert an order; False when the company has one of this reference."""
    columns = (
        "company_id", "store_id", "reference", "plan_id", "currency", "amount_minor", "fee_minor", "email", "email_key",
        "customer_name", "phone", "language", "country", "purchased_on", "made_at", "return_url",
    )  # fmt: skip
    added = await connection.fetchval(_SQL.add_order, uuid_of(order_id), *(made[name] for name in columns))
    return added is not None


async def add_instalments(connection: Connection, order_id: bytes, parts: Sequence[Part]) -> None:
    """Insert the schedule of a new order."""
    await connection.execute(
        _SQL.add_instalments,
        uuid_of(order_id),
        [part.number for part in parts],
        [part.due_on for part in parts],
        [part.amount_minor for part in parts],
        [part.fee_minor for part in parts],
    )


async def find_by_reference(connection: Connection, company_id: bytes, reference: str) -> bytes:
    """Return the order of a company with a reference that is taken."""
    found = await connection.fetchval(_SQL.order_of_reference, uuid_of(company_id), reference)
    return found.bytes  # pyright: ignore[reportOptionalMemberAccess]


async def stand(connection: Connection, instalments: Sequence[tuple[bytes, Due]]) -> None:
    """Write what instalments are of, and their states."""
    if instalments:
        await connection.execute(
            _SQL.stand_instalments,
            [uuid_of(each) for each, _ in instalments],
            [due.amount_minor for _, due in instalments],
            [due.fee_minor for _, due in instalments],
            [due.state for _, due in instalments],
        )


async def stand_orders(connection: Connection, states: Mapping[bytes, OrderState]) -> None:
    """Write the states of orders."""
    if states:
        await connection.execute(_SQL.stand_orders, [uuid_of(each) for each in states], list(states.values()))


async def end_settlements(
    connection: Connection, order_ids: Sequence[bytes], at: datetime
) -> list[asyncpg.Record]:
    """End settlements that run and have failed, or are paid; return them."""
    return await connection.fetch(_SQL.end_settlements, [uuid_of(each) for each in order_ids], at)


async def add_cancellation(connection: Connection, order_id: bytes, made: Mapping[str, Any]) -> bool:
    """Insert what is taken off an order; False when it stands already under its key."""
    columns = ("kind", "amount_minor", "reason", "by_kind", "by_id", "at", "key", "before", "after")
    added = await connection.fetchval(
        _SQL.add_cancellation, made["id"], uuid_of(order_id), *(made[name] for name in columns)
    )
    return added is not None


async def add_refunds(connection: Connection, refunds: Sequence[Refund], at: datetime) -> None:
    """Insert what is owed back. Raises: UniqueViolationError, when a cause made something owed before."""
    if refunds:
        await connection.execute(
            _SQL.add_refunds,
            [uuid_of(each.order_id) for each in refunds],
            [uuid_of(each.cause_id) for each in refunds],
            [each.amount_minor for each in refunds],
            at,
        )


async def add_events(connection: Connection, events: Sequence[Event]) -> None:
    """Insert what happened, each once."""
    if events:
        await connection.execute(
            _SQL.add_events,
            [uuid_of(each.order_id) for each in events],
            [each.at for each in events],
            [each.kind for each in events],
            [each.by.kind for each in events],
            [uuid_or_none(each.by.id) for each in events],
            [uuid_of(each.about_id) for each in events],
            [msgspec.json.encode(each.facts).decode() for each in events],
        )


async def let_be_due(
    connection: Connection, order_id: bytes, numbers: Sequence[int], today: date
) -> list[asyncpg.Record]:
    """Let instalments that are upcoming be due today, all of them without numbers; return those that were not yet."""
    return await connection.fetch(_SQL.let_be_due, uuid_of(order_id), list(numbers) or None, today)


class Debited(NamedTuple):
    """Debits of the run of a day: those that ended so, for this reason, at a card of this brand."""

    on: date
    outcome: DebitOutcome | None = None
    reason: int | None = None
    brand: int | None = None


class Uncollected(NamedTuple):
    """What is due and not collected: what a run would claim at a moment of a day, or what is tried again later."""

    which: ToCollect
    today: date
    now: datetime


class Sought(NamedTuple):
    """Which orders: of a company, or within a scope; the rest narrows it."""

    company_id: bytes | None = None
    scope: Scope | None = None
    order_id: bytes | None = None
    reference: str | None = None
    store_id: bytes | None = None
    states: Sequence[OrderState] | None = None
    words: str = ""
    before: bytes | None = None
    limit: int = 1
    debited: Debited | None = None
    uncollected: Uncollected | None = None


async def list_orders(connection: Connection, sought: Sought) -> list[asyncpg.Record]:
    """Return orders, the newest first."""
    words = sought.words.strip()
    return await connection.fetch(
        _SQL.orders,
        uuid_or_none(sought.company_id),
        None if sought.scope is None else sought.scope.parameter(),
        uuid_or_none(sought.order_id),
        sought.reference,
        uuid_or_none(sought.store_id),
        None if sought.states is None else list(sought.states),
        like_pattern(words) or None,
        words if len(words) == _DIGITS_SHOWN and words.isdecimal() else None,
        uuid_or_none(sought.before),
        sought.limit,
        *(sought.debited or (None,) * len(Debited._fields)),
        *(sought.uncollected or (None,) * len(Uncollected._fields)),
    )


async def list_events(connection: Connection, order_id: bytes) -> list[asyncpg.Record]:
    """Return what happened to an order, the newest first."""
    return await connection.fetch(_SQL.events, uuid_of(order_id), SHOWN_MAX)


async def list_cancellations(connection: Connection, order_id: bytes) -> list[asyncpg.Record]:
    """Return what was taken off an order, the newest first."""
    return await connection.fetch(_SQL.cancellations, uuid_of(order_id), SHOWN_MAX)


async def list_refunds(connection: Connection, order_id: bytes) -> list[asyncpg.Record]:
    """Return what is or was owed back of an order, the newest first."""
    return await connection.fetch(_SQL.refunds, uuid_of(order_id), SHOWN_MAX)


async def list_debits(connection: Connection, order_id: bytes) -> list[asyncpg.Record]:
    """Return the attempts to collect instalments of an order, the newest first."""
    return await connection.fetch(_SQL.debits, uuid_of(order_id), SHOWN_MAX)


async def list_messages(connection: Connection, order_id: bytes) -> list[asyncpg.Record]:
    """Return the mails about an order, the newest first."""
    return await connection.fetch(_SQL.messages, uuid_of(order_id), SHOWN_MAX)


async def find_message(connection: Connection, order_id: bytes, mail_id: bytes) -> asyncpg.Record | None:
    """Return a mail about an order, and whether the address of the order is proved."""
    return await connection.fetchrow(_SQL.message, uuid_of(order_id), uuid_of(mail_id))


async def count_resent(connection: Connection, order_id: bytes, *, since: datetime) -> int:
    """Return how many mails of an order agents have sent once more."""
    return await connection.fetchval(_SQL.count_resent, uuid_of(order_id), since) or 0


async def move_instalment(connection: Connection, order_id: bytes, number: int, due_on: date) -> bool:
    """Write the day of an instalment; False when it is no longer upcoming."""
    return await connection.fetchval(_SQL.move_instalment, uuid_of(order_id), number, due_on) is not None


async def find_pause(connection: Connection, order_id: bytes, *, today: date) -> asyncpg.Record | None:
    """Return the pause of an order that is not over on a day."""
    row = await connection.fetchrow(_SQL.standing_pause, uuid_of(order_id))
    return None if row is None or row["until_on"] <= today else row


async def add_pause(
    connection: Connection, order_id: bytes, agent_id: bytes, reason: str, *, until: date, at: datetime
) -> bytes:
    """Insert a pause of an order that is held and has none that stands; return it."""
    made: Any = await connection.fetchval(
        _SQL.add_pause, uuid_of(order_id), until, reason, uuid_of(agent_id), at
    )
    return made.bytes


async def end_pause(
    connection: Connection, order_id: bytes, agent_id: bytes, reason: str, *, at: datetime
) -> None:
    """End the pause of an order that is held, where one stands."""
    await connection.execute(_SQL.end_pause, uuid_of(order_id), uuid_of(agent_id), at, reason, paris_date(at))


async def pause_instalments(connection: Connection, order_id: bytes, until: date | None) -> None:
    """Write before which day nothing of an order that is held is debited."""
    await connection.execute(_SQL.pause_instalments, uuid_of(order_id), until)


def _by_order(rows: Sequence[asyncpg.Record]) -> dict[UUID, tuple[Stored, ...]]:
    """Return the instalments of each order; the rows stand in the order of these."""
    return {
        order_id: tuple(
            Stored(
                row["id"].bytes, row["number"], row["due_on"], row["amount_minor"], row["fee_minor"], row["state"],
                row["paid_at"], _bytes(row["settlement_id"]), _bytes(row["replaced_by"]), row["counts"], row["paused_until"],
            )
            for row in those
        )
        for order_id, those in groupby(rows, key=lambda row: row["order_id"])
    }  # fmt: skip


def _bytes(identifier: UUID | None) -> bytes | None:
    return None if identifier is None else identifier.bytes


def _order_of(row: asyncpg.Record, instalments: tuple[Stored, ...]) -> Order:
    return Order(
        row["id"].bytes,
        row["company_id"].bytes,
        row["reference"],
        row["currency"],
        row["state"],
        Facts(
            amount_minor=row["amount_minor"],
            fee_minor=row["fee_minor"],
            cancelled_minor=row["cancelled_minor"],
            refunded_minor=row["refunded_minor"],
            is_active=row["is_active"],
            is_abandoned=row["is_abandoned"],
            dues=tuple(each.due for each in instalments),
        ),
        instalments,
    )
