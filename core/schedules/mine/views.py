"""A customer's purchases as the API shows them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import asyncpg
import msgspec

from core.contracts import my_orders as ask
from core.contracts.orders import ShownInstalment
from core.contracts.references import Money
from core.merchants.api import BRAND_NAMES
from core.schedules.changing.rules import DueDebit, standing_of
from core.schedules.changing.views import rule_view
from core.schedules.mine.rules import STATES, Try
from core.values.ids import encode_id
from core.values.timestamps import timestamp, timestamp_or_none

_READ_SHOWN: Final = msgspec.json.Decoder(list[ShownInstalment]).decode


def order_view(row: asyncpg.Record, instalments: Sequence[asyncpg.Record], *, today: date) -> ask.MyOrder:
    """Return a purchase with its schedule."""
    return ask.MyOrder(**_facts_of(row, instalments, today))


def whole_view(
    row: asyncpg.Record,
    instalments: Sequence[asyncpg.Record],
    changes: Sequence[asyncpg.Record],
    *,
    today: date,
) -> ask.MyOrderView:
    """Return a purchase with its schedule and what has changed it."""
    currency = row["currency"]
    return ask.MyOrderView(
        **_facts_of(row, instalments, today),
        changes=[
            ask.MyChange(
                kind=each["kind"],
                at=timestamp(each["at"]),
                amount=Money(each["amount_minor"], currency),
                owed_back=Money(each["owed_back_minor"], currency),
                before=_READ_SHOWN(each["before"]),
                after=_READ_SHOWN(each["after"]),
            )
            for each in changes
        ],
    )


def debit_view(row: asyncpg.Record, *, today: date) -> ask.MyDebit:
    """Return a debit with what it is of."""
    coming = _try_of(row, row["expiry"])
    return ask.MyDebit(
        order=encode_id("order", row["order_id"].bytes),
        reference=row["reference"],
        shop=row["shop"],
        number=row["shown_number"],
        parts=row["shown_parts"],
        is_settling=row["settlement_id"] is not None,
        amount=Money(row["amount_minor"], row["currency"]),
        due_on=row["due_on"].isoformat(),
        next_on=coming.next_on(today).isoformat(),
        todo=coming.todo(today),
        remaining=Money(row["remaining_minor"], row["currency"]),
        card=card_view(row, today=today),
    )


def card_view(row: asyncpg.Record, *, today: date) -> ask.MyCard | None:
    """Return the card of a row, None when it has none."""
    if row["last_four"] is None:
        return None
    year, month = row["expiry"][:2], row["expiry"][2:]
    return ask.MyCard(
        brand=BRAND_NAMES.get(row["brand"], "other"),
        last_four=row["last_four"],
        expires=f"20{year}-{month}",
        has_expired=row["expiry"] < f"{today:%y%m}",
    )


def _facts_of(row: asyncpg.Record, instalments: Sequence[asyncpg.Record], today: date) -> dict[str, Any]:
    currency = row["currency"]
    paused = row["paused_until"] if row["state"] in STATES["current"] else None

    def total(*states: str) -> Money:
        counted = [each for each in instalments if each["counts"] and each["state"] in states]
        return Money(sum(each["amount_minor"] for each in counted), currency)

    parts = [each for each in instalments if each["settlement_id"] is not None]
    settled_minor = sum(each["amount_minor"] for each in parts if each["state"] == "paid")

    return {
        "id": encode_id("order", row["id"].bytes),
        "reference": row["reference"],
        "shop": row["shop"],
        "state": row["state"],
        "purchased_on": row["purchased_on"].isoformat(),
        "amount": Money(row["amount_minor"], currency),
        "fee": Money(row["fee_minor"], currency),
        "cancelled": Money(row["cancelled_minor"], currency),
        "paid": total("paid"),
        "remaining": total("upcoming", "in_progress", "unpaid"),
        "unpaid": total("unpaid"),
        "refunded": Money(row["refunded_minor"] - row["owed_back_minor"], currency),
        "owed_back": Money(row["owed_back_minor"], currency),
        "email": row["email"],
        "instalments": [
            _instalment(each, each["number"], currency, today)
            for each in instalments
            if each["settlement_id"] is None
        ],
        "card_change": rule_view(
            standing_of(
                row["state"],
                [
                    DueDebit(_debited_on(each), each["amount_minor"], each["state"], waits=each["waits"])
                    for each in instalments
                    if each["counts"]
                ],
                has_card=row["last_four"] is not None,
                today=today,
            ),
            currency,
        ),
        "settled": Money(settled_minor, currency),
        "settling": [
            _instalment(each, number, currency, today) for number, each in enumerate(parts, start=1)
        ],
        "card": card_view(row, today=today),
        "paused_until": paused.isoformat() if paused is not None and paused > today else None,
    }


def _debited_on(row: asyncpg.Record) -> date:
    """Return when an instalment is debited: not while its order is paused."""
    return max(row["due_on"], row["paused_until"] or row["due_on"])


def _try_of(row: asyncpg.Record, expiry: str | None) -> Try:
    return Try(
        row["due_on"],
        row["collect_after"],
        expiry,
        row["refused"],
        is_by_same_card=row["is_by_same_card"],
        paused_until=row["paused_until"],
    )


def _instalment(row: asyncpg.Record, number: int, currency: str, today: date) -> ask.MyInstalment:
    coming = _try_of(row, None)
    retry_on = coming.retry_on
    return ask.MyInstalment(
        number=number,
        due_on=row["due_on"].isoformat(),
        amount=Money(row["amount_minor"], currency),
        state=row["state"],
        paid_at=timestamp_or_none(row["paid_at"]),
        is_taken_over=not row["counts"],
        has_failed=row["refused"] is not None,
        retry_on=None if retry_on is None else retry_on.isoformat(),
        next_on=coming.next_on(today).isoformat() if row["state"] == "upcoming" else None,
    )
