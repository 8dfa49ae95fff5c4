"""The shop's way to Guichet: the merchants' API with the shop's key, and nothing else."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

TIMEOUT_S: Final = 30.0


class Refusal(Exception):
    """The API said no, in words; `fields` says what is wrong with which."""

    def __init__(self, code: str, said: str, fields: Mapping[str, str]) -> None:
        super().__init__(code)
        self.code = code
        self.said = said
        self.fields = fields


class Silent(Exception):
    """The API does not answer, or the shop has no key yet."""


class Merchant:
    """Calls of the merchants' API. `read_key` is asked at each call: the demonstration may make the key after the start."""

    def __init__(self, client: httpx.AsyncClient, read_key: Callable[[], str]) -> None:
        self._client = client
        self._read_key = read_key

    async def plans(self, language: str) -> list[dict[str, Any]]:
        """Return the plans that are offered today."""
        return (await self._ask("GET", "/v1/merchant/plans", language))["data"]

    async def preview(self, plan: str, amount_minor: int, language: str) -> dict[str, Any]:
        """Return what a purchase would be paid in. Raises: Refusal, where this plan is not for this amount."""
        asked = {"plan": plan, "amount": {"amount": amount_minor, "currency": "EUR"}}
        return await self._ask("POST", "/v1/merchant/orders/preview", language, asked)

    async def make(self, asked: Mapping[str, Any], language: str) -> dict[str, Any]:
        """Make an order, once under its reference. Raises: Refusal."""
        return await self._ask("POST", "/v1/merchant/orders", language, asked, key=str(asked["reference"]))

    async def order(self, order_id: str, language: str) -> dict[str, Any]:
        """Return an order. Raises: Refusal."""
        return await self._ask("GET", f"/v1/merchant/orders/{order_id}", language)

    async def open_frame(self, order_id: str, *, origin: str, return_url: str, language: str) -> str:
        """Return the address of a page for a card. Raises: Refusal."""
        asked = {"origin": origin, "return_url": return_url, "language": language}
        frame = await self._ask("POST", f"/v1/merchant/orders/{order_id}/frame", language, asked)
        return frame["address"]

    async def pay(
        self, order_id: str, *, token: str | None, return_url: str, language: str
    ) -> dict[str, Any]:
        """Pay an order by a token, or go on with what stands. Raises: Refusal."""
        asked = {"return_url": return_url} | ({} if token is None else {"token": token})
        return await self._ask("POST", f"/v1/merchant/orders/{order_id}/pay", language, asked)

    async def _ask(
        self,
        method: str,
        path: str,
        language: str,
        body: Mapping[str, Any] | None = None,
        key: str = "",
    ) -> dict[str, Any]:
        headers = {"Accept-Language": language}
        if method == "POST":
            headers["Idempotency-Key"] = key or secrets.token_hex(16)
        try:
            headers["Authorization"] = f"Bearer {self._read_key()}"
            answer = await self._client.request(method, path, json=body, headers=headers)
            told = answer.json()
        except (httpx.HTTPError, OSError, ValueError) as error:
            raise Silent(type(error).__name__) from error
        if answer.is_success:
            return told
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or answer.status_code in (401, 429):
            raise Silent(str(told.get("code", answer.status_code)))
        fields = {each["field"]: each["detail"] for each in told.get("errors", [])}
        raise Refusal(told.get("code", ""), told.get("detail", ""), fields)
