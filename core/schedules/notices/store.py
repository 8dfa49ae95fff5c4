"""Statements of notices as typed functions."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from core.contracts.orders import ShownInstalment
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.merchants.api import BRAND_NAMES
from core.schedules.notices.model import (
    CardShown,
    Change,
    Due,
    Failure,
    InstalmentNow,
    Policy,
    Purchase,
)
from core.schedules.orders.cancelling import shown
from core.schedules.orders.store import Stored, instalments_of
from core.values.clock import paris_date

_SQL: Final = load_beside(__file__)
_READ_SHOWN: Final = msgspec.json.Decoder(list[ShownInstalment]).decode


async def read_policy(connection: Connection, today: date) -> Policy | None:
    """Return the version of a day; None before the first."""
    row = await connection.fetchrow(_SQL.read_policy, today)
    return (
        None if row is None else Policy(row["announce_days"], tuple(row["reminder_days"]), row["card_days"])
    )


async def announce(connection: Connection, *, today: date, last: date, now: datetime, limit: int) -> int:
    """Note debits that are near and were not announced; return how many."""
    found = await connection.fetchval(_SQL.announce, today, last, limit, now) or 0
    return found + (await connection.fetchval(_SQL.announce_paused, today, last, limit, now) or 0)


async def note_cards(
    connection: Connection,
    months: tuple[str, str],
    *,
    after: tuple[str, bytes] | None,
    now: datetime,
    limit: int,
) -> tuple[str, bytes] | None:
    """Note cards of a page that end before a debit; return the last of the page, None where there is none."""
    month, card = after or ("", bytes(16))
    row = await connection.fetchrow(_SQL.note_cards, *months, month, uuid_of(card), limit, now)
    return None if row is None else (row["expiry"], row["id"].bytes)


async def note_failures(
    connection: Connection, debits: Sequence[tuple[bytes, bytes]], *, now: datetime
) -> None:
    """Note debits (each after its order) that did not collect, for the customer to be told when they are tried again."""
    if debits:
        await connection.execute(
            _SQL.note_failures,
            [uuid_of(order) for order, _ in debits],
            [uuid_of(debit) for _, debit in debits],
            now,
        )


async def take_due(connection: Connection, now: datetime, *, limit: int) -> list[Due]:
    """Lock notices whose moment has come, and their orders; return all that they are about."""
    taken = await connection.fetch(_SQL.take_due, now, limit)
    return await _read(connection, [row["id"] for row in taken])


async def read_told(connection: Connection, notice_id: bytes) -> Due:
    """Return a notice of an order that is held, and all that it is about as it stands now."""
    (due,) = await _read(connection, [uuid_of(notice_id)])
    return due


async def _read(connection: Connection, notice_ids: Sequence[UUID]) -> list[Due]:
    if not notice_ids:
        return []
    rows = await connection.fetch(_SQL.read_due, notice_ids)
    instalments = await instalments_of(connection, {row["order_id"] for row in rows})
    return [_due_of(row, instalments.get(row["order_id"], ())) for row in rows]


async def decide(
    connection: Connection, mails: Sequence[tuple[bytes, bytes | None]], *, now: datetime
) -> None:
    """Write which notices were told, by which mail, and which were not so any more."""
    await connection.execute(
        _SQL.decide, [uuid_of(each) for each, _ in mails], [uuid_or_none(mail) for _, mail in mails], now
    )


async def remind_later(
    connection: Connection, reminders: Sequence[tuple[bytes, bytes, int, datetime]]
) -> None:
    """Note reminders of what is unpaid: order, instalment, which one it is, when."""
    if reminders:
        await connection.execute(
            _SQL.remind_later,
            [uuid_of(order) for order, *_ in reminders],
            [uuid_of(instalment) for _, instalment, *_ in reminders],
            [str(number) for *_, number, _ in reminders],
            [at for *_, at in reminders],
        )


def _due_of(row: asyncpg.Record, instalments: Sequence[Stored]) -> Due:
    currency = row["currency"]
    return Due(
        id=row["id"].bytes,
        kind=row["kind"],
        about_id=row["about_id"].bytes,
        about_key=row["about_key"],
        due_at=row["due_at"],
        order=Purchase(
            id=row["order_id"].bytes,
            state=row["order_state"],
            is_active=row["is_active"],
            reference=row["reference"],
            shop=row["shop"],
            name=row["customer_name"],
            email=row["email"],
            language=row["language"],
            currency=currency,
            amount_minor=row["order_minor"],
            fee_minor=row["fee_minor"],
            purchased_on=row["purchased_on"],
            card=_card_of(row),
            instalments=shown(instalments, currency),
            paused_until=row["paused_until"],
        ),
        instalment=None
        if row["instalment_id"] is None
        else InstalmentNow(
            row["number"], row["amount_minor"], row["due_on"], row["state"], row["collect_after"]
        ),
        failure=None
        if row["failed_reason"] is None
        else Failure(row["failed_reason"], row["was_sent"], row["failed_card"].bytes, row["is_last"]),
        change=None
        if row["taken_off_minor"] is None
        else Change(
            row["taken_off_minor"],
            row["owed_back_minor"],
            row["taken_off_at"],
            _READ_SHOWN(row["before"]),
            _READ_SHOWN(row["after"]),
            None if row["owed_back_sent_at"] is None else paris_date(row["owed_back_sent_at"]),
        ),
        sent_back_minor=row["sent_back_minor"],
    )


def _card_of(row: asyncpg.Record) -> CardShown | None:
    if row["card_id"] is None:
        return None
    brand = BRAND_NAMES.get(row["brand"], "other")
    return CardShown(row["card_id"].bytes, brand, row["last_four"], row["expiry"], row["is_refused"])
