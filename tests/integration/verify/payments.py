"""Payments as Guichet would have written them, so that a test can spoil one fact at a time."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import asyncpg

from core.contracts.states import Kind, State
from core.values.ids import rrn_of, uuid7
from core.verify.model import HostBook, HostEntry, TerminalFact

TERMINAL = "T0000001"
APPROVAL_CODE = "004711"
_COLUMNS = (
    "id, business_date, terminal_id, store_id, company_id, received_at, sent_at, reverse_after, decided_at, body_hash,"
    " amount_minor, approved_minor, captured_minor, card_fingerprint, stan, kind, message_class, acquirer_id, state,"
    " reason, card_brand, currency, card_bin, card_last_four, card_expiry, entry_mode, transmitted_at, local_time,"
    " approval_code, card_ciphertext, request"
)


@dataclass
class Paid:
    """One attempt that was written."""

    id: uuid.UUID
    day: date
    stan: int
    amount_minor: int

    @property
    def reference(self) -> str:
        return rrn_of(self.id.bytes)

    def told(self, **changes: object) -> TerminalFact:
        """What its terminal was told, if all went well."""
        facts: dict[str, object] = {
            "outcome": "answered",
            "terminal": TERMINAL,
            "day": self.day.isoformat(),
            "message_class": 2,
            "stan": self.stan,
            "amount_minor": self.amount_minor,
            "approved_minor": self.amount_minor,
            "code": "00",
            "reference": self.reference,
            "approval_code": APPROVAL_CODE,
        }
        return TerminalFact(**{**facts, **changes})  # type: ignore[arg-type]

    def booked(self, state: str = "approved", **changes: object) -> HostEntry:
        """What the acquirer's book says of it."""
        facts: dict[str, object] = {
            "reference": self.reference,
            "state": state,
            "approved_minor": 0 if state in {"declined", "reversed"} else self.amount_minor,
            "captured_minor": 0,
            "at_us": int(datetime.now(UTC).timestamp() * 1e6),
        }
        return HostEntry(**{**facts, **changes})  # type: ignore[arg-type]


