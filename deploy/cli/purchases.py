"""What customers of the demonstration bought before today: real debits, made by a calendar that is moved from day to day.

`guichet up` does it once it is ready, the first time that it runs on its data. Nothing here says that money moved which did
not: shops, card frame, bank, daily run and acquirer all do their part, as they do for everybody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg
import httpx
import msgspec

from core.db.queries import load
from core.values.clock import paris_date
from deploy.cli.agent_api import AgentApi, agent_api
from deploy.cli.buy import doors_of
from deploy.cli.clock import move
from deploy.cli.collect import is_under_way
from deploy.cli.common import Common
from deploy.local.errors import LocalError
from deploy.sandbox.buying import BuyingRefused, Doors, Purchase, buy, said_by
from deploy.sandbox.simulators.cards import card_named, load_pan

AGENT: Final = "superviseur@guichet.example"
"""Moves the clock; who logs in first of all takes another one."""

MARK: Final = "purchases-made"
STEP_WAIT_S: Final = 30.0
_LOOKS_EVERY_S: Final = 0.3
_SETTLES_S: Final = 0.6
"""As long as a process may live at the time before, and a round of the run."""

_SQL: Final = load(Path(__file__).with_name("purchases.sql"))


class Bought(NamedTuple):
    """A purchase, so many days ago. `cancelled_after`: days after which its merchant takes all of it back; `settled_after`: those
    after which its customer begins to settle in three what is unpaid of it.
    """

    reference: str
    days_ago: int
    plan: str
    amount_minor: int
    email: str
    name: str
    card: str = "approve-visa"
    language: Any = "fr"
    cancelled_after: int | None = None
    settled_after: int | None = None
    ends_with_last_debit: bool = False  # the card is good until the month of the last debit, and no longer


ODETTE: Final = ("odette.martin@client.example", "Odette Martin")
KARIM: Final = ("karim.belaid@client.example", "Karim Belaïd")
ANNE: Final = ("anne.oconnor@client.example", "Anne O’Connor")

BY_AMOUNT: Final = "by-amount"
"""A card that the simulator has no table for: it decides by the amount (docs/sandbox.md)."""

PURCHASES: Final = (
    Bought("BR-2026-0751", 75, "2x", 8_990, *ODETTE),  # settled
    Bought(
        "BR-2026-0764", 64, "2x", 155_502, *ODETTE, BY_AMOUNT
    ),  # 777,51 is declined for want of funds: unpaid
    Bought(
        "BR-2026-0765", 64, "2x", 155_502, *ODETTE, BY_AMOUNT, settled_after=49
    ),  # likewise, and being settled
    Bought("BR-2026-0850", 50, "3x", 24_000, *ODETTE, cancelled_after=28),  # cancelled, and given back
    Bought("BR-2026-0855", 45, "2x", 155_482, *KARIM, BY_AMOUNT),  # 777,41 is that of a lost card: unpaid
    Bought("BR-2026-0940", 40, "3x", 12_796, *ODETTE),  # in progress, two of three paid
    Bought("BR-2026-0960", 20, "3x", 35_400, *ODETTE, ends_with_last_debit=True),  # card about to expire
    Bought("BR-2026-0975", 5, "4x", 48_900, *KARIM, "approve-mastercard"),
    Bought("BR-2026-0976", 5, "2x", 7_450, *ANNE, language="en"),
)
SETTLED_IN: Final = 3
RUNS: Final = (45, 34, 32, 29, 25, 15, 10)
"""Days before today on which something is due, or tried again."""


async def buy_for_demonstration(common: Common, database_url: str, *, begun: Callable[[], None]) -> int:
    """Let customers have bought, once for the data of this copy; return how many purchases there are.

    `begun` is told before the clock is moved: whoever buys meanwhile buys on one of these days.

    Raises: LocalError, which leaves the clock at the real time.
    """
    mark = common.data / MARK
    if mark.exists():
        return 0
    begun()
    await _offer_before(database_url)
    doors = doors_of(common)
    async with agent_api(common, AGENT) as api:
        try:
            for day, bought in _days():
                await move(api, to=paris_date(datetime.now(UTC)) - timedelta(days=day), now=datetime.now(UTC))
                await asyncio.sleep(_SETTLES_S)
                for each in bought:
                    await _act(common, doors, each, day)
                await _run(api)
        finally:
            await asyncio.shield(move(api, real=True, now=datetime.now(UTC)))
    mark.write_text(f"{datetime.now(UTC):%Y-%m-%d}\n", encoding="utf-8")
    return len(PURCHASES)


def _days() -> list[tuple[int, list[Bought]]]:
    """Return days ago on which something happens, the longest ago first, with the purchases that it is about."""
    about: dict[int, list[Bought]] = {day: [] for day in RUNS}
    for each in PURCHASES:
        about.setdefault(each.days_ago, []).append(each)
        for after in (each.cancelled_after, each.settled_after):
            if after is not None:
                about.setdefault(each.days_ago - after, []).append(each)
    return sorted(about.items(), reverse=True)


async def _act(common: Common, doors: Doors, bought: Bought, day: int) -> None:
    """Buy, or take back or settle what was bought before. Raises: LocalError."""
    try:
        if day == bought.days_ago:
            order = await buy(doors, _purchase(bought, day), wait_s=STEP_WAIT_S)
            if order["payment"]["state"] != "paid":
                raise LocalError("buying-refused", said=f"{bought.reference}: {order['payment']['state']}")
        elif bought.cancelled_after is not None:
            await _cancel(doors, bought)
        else:
            await _settle(common, doors, bought)
    except BuyingRefused as refused:
        raise LocalError("buying-refused", said=refused.said) from refused
    except httpx.HTTPError as error:
        raise LocalError("api-silent", error=type(error).__name__) from error


def _purchase(bought: Bought, day: int) -> Purchase:
    card = card_named("approve-cb" if bought.card == BY_AMOUNT else bought.card)
    if bought.card == BY_AMOUNT:
        card = msgspec.structs.replace(card, pan=load_pan(int(bought.reference[-4:])))
    if bought.ends_with_last_debit:
        bought_on = paris_date(datetime.now(UTC)) - timedelta(days=day)
        card = msgspec.structs.replace(card, expiry=f"{_last_debit(bought, bought_on):%y%m}")
    return Purchase(
        amount_minor=bought.amount_minor,
        plan=bought.plan,
        email=bought.email,
        name=bought.name,
        card=card,
        reference=bought.reference,
        language=bought.language,
    )


def _last_debit(bought: Bought, bought_on: date) -> date:
    """Return a day of the month of the last debit of a plan in steps of thirty days."""
    return bought_on + timedelta(days=30 * (int(bought.plan.rstrip("x")) - 1))


async def _cancel(doors: Doors, bought: Bought) -> None:
    async with httpx.AsyncClient(
        base_url=doors.gateway_url, headers={"Authorization": f"Bearer {doors.key}"}, trust_env=False
    ) as merchant:
        found = await merchant.get("/v1/merchant/orders", params={"reference": bought.reference})
        order_id = found.json()["data"][0]["id"]
        answer = await merchant.post(
            f"/v1/merchant/orders/{order_id}/cancel",
            json={"reason": "article épuisé"},
            headers={"Idempotency-Key": f"demonstration {bought.reference}"},
        )
    if not answer.is_success:
        raise LocalError("buying-refused", said=f"{bought.reference}: HTTP {answer.status_code}")


async def _settle(common: Common, doors: Doors, bought: Bought) -> None:
    """Settle in three, by the card of the purchase, as its customer does in their space."""
    password = (common.data / "secrets" / "demo-password").read_text(encoding="utf-8").strip()
    async with httpx.AsyncClient(
        base_url=doors.gateway_url,
        headers={"Accept-Language": doors.spoken},
        trust_env=False,
        timeout=STEP_WAIT_S,
    ) as customer:
        opened = await customer.post(
            "/v1/customers/sessions", json={"email": bought.email, "password": password}
        )
        if not opened.is_success:
            raise BuyingRefused(said_by(opened))
        customer.headers["Authorization"] = f"Bearer {opened.json()['token']}"
        orders = (await customer.get("/v1/me/orders", params={"limit": "50"})).json()["data"]
        order_id = next((each["id"] for each in orders if each["reference"] == bought.reference), "")
        shown = await customer.get(f"/v1/me/orders/{order_id}/settlement")
        if not shown.is_success:
            raise BuyingRefused(said_by(shown))
        settlement = shown.json()
        asked = {"parts": SETTLED_IN, "amount": settlement["unpaid"]}
        paid = await customer.post(
            f"/v1/me/orders/{order_id}/settlement/pay",
            json=asked,
            headers={"Idempotency-Key": f"demonstration {bought.reference}"},
        )
        if not paid.is_success:
            raise BuyingRefused(said_by(paid))
        settlement = paid.json()
        for _ in range(int(STEP_WAIT_S / _LOOKS_EVERY_S)):
            if settlement["latest"]["state"] != "under_way":
                break
            await asyncio.sleep(_LOOKS_EVERY_S)
            settlement = (await customer.get(f"/v1/me/orders/{order_id}/settlement")).json()
        await customer.delete("/v1/me/session")
    if settlement["latest"]["state"] != "running":
        raise LocalError("buying-refused", said=f"{bought.reference}: {settlement['latest']['state']}")


async def _run(api: AgentApi) -> None:
    """Wait until what is due on this day is collected, or for as long as a step may take."""
    for _ in range(int(STEP_WAIT_S / _LOOKS_EVERY_S)):
        if not is_under_way(await api.get("/v1/collecting")):
            return
        await asyncio.sleep(_LOOKS_EVERY_S)


async def _offer_before(database_url: str) -> None:
    """Let the plans of today have been offered before as well."""
    try:
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute(_SQL.offer_before)
        finally:
            await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise LocalError("database-silent", error=type(error).__name__) from error
