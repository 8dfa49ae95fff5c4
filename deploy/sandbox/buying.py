"""Buy in instalments as a shop and its customer do, through the same doors: the merchants' API, the card frame, the bank.

Nothing here writes a row: an order that is paid was paid by a card that a frame has sealed, a bank has vouched for and an
acquirer has approved.
"""

import asyncio
import secrets
import ssl
from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

import httpx

from deploy.sandbox.simulators.cards import TestCard

Confirmation = Literal["approve", "fail", "cancel", "leave"]
"""What the holder does on their bank's page; `leave`: they never come back."""

SECURITY_CODE: Final = "123"
WAIT_S_MAX: Final = 120.0
_LOOK_EVERY_S: Final = 0.5
_TIMEOUT_S: Final = 40.0

# Never used, since all of it is on loopback; without it each client reads the machine's authorities anew.
_NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Doors(NamedTuple):
    """Where a shop and its customer go. `origin`: of the shop's pages; `key`: of its company; `spoken`: what a door says why in."""

    gateway_url: str
    bank_url: str
    origin: str
    key: str
    spoken: Literal["fr", "en"] = "fr"


class Purchase(NamedTuple):
    """What is bought, by whom, and with which card."""

    amount_minor: int
    plan: str
    email: str
    name: str
    card: TestCard
    reference: str
    language: Literal["fr", "en"] = "fr"
    phone: str = ""
    country: str = "FR"
    confirmation: Confirmation = "approve"


class BuyingRefused(Exception):
    """A door refused; `said` is its words."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


async def buy(doors: Doors, purchase: Purchase, *, wait_s: float = 0.0) -> dict[str, Any]:
    """Buy, and return the order as its merchant reads it: `payment` says how that went.

    Whoever buys with a reference again goes on with the same order. `wait_s`: how long to wait where nobody knows yet.
    Raises: BuyingRefused, httpx.HTTPError.
    """
    async with (
        httpx.AsyncClient(
            base_url=doors.gateway_url,
            headers={"Authorization": f"Bearer {doors.key}", "Accept-Language": doors.spoken},
            timeout=_TIMEOUT_S,
            trust_env=False,
            verify=_NO_TLS,
        ) as merchant,
        httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False, verify=_NO_TLS) as browser,
    ):
        order = await _order(merchant, doors, purchase)
        if order["payment"]["state"] != "paid":
            token = await _type_card(merchant, browser, doors, order["id"], purchase.card)
            order = await _pay(merchant, order["id"], token)
        if order["payment"]["state"] == "challenge" and purchase.confirmation != "leave":
            await _confirm(browser, doors, order["payment"]["action"]["redirect"], purchase.confirmation)
            order = await _pay(merchant, order["id"], None)
        for _ in range(int(min(wait_s, WAIT_S_MAX) / _LOOK_EVERY_S)):
            if order["payment"]["state"] != "under_way":
                break
            await asyncio.sleep(_LOOK_EVERY_S)
            order = _said(await merchant.get(f"/v1/merchant/orders/{order['id']}"))
        return order


async def _order(merchant: httpx.AsyncClient, doors: Doors, purchase: Purchase) -> dict[str, Any]:
    found = _said(await merchant.get("/v1/merchant/orders", params={"reference": purchase.reference}))
    if found["data"]:
        order_id = found["data"][0]["id"]
    else:
        customer: dict[str, Any] = {
            "email": purchase.email,
            "name": purchase.name,
            "language": purchase.language,
        }
        asked: Mapping[str, Any] = {
            "plan": purchase.plan,
            "amount": {"amount": purchase.amount_minor, "currency": "EUR"},
            "reference": purchase.reference,
            "country": purchase.country,
            "customer": customer | ({"phone": purchase.phone} if purchase.phone else {}),
            "return_url": f"{doors.origin}/",
        }
        order_id = _said(await _post(merchant, "/v1/merchant/orders", asked))["id"]
    return _said(await merchant.get(f"/v1/merchant/orders/{order_id}"))


async def _type_card(
    merchant: httpx.AsyncClient, browser: httpx.AsyncClient, doors: Doors, order_id: str, card: TestCard
) -> str:
    frame = _said(
        await _post(
            merchant,
            f"/v1/merchant/orders/{order_id}/frame",
            {"origin": doors.origin, "language": doors.spoken},
        )
    )
    typed = {"number": card.pan, "expiry": f"{card.expiry[2:]}/{card.expiry[:2]}", "code": SECURITY_CODE}
    answer = await browser.post(frame["address"], data=typed, headers={"Accept": "application/json"})
    told = answer.json()
    if "token" not in told:
        problems = told.get("problems") or {"": told.get("text", f"HTTP {answer.status_code}")}
        raise BuyingRefused(" ".join(problems.values()))
    return told["token"]


async def _confirm(browser: httpx.AsyncClient, doors: Doors, address: str, how: Confirmation) -> None:
    """Answer as the holder does: the bank tells it from server to server, and the browser brings it back as well."""
    name = address.rpartition("/")[2]
    ended = _said(
        await browser.post(f"{doors.bank_url}/control/answer", json={"authentication": name, "how": how})
    )
    back = await browser.post(ended["notification_url"], data={"cres": ended["cres"]})
    if back.status_code >= httpx.codes.BAD_REQUEST:
        raise BuyingRefused(f"HTTP {back.status_code}")


async def _pay(merchant: httpx.AsyncClient, order_id: str, token: str | None) -> dict[str, Any]:
    asked = {} if token is None else {"token": token}
    return _said(await _post(merchant, f"/v1/merchant/orders/{order_id}/pay", asked))


async def _post(client: httpx.AsyncClient, path: str, body: Mapping[str, Any]) -> httpx.Response:
    return await client.post(path, json=body, headers={"Idempotency-Key": secrets.token_hex(16)})


def _said(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_success:
        return answer.json()
    raise BuyingRefused(said_by(answer))


def said_by(answer: httpx.Response) -> str:
    """Return a problem of the API in its own words, those of its fields with them."""
    try:
        problem = answer.json()
        fields = [f"{each['field']}: {each['detail']}" for each in problem.get("errors", [])]
        return " ".join([problem["detail"], *fields])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"
