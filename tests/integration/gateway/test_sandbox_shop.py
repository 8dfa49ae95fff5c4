"""The sandbox's shop before the real merchants' API."""

from __future__ import annotations

import httpx
import pytest

from core.values.money import money_text
from deploy.sandbox.shop.goods import GOODS
from deploy.sandbox.shop.merchant import Merchant
from deploy.sandbox.shop.pages import Links
from deploy.sandbox.shop.server import Shop
from observability.small_http import Request
from tests.integration.gateway.test_merchant_orders import shop

__all__ = ["shop"]


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_a_basket_that_costs_too_much_says_up_to_what_amount_there_are_plans(
    shop: httpx.AsyncClient, language: str
) -> None:
    key = shop.headers["authorization"].removeprefix("Bearer ")
    plans = (await shop.get("/v1/merchant/plans")).json()["data"]
    most = max(plan["amount_max"]["amount"] for plan in plans)
    assert most < GOODS["desk"].price_minor * 9
    seller = Shop(
        Merchant(shop, lambda: key), origin="http://localhost:1", secret=lambda: b"x", links=Links()
    )
    cookies = f"shop_basket=desk-9; shop_language={language}"
    answer = await seller(Request("GET", "/basket", {}, b"", {"host": "localhost:1", "cookie": cookies}))
    assert answer.status == 200
    assert isinstance(answer.body, bytes)
    assert f" {money_text(most, 'EUR', 'fr' if language == 'fr' else 'en')}." in answer.body.decode()
