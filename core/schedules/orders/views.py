"""Orders as the API shows them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import asyncpg
import msgspec

from core.contracts import order_records
from core.contracts import orders as ask
from core.contracts.order_records import CardOfOrder, OrderRecord
from core.contracts.reasons import Reason
from core.contracts.references import CompanyRef, Money, PersonRef, StoreRef
from core.merchants.api import BRAND_NAMES
from core.notifications.api import masked
from core.schedules.orders.model import Part
from core.schedules.orders.store import Stored
from core.values.ids import encode_id
from core.values.timestamps import timestamp, timestamp_or_none


class _EventFacts(msgspec.Struct):
    """What is kept of an event; which of it depends on its kind. `reason`: a person's words, or why a debit was declined."""

    number: int | None = None
    amount: int | None = None
    owed_back: int | None = None
    due_on: str | None = None
    reason: str | int | None = None


_READ_FACTS: Final = msgspec.json.Decoder(_EventFacts).decode
READ_SHOWN: Final = msgspec.json.Decoder(list[ask.ShownInstalment]).decode


def plan_view(row: asyncpg.Record, language: str) -> ask.OfferedPlan:
    """Return a plan as a shop offers it."""
    currency = row["currency"]
    return ask.OfferedPlan(
        code=row["code"],
        name=row["name_en"] if language == "en" else row["name_fr"],
        parts=row["parts"],
        step_unit=row["step_unit"],
        step_count=row["step_count"],
        amount_min=Money(row["amount_min_minor"], currency),
        amount_max=Money(row["amount_max_minor"], currency),
        fee_bp=row["fee_bp"],
        fee=None if row["fee_minor"] is None else Money(row["fee_minor"], currency),
    )


def planned(part: Part, currency: str) -> ask.PlannedInstalment:
    """Return an instalment of a preview."""
    return ask.PlannedInstalment(
        number=part.number,
        due_on=part.due_on.isoformat(),
        amount=Money(part.amount_minor, currency),
        fee=Money(part.fee_minor, currency),
    )


def summary_of(row: asyncpg.Record, instalments: Sequence[Stored]) -> ask.OrderSummary:
    """Return an order in a list."""
    return ask.OrderSummary(**_facts_of(row, instalments))


def view_of(row: asyncpg.Record, instalments: Sequence[Stored], language: str) -> ask.OrderView:
    """Return an order with its schedule."""
    return ask.OrderView(**_whole_of(row, instalments, language))


def payable_of(
    row: asyncpg.Record, instalments: Sequence[Stored], language: str, payment: ask.OrderPayment
) -> ask.PayableOrder:
    """Return an order with its schedule and how its first payment stands."""
    return ask.PayableOrder(**_whole_of(row, instalments, language), payment=payment)


def record_of(
    row: asyncpg.Record,
    instalments: Sequence[Stored],
    language: str,
    *,
    events: Sequence[asyncpg.Record],
    cancellations: Sequence[asyncpg.Record],
    refunds: Sequence[asyncpg.Record],
    debits: Sequence[asyncpg.Record],
    card_changes: Sequence[asyncpg.Record],
    messages: Sequence[asyncpg.Record],
    settlements: Sequence[asyncpg.Record],
    pause: asyncpg.Record | None,
) -> OrderRecord:
    """Return an order with what happened to it."""
    currency = row["currency"]
    return OrderRecord(
        **_whole_of(row, instalments, language),
        events=[_event(each, currency) for each in events],
        cancellations=[_cancellation(each, currency) for each in cancellations],
        refunds=[
            order_records.OwedBack(
                id=encode_id("order_refund", each["id"].bytes),
                amount=Money(each["amount_minor"], currency),
                asked_at=timestamp(each["asked_at"]),
                sent_at=timestamp_or_none(each["sent_at"]),
            )
            for each in refunds
        ],
        debits=[_debit(each, currency) for each in debits],
        card_changes=[_card_change(each) for each in card_changes],
        messages=[_message(each) for each in messages],
        settlements=[_settlement(each, currency) for each in settlements],
        card=_card(row),
        pause=None if pause is None else _pause(pause),
    )


def _pause(row: asyncpg.Record) -> order_records.OrderPause:
    return order_records.OrderPause(
        until=row["until_on"].isoformat(),
        reason=row["reason"],
        paused_at=timestamp(row["paused_at"]),
        paused_by=PersonRef(encode_id("agent", row["paused_by"].bytes), row["paused_by_name"]),
    )


def _settlement(row: asyncpg.Record, currency: str) -> order_records.SettlementRecord:
    return order_records.SettlementRecord(
        id=encode_id("settlement", row["id"].bytes),
        parts=row["parts"],
        amount=Money(row["amount_minor"], currency),
        settled=Money(row["settled_minor"], currency),
        state=row["state"],
        asked_at=timestamp(row["asked_at"]),
        begun_at=timestamp_or_none(row["begun_at"]),
        ended_at=timestamp_or_none(row["ended_at"]),
        refusal=row["refusal"],
        card=_card(row),
    )


def _whole_of(row: asyncpg.Record, instalments: Sequence[Stored], language: str) -> dict[str, Any]:
    currency = row["currency"]
    paid_minor = sum(each.amount_minor for each in instalments if each.state == "paid")
    return {
        **_facts_of(row, instalments),
        "plan_name": row["name_en"] if language == "en" else row["name_fr"],
        "fee": Money(row["fee_minor"], currency),
        "cancelled": Money(row["cancelled_minor"], currency),
        "paid": Money(paid_minor, currency),
        "refunded": Money(row["refunded_minor"] - row["owed_back_minor"], currency),
        "owed_back": Money(row["owed_back_minor"], currency),
        "instalments": [_instalment(each, currency) for each in instalments if each.is_shown],
        "activated_at": timestamp_or_none(row["activated_at"]),
        "abandoned_at": timestamp_or_none(row["abandoned_at"]),
        "return_url": row["return_url"],
    }