@dataclass
class Writer:
    """Writes payments of one terminal of the demonstration."""

    connection: asyncpg.Connection
    terminal_id: uuid.UUID
    store_id: uuid.UUID
    company_id: uuid.UUID
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    _stans: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def pay(
        self,
        state: State = State.APPROVED,
        *,
        kind: Kind = Kind.PURCHASE,
        amount_minor: int = 1250,
        age: timedelta = timedelta(minutes=30),
        booked: bool = True,
        request: bytes = b"\x80",
    ) -> Paid:
        """Write one attempt with the entries and the event that belong to its state."""
        at = self.now - age
        stan = next(self._stans)
        unix_ms = int(at.timestamp() * 1000)
        paid = Paid(
            uuid.UUID(bytes=uuid7(unix_ms=unix_ms, sequence=stan, randomness=stan << 54)),
            at.date(),
            stan,
            amount_minor,
        )
        approved = state in {State.APPROVED, State.CAPTURED, State.REVERSED, State.REFUNDED}
        values = (
            paid.id, paid.day, self.terminal_id, self.store_id, self.company_id, at, at, at + timedelta(seconds=12),
            None if state is State.SENT else at, 1, amount_minor, amount_minor if approved else 0,
            amount_minor if state is State.CAPTURED else 0, 77, stan, int(kind), 2, 1, int(state),
            100 if approved else 51, 1, "EUR", "497010", "0006", "3012", "051", "1122050200", "1122060200",
            APPROVAL_CODE if approved else "", b"\x01", request,
        )  # fmt: skip
        places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
        await self.connection.execute(f"INSERT INTO attempt ({_COLUMNS}) VALUES ({places})", *values)  # noqa: S608
        await self.decide(paid, state, at, reason=100 if approved else 51)
        if booked and approved:
            await self.post(paid, operation=1, layer=1, amount_minor=amount_minor)
            if state in {State.REVERSED, State.CAPTURED}:
                await self.post(paid, operation=2, layer=1, amount_minor=-amount_minor)
            if state is State.CAPTURED:
                await self.post(paid, operation=3, layer=2, amount_minor=amount_minor)
        return paid

    async def decide(self, paid: Paid, state: State, at: datetime, *, reason: int) -> None:
        """Write the events by which an attempt came to a state."""
        if state in {State.RECEIVED, State.SENT}:
            return
        then = {State.CAPTURED: 8, State.REVERSED: 5}.get(state)
        first = state if then is None else State.APPROVED
        await self.note(paid, 3 if state is State.UNKNOWN else 2, first, at, reason=reason)
        if then is not None:
            await self.note(paid, then, state, at, reason=reason)

    async def post(
        self,
        paid: Paid,
        *,
        operation: int,
        layer: int,
        amount_minor: int,
        part: int = 0,
        day: date | None = None,
    ) -> None:
        """Write the two legs of one operation."""
        for leg, sign in ((1, 1), (2, -1)):
            await self.entry(paid, operation, layer, leg, sign * amount_minor, part=part, day=day)

    async def entry(
        self, paid: Paid, operation: int, layer: int, leg: int, amount_minor: int, *, part: int = 0,
        day: date | None = None,
    ) -> None:  # fmt: skip
        """Write one entry."""
        await self.connection.execute(
            "INSERT INTO ledger_entry (attempt_id, business_date, owner_id, amount_minor, operation, part, leg, layer,"
            " account, currency) SELECT $1, $2, CASE $7::smallint WHEN 1 THEN ledger_owner ELSE $3 END, $4, $5, $6, $7, $8,"
            " $7, 'EUR' FROM acquirer WHERE id = 1",
            paid.id, day or paid.day, self.store_id, amount_minor, operation, part, leg, layer,
        )  # fmt: skip

    async def note(self, paid: Paid, kind: int, state: State, at: datetime, *, reason: int = 100) -> None:
        """Write one event."""
        await self.connection.execute(
            "INSERT INTO event (attempt_id, business_date, at, kind, state, reason) VALUES ($1, $2, $3, $4, $5, $6)",
            paid.id, paid.day, at, kind, int(state), reason,
        )  # fmt: skip

    async def owe(
        self, paid: Paid, *, accepted: bool, age: timedelta = timedelta(minutes=30), kind: int = 1
    ) -> None:
        """Write a delivery to the host: a reversal unless said otherwise."""
        created = self.now - age
        await self.connection.execute(
            "INSERT INTO delivery (attempt_id, business_date, kind, reason, amount_minor, acquirer_id, due_at, created_at,"
            " accepted_at) VALUES ($1, $2, $3, 51, $4, 1, $5, $5, $6)",
            paid.id, paid.day, kind, paid.amount_minor, created, created if accepted else None,
        )  # fmt: skip

    async def consume(self) -> None:
        """Let the inbox of the activity hold every event so far, its counts what they say, and the lists every attempt."""
        await self.connection.execute(
            "DELETE FROM activity_minute; INSERT INTO activity_minute (minute, store_id, service, brand, state, reason, currency,"
            " transactions, amount_minor, payments, cancelled, gross_minor, refunds, refunded_minor)"
            " SELECT date_trunc('minute', f.received_at, 'UTC'), f.store_id, v.kind, f.brand, e.state, e.reason, f.currency,"
            " count(*) FILTER (WHERE e.kind IN (2, 3)), 0, coalesce(sum(f.payments) FILTER (WHERE e.kind IN (2, 3)), 0),"
            " coalesce(sum(f.cancelled) FILTER (WHERE e.kind = 5), 0),"
            " coalesce(sum(f.gross_minor) FILTER (WHERE e.kind IN (2, 3)), 0),"
            " coalesce(sum(f.refunds) FILTER (WHERE e.kind IN (2, 3)), 0),"
            " coalesce(sum(f.refunded_minor) FILTER (WHERE e.kind IN (2, 3)), 0)"
            " FROM event AS e JOIN attempt_figure AS f ON f.id = e.attempt_id JOIN terminal AS t ON t.id = f.terminal_id"
            " JOIN service AS v ON v.id = t.service_id WHERE e.kind IN (2, 3, 5) GROUP BY 1, 2, 3, 4, 5, 6, 7"
        )
        await self.connection.execute(
            "DELETE FROM attempt_key; INSERT INTO attempt_key (attempt_id, business_date, store_id, stan, amount_minor,"
            " card_last_four, approval_code, decline_reason) SELECT a.id, a.business_date, a.store_id, a.stan, a.amount_minor,"
            " a.card_last_four, a.approval_code, CASE WHEN a.state = 5 THEN a.reason ELSE 0 END FROM attempt AS a;"
            " UPDATE key_position SET attempt_id = (SELECT a.id FROM attempt AS a ORDER BY a.id DESC LIMIT 1)"
        )
        await self.connection.execute(
            "INSERT INTO inbox (consumer, from_txid, from_seq, to_txid, to_seq, events)"
            " SELECT 'activity', coalesce((SELECT max(to_txid) FROM inbox), '0'), coalesce((SELECT max(to_seq) FROM inbox), 0),"
            " e.txid, e.seq, 1 FROM event AS e ORDER BY e.txid DESC, e.seq DESC LIMIT 1"
        )


def book_of(*entries: HostEntry) -> HostBook:
    """A book read just now, sorted as it must be."""
    read_at_us = int(datetime.now(UTC).timestamp() * 1e6)
    return HostBook(sorted(entries, key=lambda entry: entry.reference), read_at_us)


_DIRECTORY = """
    INSERT INTO acquirer (id, code, name) VALUES (1, 'acq1', 'Acquirer');
    INSERT INTO account (name) VALUES ('Account');
    INSERT INTO company (account_id, legal_name, siren) SELECT id, 'Company', '900000017' FROM account;
    INSERT INTO store (company_id, name, siret, acceptor, merchant_category, department)
    SELECT id, 'Store', '90000001700015', 'GCT000000000001', '5411', '75' FROM company;
    INSERT INTO service (store_id, kind, acquirer_id, active) SELECT id, 'pax', 1, true FROM store;
    INSERT INTO terminal (store_id, service_id, terminal) SELECT store_id, id, 'T0000001' FROM service;
"""


async def writer_on(owner_dsn: str) -> Writer:
    """Write one store with one terminal and return a writer that may spoil what it likes."""
    connection = await asyncpg.connect(owner_dsn)
    await connection.execute(_DIRECTORY)
    row = await connection.fetchrow(
        "SELECT t.id, s.id AS store_id, s.company_id FROM terminal AS t JOIN store AS s ON s.id = t.store_id"
    )
    assert row is not None
    return Writer(connection, row["id"], row["store_id"], row["company_id"])
