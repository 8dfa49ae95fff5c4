"""A new order: what is asked for, checked, and its schedule."""

from datetime import date, datetime
from typing import Any

import asyncpg

from core.contracts.orders import BuyerFields, MakeOrder, OrderAmount, PreviewOrder
from core.contracts.refusals import Faults, FieldRefused
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.merchants.api import check_phone
from core.schedules.orders import store
from core.schedules.orders.errors import ReferenceTaken
from core.schedules.orders.model import Part
from core.schedules.orders.pages import check_return_page
from core.schedules.orders.rules import TooSmallToPart, fee_of, new_schedule
from core.schedules.orders.store import Actor, Event
from core.values.clock import paris_date
from core.values.emails import EmailMalformed, email_key


async def make_order(
    connection: Connection,
    company_id: bytes,
    request: MakeOrder,
    *,
    order_id: bytes,
    by: Actor,
    at: datetime,
    loopback: bool,
) -> None:
    """Write an order of a company with its schedule; with `loopback` its shop may be on this very machine.

    Raises: FieldRefused, Refused, ReferenceTaken.
    """
    today = paris_date(at)
    plan = await plan_of(connection, request, today)
    fee_minor, parts = schedule_of(plan, request.amount, today)
    made = await _checked(connection, company_id, request, loopback=loopback)
    terms = {"plan_id": plan["id"], "fee_minor": fee_minor, "purchased_on": today, "made_at": at}
    if not await store.add_order(connection, order_id, made | terms):
        raise ReferenceTaken(await store.find_by_reference(connection, company_id, request.reference))
    await store.add_instalments(connection, order_id, parts)
    await store.add_events(connection, [Event(order_id, at, "made", by, order_id)])


async def plan_of(connection: Connection, request: PreviewOrder, today: date) -> asyncpg.Record:
    """Return the plan that is offered today where the buyer is. Raises: FieldRefused."""
    plan = await store.find_plan(connection, request.plan, today)
    if plan is None:
        raise FieldRefused("plan", "not_offered")
    if request.country not in plan["markets"]:
        raise FieldRefused("country", "not_offered_there")
    return plan


def schedule_of(plan: asyncpg.Record, amount: OrderAmount, today: date) -> tuple[int, list[Part]]:
    """Return the fee and the schedule of a purchase of today. Raises: FieldRefused."""
    least, most = plan["amount_min_minor"], plan["amount_max_minor"]
    if not least <= amount.amount <= most:
        raise FieldRefused("amount", "out_of_range", f"{least} EUR cents to {most} EUR cents")
    fee_minor = fee_of(amount.amount, fee_bp=plan["fee_bp"], fee_minor=plan["fee_minor"])
    try:
        parts = new_schedule(
            amount_minor=amount.amount,
            fee_minor=fee_minor,
            purchased_on=today,
            parts=plan["parts"],
            step_unit=plan["step_unit"],
            step_count=plan["step_count"],
        )
    except TooSmallToPart as error:
        raise FieldRefused("amount", "out_of_range", f"at least {error.least_minor} EUR cents") from error
    return fee_minor, parts


async def _checked(
    connection: Connection, company_id: bytes, request: MakeOrder, *, loopback: bool
) -> dict[str, Any]:
    """Return what is kept of who buys and where. Raises: Refused, with all that is wrong."""
    faults = Faults()
    made = {"phone": _phone(request.customer, faults), **_email(request.customer, faults)}
    if request.store is not None and not await store.is_store_of(connection, request.store, company_id):
        faults.note("store", "not_found")
    # What could not be paid is not made: `pay` would lead the browser back there.
    page = request.return_url
    if page is not None:
        faults.read(lambda: check_return_page(page, loopback=loopback))
    faults.refuse()
    return {
        **made,
        "company_id": uuid_of(company_id),
        "store_id": uuid_or_none(request.store),
        "reference": request.reference,
        "currency": request.amount.currency,
        "amount_minor": request.amount.amount,
        "customer_name": request.customer.name.strip(),
        "language": request.customer.language,
        "country": request.country,
        "return_url": page,
    }


def _email(customer: BuyerFields, faults: Faults) -> dict[str, str]:
    try:
        key = email_key(customer.email)
    except EmailMalformed:
        faults.note("customer.email", "malformed")
        key = ""
    return {"email": customer.email.strip(), "email_key": key}


def _phone(customer: BuyerFields, faults: Faults) -> str | None:
    phone = check_phone(customer.phone)
    if phone.code is not None:
        faults.note("customer.phone", "malformed")
    return phone.value or None
