"""The shop's addresses. What it knows of an order it reads from Guichet each time; a basket is in the browser."""

import asyncio
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlencode

from core.values.bilingual import Language
from core.values.money import money_text
from deploy.sandbox.shop.goods import GOODS, Basket, read_basket, total_of, write_basket
from deploy.sandbox.shop.merchant import Merchant, Refusal, Silent
from deploy.sandbox.shop.offered import ranges_of, takes
from deploy.sandbox.shop.pages import FILES, Links, Visit, page, say
from observability.small_http import Request, Response

REFRESH_S: Final = 3
_ORDER_PAGE: Final = re.compile(r"/orders/(ord_[0-9a-z]{26})/([0-9a-f]{32})(/card|/back|/again)?")
_TAKEN: Final = frozenset({"idempotency_key_reused", "order_reference_taken"})
_FIELDS: Final = {"customer.name": "name", "customer.email": "email", "plan": "plan", "amount": "plan"}


class Shop:
    """Answers requests. `origin`: where browsers find it; `secret`: what the addresses of orders are signed with."""

    def __init__(self, merchant: Merchant, *, origin: str, secret: Callable[[], bytes], links: Links) -> None:
        self._merchant = merchant
        self._origin = origin
        self._secret = secret
        self._links = links
        self._routes: dict[tuple[str, str], Callable[[Request, Visit], Awaitable[Response]]] = {
            ("GET", "/"): self._goods,
            ("POST", "/basket/add"): self._add,
            ("GET", "/basket"): self._show_basket,
            ("POST", "/basket"): self._change_basket,
            ("POST", "/orders"): self._order,
        }

    async def __call__(self, request: Request) -> Response:
        """Handler of the small server."""
        if request.path.startswith("/health/"):
            return Response(200, {"status": "ready"})
        if request.path.startswith("/static/"):
            content, kind = FILES.get(request.path.removeprefix("/static/"), (b"", "text/plain"))
            return Response(200 if content else 404, content, kind)
        host = request.headers.get("host", "")
        if request.method == "GET" and f"//{host}" != self._origin.partition(":")[2]:
            # The card frame stands in pages of one origin alone: 127.0.0.1 is another one than localhost.
            return _to(f"{self._origin}{quote(request.path)}")
        wanted = request.query.get("lang")
        if request.method == "GET" and wanted in ("fr", "en"):
            others = {name: value for name, value in request.query.items() if name != "lang"}
            where = request.path + (f"?{urlencode(others)}" if others else "")
            return _to(where, ("set-cookie", _cookie("language", wanted)))
        visit = self._visit(request)
        try:
            return await self._answer(request, visit)
        except (Silent, OSError):
            again = (request.path, say("again", visit.language)) if request.method == "GET" else None
            return _told(visit, "silent", status=503, go=again)

    async def _answer(self, request: Request, visit: Visit) -> Response:
        handle = self._routes.get((request.method, request.path))
        if handle is not None:
            return await handle(request, visit)
        found = _ORDER_PAGE.fullmatch(request.path)
        if found is None or not hmac.compare_digest(found[2], self._signature(found[1])):
            return _told(visit, "unknown", status=404, go=("/", say("back_to_shop", visit.language)))
        match request.method, found[3]:
            case "GET", None:
                return await self._order_page(visit, found[1])
            case "GET", "/again":
                return await self._order_page(visit, found[1], wants_frame=True)
            case "POST", "/card":
                return await self._pay(visit, found[1], _form(request).get("token", ""))
            case "GET", "/card":
                return await self._pay(visit, found[1], request.query.get("card_token", ""))
            case "GET", "/back":
                return await self._pay(visit, found[1], None)
            case _:
                return _told(visit, "unknown", status=404, go=("/", say("back_to_shop", visit.language)))

    async def _goods(self, request: Request, visit: Visit) -> Response:
        added = request.query.get("added", "")
        return page(
            visit, "goods.html", goods=list(GOODS.values()), added=added if added in visit.basket else ""
        )

    async def _add(self, request: Request, visit: Visit) -> Response:
        code = _form(request).get("good", "")
        if code not in GOODS:
            return _to("/")
        basket = visit.basket | {code: min(visit.basket.get(code, 0) + 1, 9)}
        return _to(f"/?added={code}", ("set-cookie", _cookie("basket", write_basket(basket))))

    async def _change_basket(self, request: Request, _visit: Visit) -> Response:
        form = _form(request)
        basket = read_basket(".".join(f"{code}-{form.get(code, '')}" for code in GOODS))
        return _to("/basket", ("set-cookie", _cookie("basket", write_basket(basket))))

    async def _show_basket(self, _request: Request, visit: Visit) -> Response:
        return await self._basket_page(visit, {"plan": "", "name": "", "email": ""}, {})

    async def _basket_page(
        self, visit: Visit, typed: dict[str, str], problems: dict[str, str], *, status: int = 200
    ) -> Response:
        plans = await self._merchant.plans(visit.language) if visit.basket else []
        asked = [self._preview(visit, plan["code"]) for plan in plans if takes(plan, total_of(visit.basket))]
        previews = [each for each in await asyncio.gather(*asked) if each is not None]
        offered = [each["plan"]["code"] for each in previews]
        if offered and typed["plan"] not in offered:
            # The first is chosen, however many there are: nothing is dearer for whoever does not look.
            typed = {**typed, "plan": offered[0]}
        return page(
            visit,
            "basket.html",
            status=status,
            lines=[(GOODS[code], number) for code, number in visit.basket.items()],
            total=total_of(visit.basket),
            previews=previews,
            ranges=[] if asked else ranges_of(plans),
            typed=typed,
            problems=problems,
            once=secrets.token_hex(4).upper(),
        )

    async def _preview(self, visit: Visit, plan: str) -> dict[str, Any] | None:
        """Return what the basket would be paid in; None where the plan does not take it after all."""
        try:
            return await self._merchant.preview(plan, total_of(visit.basket), visit.language)
        except Refusal:
            return None

    async def _order(self, request: Request, visit: Visit) -> Response:
        form = _form(request)
        language = visit.language
        typed = {name: form.get(name, "").strip() for name in ("plan", "name", "email")}
        problems = {name: say(f"{name}_missing", language) for name, value in typed.items() if not value}
        if not visit.basket:
            return _to("/basket")
        if problems:
            return await self._basket_page(visit, typed, problems, status=422)
        once = re.sub(r"[^0-9A-F]", "", form.get("once", ""))[:8] or secrets.token_hex(4).upper()
        try:
            order = await self._make(visit, typed, f"BR-{once}")
        except Refusal as refusal:
            told = {_FIELDS.get(field, "plan"): text for field, text in refusal.fields.items()}
            said = {
                field: f"{say(field, language) if field in ('name', 'email') else say('how', language)} {text}"
                for field, text in told.items()
            }
            return await self._basket_page(visit, typed, said or {"plan": refusal.said}, status=422)
        return _to(self._address(order["id"]), ("set-cookie", _cookie("basket", "")))

    async def _make(self, visit: Visit, typed: dict[str, str], reference: str) -> dict[str, Any]:
        asked = {
            "plan": typed["plan"],
            "amount": {"amount": total_of(visit.basket), "currency": "EUR"},
            "reference": reference,
            "customer": {"name": typed["name"], "email": typed["email"], "language": visit.language},
        }
        try:
            return await self._merchant.make(asked, visit.language)
        except Refusal as refusal:
            if refusal.code not in _TAKEN:
                raise
            # Somebody went back and bought something else: it is another order.
            asked["reference"] = f"BR-{secrets.token_hex(4).upper()}"
            return await self._merchant.make(asked, visit.language)

    async def _order_page(self, visit: Visit, order_id: str, *, wants_frame: bool = False) -> Response:
        order = await self._found(visit, order_id)
        if order is None:
            return _told(visit, "unknown", status=404, go=("/", say("back_to_shop", visit.language)))
        language, base = visit.language, self._address(order_id)
        payment = order["payment"]
        match payment["state"]:
            case "paid":
                return page(visit, "thanks.html", order=order)
            case "under_way":
                return page(
                    visit,
                    "told.html",
                    refresh=REFRESH_S,
                    title=say("wait_title", language),
                    text=say("wait_text", language),
                    go=(base, say("refresh", language)),
                    other=None,
                )
            case "to_finish":
                return _to(f"{base}/back")
            case "challenge" if not wants_frame:
                return page(
                    visit,
                    "told.html",
                    title=say("challenge_title", language),
                    text=say("challenge_text", language),
                    go=(payment["action"]["redirect"], say("challenge_go", language)),
                    other=(f"{base}/again", say("other_card", language)),
                )
            case _ if order["state"] != "awaiting_payment":
                return _told(visit, "over", status=410, go=("/", say("back_to_shop", language)))
            case _:
                return await self._card_page(visit, order, base)

    async def _card_page(self, visit: Visit, order: dict[str, Any], base: str) -> Response:
        language = visit.language
        try:
            frame = await self._merchant.open_frame(
                order["id"], origin=self._origin, return_url=f"{self._origin}{base}/card", language=language
            )
        except Refusal as refusal:
            return page(
                visit,
                "told.html",
                status=409,
                title=say("over_title", language),
                text=refusal.said,
                go=("/", say("back_to_shop", language)),
                other=None,
            )
        first = money_text(order["instalments"][0]["amount"]["amount"], "EUR", language)
        return page(
            visit,
            "pay.html",
            frame=frame,
            title=say("pay_title", language, amount=first),
            order=order,
            base=base,
        )

    async def _pay(self, visit: Visit, order_id: str, token: str | None) -> Response:
        """Pay, then lead on: to the bank where it asks, else to the order's page, which says how it stands."""
        base = self._address(order_id)
        try:
            order = await self._merchant.pay(
                order_id, token=token, return_url=f"{self._origin}{base}/back", language=visit.language
            )
        except Refusal:
            # A token that was used already, or an order that is over: its page tells.
            return _to(base)
        action = order["payment"]["action"] if token is not None else None
        return _to(base if action is None else action["redirect"])

    async def _found(self, visit: Visit, order_id: str) -> dict[str, Any] | None:
        try:
            return await self._merchant.order(order_id, visit.language)
        except Refusal:
            return None

    def _visit(self, request: Request) -> Visit:
        cookies: dict[str, str] = {}
        for part in request.headers.get("cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            cookies[name] = value
        language: Language = "fr"
        chosen = cookies.get("shop_language") or request.headers.get("accept-language", "")
        if chosen.lower().startswith("en"):
            language = "en"
        basket: Basket = read_basket(cookies.get("shop_basket", ""))
        return Visit(language, basket, request.path, self._links)

    def _address(self, order_id: str) -> str:
        return f"/orders/{order_id}/{self._signature(order_id)}"

    def _signature(self, order_id: str) -> str:
        return hmac.new(self._secret(), order_id.encode(), sha256).hexdigest()[:32]


def _form(request: Request) -> dict[str, str]:
    try:
        fields = parse_qs(request.body.decode(), keep_blank_values=True, max_num_fields=16)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _to(where: str, *headers: tuple[str, str]) -> Response:
    return Response(303, b"", "text/plain", (("location", where), *headers))


def _cookie(name: str, value: str) -> str:
    return f"shop_{name}={value}; Path=/; Max-Age=86400; SameSite=Lax; HttpOnly"


def _told(visit: Visit, what: str, *, status: int, go: tuple[str, str] | None) -> Response:
    language = visit.language
    title, text = say(f"{what}_title", language), say(f"{what}_text", language)
    return page(visit, "told.html", status=status, title=title, text=text, go=go, other=None)
