"""The sandbox's shop: what it says of a basket that no plan takes, and of an API that does not answer."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import httpx
import pytest

from deploy.sandbox.shop.merchant import Merchant
from deploy.sandbox.shop.offered import ranges_of
from deploy.sandbox.shop.pages import Links
from deploy.sandbox.shop.server import Shop
from observability.small_http import Request, Response


def plan(code: str, low: int, high: int) -> dict[str, Any]:
    return {
        "code": code,
        "amount_min": {"amount": low, "currency": "EUR"},
        "amount_max": {"amount": high, "currency": "EUR"},
    }


def api(plans: list[dict[str, Any]], preview: httpx.Response) -> httpx.AsyncClient:
    """The merchants' API with these plans, which answers every preview alike."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": plans}) if request.method == "GET" else preview

    return httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://api")


async def basket(client: httpx.AsyncClient, goods: str, language: str) -> Response:
    async with client:
        shop = Shop(
            Merchant(client, lambda: "gsk_x"), origin="http://localhost:1", secret=lambda: b"x", links=Links()
        )
        cookies = f"shop_basket={goods}; shop_language={language}"
        return await shop(Request("GET", "/basket", {}, b"", {"host": "localhost:1", "cookie": cookies}))


def alert(answer: Response) -> str:
    """What the page says where it cannot go on."""
    assert isinstance(answer.body, bytes)
    (said,) = re.findall(r'role="alert">(.*?)</p>', answer.body.decode())
    return re.sub(r"\s", " ", unescape(said))


NOT_ASKED = httpx.Response(500, json={})


@pytest.mark.parametrize("goods", ["bowls-1", "desk-9"])
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", "c’est possible de 50,00 € à 3 000,00 €. Changez votre panier."),
        ("en", "which are offered from €50.00 to €3,000.00. Change your basket."),
    ],
)
async def test_below_and_above_what_is_offered_the_basket_says_from_and_up_to_what_it_is(
    goods: str, language: str, said: str
) -> None:
    plans = [plan("10x", 50_000, 300_000), plan("3x", 5_000, 200_000)]
    answer = await basket(api(plans, NOT_ASKED), goods, language)
    assert answer.status == 200
    assert said in alert(answer)


async def test_between_plans_each_range_is_said() -> None:
    plans = [plan("2x", 100, 2_000), plan("10x", 50_000, 300_000)]
    answer = await basket(api(plans, NOT_ASKED), "bowls-1", "fr")
    assert "de 1,00 € à 20,00 € ou de 500,00 € à 3 000,00 €." in alert(answer)


@pytest.mark.parametrize("plans", [[], [plan("3x", 100, 300_000)]], ids=["no plan", "a plan that refuses it"])
async def test_no_amounts_are_named_where_they_would_explain_nothing(plans: list[dict[str, Any]]) -> None:
    refused = httpx.Response(422, text=json.dumps({"code": "invalid", "detail": "no", "errors": []}))
    answer = await basket(api(plans, refused), "bowls-1", "en")
    assert alert(answer) == "This amount cannot be paid in instalments."


@pytest.mark.parametrize("codes", [["10x"], ["3x", "10x"], ["2x", "3x", "10x"]])
async def test_the_first_plan_is_chosen_however_many_there_are(codes: list[str]) -> None:
    plans = [plan(code, 100, 300_000) for code in codes]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"data": plans})
        asked = json.loads(request.content)
        part = {"due_on": "2026-11-29", "amount": asked["amount"]}
        chosen = {"code": asked["plan"], "parts": 1}
        fee = {"amount": 0, "currency": "EUR"}
        return httpx.Response(200, json={"plan": chosen, "fee": fee, "instalments": [part]})

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://api")
    page = (await basket(client, "bowls-1", "fr")).body
    assert isinstance(page, bytes)
    radios = re.findall(r'name="plan" value="(\w+)"( checked)?', page.decode())
    assert radios == [(code, " checked" if code == codes[0] else "") for code in codes]


async def test_a_preview_that_does_not_answer_is_not_a_refusal() -> None:
    answer = await basket(api([plan("3x", 100, 300_000)], httpx.Response(503, json={})), "bowls-1", "en")
    assert answer.status == 503
    assert isinstance(answer.body, bytes)
    assert b"cannot be paid in instalments" not in answer.body


def test_ranges_that_overlap_or_adjoin_are_one() -> None:
    assert ranges_of([plan("c", 301, 400), plan("a", 100, 300), plan("b", 150, 200)]) == [(100, 400)]
    assert ranges_of([plan("a", 100, 300), plan("b", 302, 400)]) == [(100, 300), (302, 400)]