def _facts_of(row: asyncpg.Record, instalments: Sequence[Stored]) -> Mapping[str, Any]:
    currency = row["currency"]
    open_ones = [each for each in instalments if each.counts and each.state not in ("paid", "cancelled")]
    return {
        "id": encode_id("order", row["id"].bytes),
        "reference": row["reference"],
        "company": CompanyRef(encode_id("company", row["company_id"].bytes), row["legal_name"]),
        "store": _store(row),
        "state": row["state"],
        "plan": row["plan"],
        "parts": row["parts"],
        "amount": Money(row["amount_minor"], currency),
        "remaining": Money(sum(each.amount_minor for each in open_ones), currency),
        "customer": ask.Buyer(
            name=row["customer_name"],
            email=row["email"],
            phone=row["phone"],
            language=row["language"],
            country=row["country"],
        ),
        "purchased_on": row["purchased_on"].isoformat(),
        "made_at": timestamp(row["made_at"]),
        "next_due_on": _next_due(open_ones),
    }


def _event(row: asyncpg.Record, currency: str) -> order_records.OrderEventView:
    facts = _READ_FACTS(row["facts"])
    agent, why = row["agent_name"], facts.reason
    amount_minor = row["amount_minor"] if facts.amount is None else facts.amount
    return order_records.OrderEventView(
        at=timestamp(row["at"]),
        kind=row["kind"],
        by=row["by_kind"],
        person=None if agent is None else PersonRef(encode_id("agent", row["by_id"].bytes), agent),
        number=row["number"] if facts.number is None else facts.number,
        amount=None if amount_minor is None else Money(amount_minor, currency),
        owed_back=None if not facts.owed_back else Money(facts.owed_back, currency),
        due_on=facts.due_on,
        reason=why if isinstance(why, str) else None,
        decline=Reason(why).name.lower() if isinstance(why, int) else None,
    )


def _debit(row: asyncpg.Record, currency: str) -> order_records.DebitView:
    return order_records.DebitView(
        at=timestamp(row["claimed_at"]),
        number=row["number"],
        amount=Money(row["amount_minor"], currency),
        outcome=row["state"],
        by=row["initiator"],
        reason=None if row["reason"] == Reason.NONE else Reason(row["reason"]).name.lower(),
        transaction=encode_id("transaction", row["id"].bytes) if row["is_sent"] else None,
        next_try=timestamp_or_none(row["next_try"]),
    )


def _cancellation(row: asyncpg.Record, currency: str) -> order_records.CancellationView:
    return order_records.CancellationView(
        id=encode_id("cancellation", row["id"].bytes),
        kind=row["kind"],
        amount=Money(row["amount_minor"], currency),
        owed_back=Money(row["owed_back_minor"], currency),
        reason=row["reason"],
        at=timestamp(row["at"]),
        by=row["by_kind"],
        before=READ_SHOWN(row["before"]),
        after=READ_SHOWN(row["after"]),
    )


def _card_change(row: asyncpg.Record) -> order_records.CardChangeLine:
    old = _card(row, "old_")
    assert old is not None
    state = row["state"]
    return order_records.CardChangeLine(
        id=encode_id("card_change", row["id"].bytes),
        state=state if state in ("done", "failed") else "open",
        asked_at=timestamp(row["asked_at"]),
        old_card=old,
        new_card=_card(row, "new_"),
        decided_at=timestamp_or_none(row["decided_at"]),
        failure=row["failure"],
        decline=None if row["reason"] is None else Reason(row["reason"]).name.lower(),
    )


def _card(row: asyncpg.Record, which: str = "") -> CardOfOrder | None:
    if row[f"{which}last_four"] is None:
        return None
    return CardOfOrder(
        brand=BRAND_NAMES[row[f"{which}brand"]],
        last_four=row[f"{which}last_four"],
        expiry=row[f"{which}expiry"],
    )


def _message(row: asyncpg.Record) -> order_records.OrderMessage:
    return order_records.OrderMessage(
        id=encode_id("mail", row["id"].bytes),
        template=row["template"],
        recipient=masked(row["recipient"]),
        language=row["locale"],
        state=row["state"],
        told_at=timestamp(row["told_at"]),
        made_at=timestamp(row["created_at"]),
        sent_at=timestamp_or_none(row["sent_at"]),
        resendable=row["state"] != "waiting"
        and row["template"] in order_records.LASTING_TEMPLATES
        and (row["has_notice"] or row["template"] == "card_changed"),
    )


def _next_due(open_ones: Sequence[Stored]) -> str | None:
    coming: list[date] = [each.debited_on for each in open_ones if each.state == "upcoming"]
    return min(coming).isoformat() if coming else None


def _store(row: asyncpg.Record) -> StoreRef | None:
    if row["store_id"] is None:
        return None
    return StoreRef(encode_id("store", row["store_id"].bytes), row["store_name"], row["store_department"])


def _instalment(each: Stored, currency: str) -> ask.InstalmentView:
    return ask.InstalmentView(
        id=encode_id("instalment", each.id),
        number=each.number,
        due_on=each.due_on.isoformat(),
        amount=Money(each.amount_minor, currency),
        fee=Money(each.fee_minor, currency),
        state=each.state,
        paid_at=timestamp_or_none(each.paid_at),
        is_settling=each.settlement_id is not None,
        is_taken_over=not each.counts,
    )
