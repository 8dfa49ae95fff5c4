"""`guichet buy`: a purchase in instalments through the same doors as a shop and its customer, in the copy that runs."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal

import httpx
from cyclopts import App, Parameter, validators

from core.contracts.orders import PaymentState
from deploy.cli.common import COMMON, Common
from deploy.cli.exchange import read_amount, read_card
from deploy.local.errors import LocalError
from deploy.sandbox.buying import BuyingRefused, Confirmation, Doors, Purchase, buy

app = App(name="guichet buy", help="Buy in instalments from the command line; cards: docs/sandbox.md.")

EXIT_NOT_PAID = 1
EXIT_UNKNOWN = 3
EXITS: dict[PaymentState, int] = {"paid": 0, "challenge": EXIT_UNKNOWN, "under_way": EXIT_UNKNOWN}
_WAIT_S = validators.Number(gte=0, lte=120)


@app.default
async def run(
    *,
    amount: str = "127.96",
    plan: str = "3x",
    card: str = "approve-cb",
    email: str = "acheteur@client.example",
    name: str = "Camille Acheteur",
    reference: str | None = None,
    confirm: Confirmation = "approve",
    customer_language: Literal["fr", "en"] = "fr",
    wait: Annotated[float, Parameter(validator=_WAIT_S)] = 20.0,
    common: Common = COMMON,
) -> int:
    """Make an order, type a card in the card frame, confirm at the simulated bank, pay the first part; print the schedule.

    Exit 0 when it is paid, 1 when the card or its bank refused, 3 when nobody knows yet, 2 when nothing could be asked.

    Parameters
    ----------
    amount
        Euros, such as 127.96.
    plan
        Code of a plan that is offered: 2x, 3x, 4x, 10x.
    card
        Name of a test card, English or French: approve-cb, challenge, insufficient-funds, no-reply…
    email
        Of the customer, who sees the order in the customers' space once they have proved it.
    name
        Of the customer.
    reference
        The shop's own number; drawn without it. With that of an order that waits, it is that order that is paid.
    confirm
        What the holder does on their bank's page, if it asks: approve, fail, cancel, or leave.
    customer_language
        Language of the customer: fr or en.
    wait
        Seconds to wait at most where nobody knows yet.
    """
    doors = doors_of(common)
    purchase = Purchase(
        amount_minor=read_amount(amount),
        plan=plan,
        email=email,
        name=name,
        card=read_card(card),
        reference=reference or f"CMD-{secrets.token_hex(4).upper()}",
        language=customer_language,
        confirmation=confirm,
    )
    try:
        order = await buy(doors, purchase, wait_s=wait)
    except BuyingRefused as refused:
        raise LocalError("buying-refused", said=refused.said.replace(";", ",").rstrip(".")) from refused
    except httpx.HTTPError as error:
        raise LocalError("api-silent", error=type(error).__name__) from error
    if common.as_json:
        common.print_json(order)
    else:
        for line in lines_of(common, order):
            common.print_line(line)
    return EXITS.get(order["payment"]["state"], EXIT_NOT_PAID)


def doors_of(common: Common) -> Doors:
    """Return where the copy that runs on --data is bought from. Raises: NotRunning, LocalError."""
    ports = common.running().ports
    try:
        key = (common.data / "secrets" / "shop-key").read_text(encoding="utf-8").strip()
    except OSError as error:
        raise LocalError("no-demonstration", data=common.data) from error
    return Doors(
        gateway_url=f"http://127.0.0.1:{ports['gateway']}",
        bank_url=f"http://127.0.0.1:{ports['bank']}",
        origin=f"http://localhost:{ports['shop']}",
        key=key,
        spoken=common.spoken,
    )


def lines_of(common: Common, order: dict[str, Any]) -> list[str]:
    """Return an order for people: how its payment went, and its schedule."""
    payment = order["payment"]
    lines = [
        common.say("buy.order", reference=order["reference"], id=order["id"], name=order["customer"]["name"]),
        common.say(f"buy.{payment['state']}", why=payment["text"] or ""),
    ]
    if payment.get("action"):
        lines.append(payment["action"]["redirect"])
    lines += [
        f"{each['number']:>2}  {each['due_on']}  {_euros(common, each['amount']['amount']):>12}"
        f"  {common.say('instalment.' + each['state'])}"
        for each in order["instalments"]
    ]
    return lines


def _euros(common: Common, minor: int) -> str:
    text = f"{minor // 100}.{minor % 100:02d} €"
    return text.replace(".", ",") if common.spoken == "fr" else text
