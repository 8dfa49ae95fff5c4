"""What pages of the desk show of orders, runs and questions: each part of a page has rows, with the longest of their words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from litestar import get

from core.contracts import collecting as runs
from core.contracts import order_records as records
from core.contracts.orders import Buyer, InstalmentState, InstalmentView, ShownInstalment
from core.contracts.references import CompanyRef, Money, PersonRef
from tests.browser.invented import Json, identifier, moment

BEGUN: Final = datetime(2026, 9, 26, 20, 37, 48, tzinfo=UTC)
ORDER: Final = identifier("ord", 1)
CARD: Final = records.CardOfOrder(brand="mastercard", last_four="4444", expiry="3012")
TEMPLATES: Final = ("card_expired", "debit_failed", "order_confirmed", "schedule_changed")


def _euros(minor: int) -> Money:
    return Money(minor, "EUR")


def _at(days: int) -> str:
    return moment(BEGUN + timedelta(days=days))


def _day(days: int) -> str:
    return (BEGUN + timedelta(days=days)).date().isoformat()


def _instalment(
    number: int, minor: int, state: InstalmentState, *, settling: bool = False, taken_over: bool = False
) -> InstalmentView:
    return InstalmentView(
        id=identifier("ins", number),
        number=number,
        due_on=_day(30 * number),
        amount=_euros(minor),
        fee=_euros(1_166 if number == 1 else 0),
        state=state,
        paid_at=_at(30 * number) if state == "paid" else None,
        is_settling=settling,
        is_taken_over=taken_over,
    )


def _shown(*states: InstalmentState) -> list[ShownInstalment]:
    return [
        ShownInstalment(number=number, due_on=_day(30 * number), amount=_euros(777_751), state=state)
        for number, state in enumerate(states, start=1)
    ]


def order() -> records.OrderRecord:
    """Return one to which much has happened."""
    return records.OrderRecord(
        id=ORDER,
        reference="BR-2026-0764",
        company=CompanyRef(identifier("com", 1), "Belle Rive Distribution SAS"),
        state="being_settled",
        plan="three",
        parts=3,
        amount=_euros(1_555_020),
        remaining=_euros(25_917),
        customer=Buyer(
            name="Odette Martin", email="odette.martin@client.example", language="fr", country="FR"
        ),
        purchased_on=_day(0),
        made_at=_at(0),
        plan_name="En 3 fois",
        fee=_euros(1_166),
        cancelled=_euros(1_000),
        paid=_euros(78_917),
        refunded=_euros(0),
        owed_back=_euros(0),
        instalments=[
            _instalment(1, 78_917, "paid"),
            _instalment(2, 777_751, "unpaid", taken_over=True),
            _instalment(3, 25_917, "paid", settling=True),
            _instalment(4, 25_917, "in_progress", settling=True),
        ],
        events=[],
        cancellations=[
            records.CancellationView(
                id=identifier("cnl", 1),
                kind="cancellation",
                amount=_euros(1_000),
                owed_back=_euros(500),
                reason="Article épuisé depuis la commande",
                at=_at(7),
                by="integrator",
                before=_shown("paid", "upcoming", "in_progress"),
                after=_shown("paid", "unpaid", "cancelled"),
            )
        ],
        refunds=[
            records.OwedBack(id=identifier("orf", 1), amount=_euros(8_360), asked_at=_at(7), sent_at=_at(14))
        ],
        debits=[
            records.DebitView(
                at=_at(60 + number),
                number=2,
                amount=_euros(777_751),
                outcome="declined",
                by="merchant",
                reason="insufficient_funds",
                transaction=identifier("trx", number),
                next_try=_at(90) if number == 2 else None,
            )
            for number in (2, 1)
        ],
        card_changes=[
            records.CardChangeLine(
                id=identifier("cch", 1), state="done", asked_at=_at(9), old_card=CARD, new_card=CARD
            )
        ],
        messages=[
            records.OrderMessage(
                id=identifier("mai", number),
                template=template,
                recipient="o•••@client.example",
                language="fr",
                state="sent",
                told_at=_at(number),
                made_at=_at(number),
                sent_at=_at(number),
                resendable=True,
            )
            for number, template in enumerate(TEMPLATES)
        ],
        settlements=[
            records.SettlementRecord(
                id=identifier("stl", 1),
                parts=3,
                amount=_euros(777_751),
                settled=_euros(25_917),
                state="running",
                asked_at=_at(70),
                card=CARD,
            )
        ],
        card=CARD,
        pause=records.OrderPause(
            until=_day(90),
            reason="Déménage, et son salaire est versé le 10 du mois prochain",
            paused_at=_at(80),
            paused_by=PersonRef(identifier("agt", 1), "Marie-Antoinette Delacroix-Montgolfier"),
        ),
    )


@get("/v1/orders/{key:str}")
async def one_order(key: str) -> Json:
    """Return it, whichever is asked for."""
    return msgspec.to_builtins(order()) | {"id": key}


@get("/v1/collecting")
async def collecting() -> Json:
    """Return the run of a day, with debits that were declined."""
    on = _day(139)
    row = runs.CollectedRow(
        brand="visa", outcome="declined", reason="insufficient_funds", count=2, amount=_euros(30_243)
    )
    return msgspec.to_builtins(
        runs.CollectingReport(
            on=on,
            today=on,
            began_at=_at(139),
            pause=None,
            due=0,
            waiting=1,
            under_way=0,
            rows=[row],
            days=[runs.CollectingDay(on=on, count=2, approved=0, amount=_euros(0))],
        )
    )


@get("/v1/test-clock")
async def test_clock() -> Json:
    """Return the time of schedules, moved by some months."""
    return {"now": _at(139), "today": _day(139), "offset_s": 75 * 86_400, "is_movable": True}


@get("/v1/faq-entries")
async def faq_entries() -> Json:
    """Return a question of the length that most have."""
    question = "J'ai annulé ma commande\u00a0: que deviennent mon échéancier et mes prélèvements\u00a0?"
    entry = {
        "id": identifier("faq", 1),
        "question": question,
        "topic": "order",
        "place": 1,
        "published": True,
    }
    return {"data": [entry | {"made_at": _at(0)}], "next_cursor": None}


@get("/v1/contact-channels")
async def contact_channels() -> Json:
    """Return one that is shut until a moment, and has a number."""
    offer = {
        "is_open": False,
        "label": None,
        "opens_at": "2026-11-30T08:00:00.000Z",
        "note": "Prix d'un appel local",
    }
    channel = {"channel": "phone", "offered": True, "address": "+33199000001", "offer": offer, "revision": 1}
    return {"at": "2026-11-29T21:47:50.000Z", "data": [channel]}


@get("/v1/opening-hours")
async def opening_hours() -> Json:
    """Return none."""
    return {"data": []}


@get("/v1/opening-exceptions")
async def opening_exceptions() -> Json:
    """Return a day with hours of its own."""
    day = {
        "id": identifier("exc", 1),
        "day": "2026-12-24",
        "channel": None,
        "opens": "09:00",
        "closes": "12:00",
    }
    return {"data": [day | {"label_fr": "Veille de Noël", "label_en": "Christmas Eve"}]}


HANDLERS = (
    one_order,
    collecting,
    test_clock,
    faq_entries,
    contact_channels,
    opening_hours,
    opening_exceptions,
)
