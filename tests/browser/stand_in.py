"""A small server with the shapes of the gateway's API, for states that the real one cannot be brought to.

Run: `python -m tests.browser.stand_in PORT`. `POST /_control` sets the scenario (normal, empty, down, ended)
and the rate of the live feed. The real stack is what tests/browser/test_real_stack.py drives.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from litestar import Litestar, MediaType, Request, Response, delete, get, post
from litestar.response import Stream

from tests.browser import invented, invented_desk
from tests.browser.invented import Json
from tests.browser.invented_account import ACCOUNT, permissions_of
from tests.browser.invented_account import HANDLERS as ACCOUNT_HANDLERS
from tests.browser.invented_refunds import Refunds

PASSWORD = "correct horse battery staple"
ROWS = 500
TERMINALS = 120
TICK_S = 0.1


class Scene:
    """What the stand-in holds; one, for the process."""

    def __init__(self) -> None:
        self.scenario = "normal"
        self.rate_per_s = 0.0
        self.seen_idempotency: dict[str, str] = {}
        self.posts: list[str] = []
        self.last_event_ids: list[str] = []
        self.chance = random.Random(2026)
        now = datetime.now(UTC)
        self.transactions: dict[str, Json] = {}
        for number in range(ROWS):
            x = invented.transaction(
                ROWS - number, at=now - timedelta(seconds=3 * number), chance=self.chance
            )
            self.transactions[x["id"]] = x
        self.terminals = {t["id"]: t for t in (invented.terminal(n) for n in range(TERMINALS))}
        self.blocks: list[Json] = []
        self.refunds = Refunds()
        self.next_number = ROWS + 1
        self.sequence = 0
        self.log: list[tuple[int, Json]] = []
        self.listeners: set[asyncio.Queue[bytes]] = set()

    def pay(self, state: str | None = None) -> Json:
        """Add one transaction and tell every listener."""
        x = invented.transaction(self.next_number, at=datetime.now(UTC), chance=self.chance, state=state)
        self.next_number += 1
        self.tell(x)
        return x

    def tell(self, x: Json) -> None:
        """Keep the newest state of a transaction and append it to the feed."""
        self.transactions = (
            {x["id"]: x, **{k: v for k, v in self.transactions.items() if k != x["id"]}}
            if self.rate_per_s < 50
            else self.transactions
        )
        self.sequence += 1
        self.log.append((self.sequence, x))
        del self.log[:-10_000]
        chunk = _event(self.sequence, x)
        for queue in self.listeners:
            queue.put_nowait(chunk)


SCENE = Scene()


def problem(status: int, code: str, detail: str, **more: Any) -> Response[Json]:
    """Return an RFC 9457 problem."""
    headers = {"Retry-After": str(more.pop("retry_after"))} if "retry_after" in more else None
    body = {
        "type": f"/problems/{code}",
        "title": detail,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [],
        "trace_id": "0af7651916cd43dd",
        **more,
    }
    return Response(body, status_code=status, media_type="application/problem+json", headers=headers)


def check(request: Request[Any, Any, Any]) -> Response[Json] | None:
    """Return the refusal that the scenario wants, if any."""
    if SCENE.scenario == "down":
        return problem(503, "unavailable", "Le cœur ne répond pas.")
    if SCENE.scenario == "ended" or not request.headers.get("authorization", "").startswith("Bearer tok"):
        return problem(401, "session_ended", "Votre session a pris fin.")
    return None


@post("/_control", status_code=200)
async def control(data: Json) -> Json:
    """Set the scene; `pay` adds one transaction in that state."""
    SCENE.scenario = data.get("scenario", SCENE.scenario)
    SCENE.rate_per_s = float(data.get("rate", SCENE.rate_per_s))
    if data.get("drop"):
        for queue in SCENE.listeners:
            queue.put_nowait(b"")
    if data.get("account"):
        ACCOUNT.rename(data["account"])
    paid = SCENE.pay(data["pay"]) if data.get("pay") else None
    if data.get("change"):
        changed = {**SCENE.transactions[data["change"]], "state": data["state"]}
        SCENE.tell(changed)
    return {
        "paid": paid,
        "posts": SCENE.posts,
        "listeners": len(SCENE.listeners),
        "last_event_ids": SCENE.last_event_ids,
    }


@post("/v1/sessions")
async def open_session(data: Json) -> Response[Json]:
    """Log in."""
    if SCENE.scenario == "down":
        return problem(503, "unavailable", "Le cœur ne répond pas.")
    if data["email"] == "trop@guichet.example":
        return problem(429, "too_many_attempts", "Trop d'essais.", retry_after=240)
    if data["password"] != PASSWORD:
        return problem(401, "invalid_credentials", "Adresse ou mot de passe faux.")
    agent = {
        "id": invented.identifier("agt", 1),
        "name": "Amélie Dufour-Vandenberghe",
        "email": data["email"],
        "role": "hotline",
        "locale": "fr",
        "departments": ["75", "33"],
        "permissions": permissions_of(data["email"]),
    }
    return Response(
        {
            "token": "tok-stand-in",
            "expires_at": invented.moment(datetime.now(UTC) + timedelta(hours=12)),
            "agent": agent,
        },
        status_code=201,
    )


@get("/v1/sessions/current")
async def current_session(request: Request[Any, Any, Any]) -> Response[Json]:
    """Say that it stands."""
    return check(request) or Response({"agent": {}})


@delete("/v1/sessions/current", status_code=204)
async def close_session() -> None:
    """Log out."""


@get("/v1/home")
async def home(request: Request[Any, Any, Any]) -> Response[Json]:
    """Say that one request waits."""
    row = {
        "title": "DJYVVV158AC",
        "link": "/requests/DJYVVV158AC",
        "status": "À demander à une société directe",
        "about": "DIRECT MERCURE",
        "person": "",
        "detail": "Évaluation",
        "at": None,
        "late": False,
    }
    section = {"code": "mine_requests", "count": 1, "link": "/requests?box=mine", "rows": [row]}
    return check(request) or Response({"sections": [section]})


@get("/v1/notices/unread")
async def unread(request: Request[Any, Any, Any]) -> Response[Json]:
    """Say that two notices are not read."""
    return check(request) or Response({"unread": 2})


@get("/v1/brand")
async def brand(host: str = "") -> Response[Json]:
    """Say that the product wears its own face."""
    return Response({"name": "", "light": None, "dark": None, "logo": None, "logo_type": None})


@get("/v1/search")
async def search(request: Request[Any, Any, Any]) -> Response[Json]:
    """Find stores and terminals by part of a name, transactions by reference."""
    words = request.query_params["q"].lower()
    stores = [s for s in invented.STORES if words in s["name"].lower()]
    terminals = [t for t in SCENE.terminals.values() if words == t["terminal"].lower()]
    paid = [x for x in SCENE.transactions.values() if words == x["rrn"].lower()]
    found = {
        "store": [_hit("store", s["id"], s["name"], s["city"], "words") for s in stores],
        "terminal": [
            _hit("terminal", t["id"], t["terminal"], t["store"]["name"], "identifier") for t in terminals
        ],
        "transaction": [
            _hit("transaction", x["id"], x["rrn"], x["store"]["name"], "reference")
            | {"amount": x["amount"], "state": x["state"], "at": x["received_at"]}
            for x in paid
        ],
    }
    groups = [{"kind": kind, "data": hits[:8], "more": len(hits) > 8} for kind, hits in found.items() if hits]
    return check(request) or Response(
        {"query": words, "groups": [] if SCENE.scenario == "empty" else groups, "partial": False}
    )


def _hit(kind: str, key: str, title: str, detail: str, match: str) -> Json:
    return {"kind": kind, "id": key, "title": title, "detail": detail, "match": match}


@get("/v1/transactions")
async def list_transactions(request: Request[Any, Any, Any]) -> Response[Json]:
    """List with the filters that the tests use."""
    query = request.query_params
    rows = [] if SCENE.scenario == "empty" else list(SCENE.transactions.values())
    if query.get("state"):
        rows = [x for x in rows if x["state"] in query["state"].split(",")]
    if query.get("brand"):
        rows = [x for x in rows if x["card"]["brand"] == query["brand"]]
    if query.get("store"):
        rows = [x for x in rows if x["store"]["id"] == query["store"]]
    if query.get("terminal"):
        rows = [x for x in rows if query["terminal"] in x["terminal"].values()]
    for name in ("stan", "rrn", "approval_code"):
        if query.get(name):
            rows = [x for x in rows if x[name] == query[name]]
    if query.get("last_four"):
        rows = [x for x in rows if x["card"]["last_four"] == query["last_four"]]
    if query.get("amount_min"):
        rows = [x for x in rows if x["amount"]["amount"] >= int(query["amount_min"])]
    if query.get("amount_max"):
        rows = [x for x in rows if x["amount"]["amount"] <= int(query["amount_max"])]
    start, limit = int(query.get("cursor") or 0), int(query.get("limit") or 50)
    after = start + limit
    return check(request) or Response(
        {"data": rows[start:after], "next_cursor": str(after) if after < len(rows) else None}
    )


@get("/v1/transactions/{key:str}")
async def one_transaction(request: Request[Any, Any, Any], key: str) -> Response[Json]:
    """Return one in full."""
    x = SCENE.transactions.get(key)
    if x is None:
        return check(request) or problem(404, "not_found", "Introuvable.")
    return check(request) or Response(SCENE.refunds.beside(invented.details(x), SCENE.transactions))


@post("/v1/transactions/{key:str}/refund", status_code=202)
async def refund(request: Request[Any, Any, Any], key: str, data: Json) -> Response[Json]:
    """Begin a refund; the host answers two seconds later."""
    idempotency = request.headers.get("idempotency-key", "")
    SCENE.posts.append(f"refund {idempotency}")
    if not idempotency:
        return problem(400, "idempotency_key_missing", "Clé absente.")
    x = SCENE.transactions[key]
    if data["amount"]["amount"] > x["captured_amount"]["amount"]:
        return problem(422, "refund_above_captured", "Le montant dépasse ce qui a été capturé.")
    known = SCENE.seen_idempotency.get(idempotency)
    if known is None:
        begun = invented.transaction(
            SCENE.next_number, at=datetime.now(UTC), chance=SCENE.chance, state="sent"
        )
        SCENE.next_number += 1
        begun.update(
            kind="refund", amount=data["amount"], card=x["card"], store=x["store"], terminal=x["terminal"]
        )
        SCENE.tell(begun)
        SCENE.refunds.add(key, begun["id"])
        known = SCENE.seen_idempotency[idempotency] = begun["id"]
        asyncio.get_running_loop().call_later(2, lambda: SCENE.tell({**begun, "state": "approved"}))
    return Response(SCENE.transactions[known], status_code=202)


@post("/v1/transactions/{key:str}/cancel", status_code=200)
async def cancel(key: str, data: Json) -> Response[Json]:
    """Cancel at once."""
    SCENE.posts.append(f"cancel {data['reason']}")
    SCENE.tell({**SCENE.transactions[key], "state": "reversed"})
    return Response(SCENE.transactions[key])


@get("/v1/counters")
async def counters(request: Request[Any, Any, Any]) -> Response[Json]:
    """Return the last minutes."""
    return check(request) or Response(invented.counters(datetime.now(UTC), empty=SCENE.scenario == "empty"))


@get("/v1/stores")
async def stores(request: Request[Any, Any, Any]) -> Response[Json]:
    """List stores."""
    query = request.query_params.get("query", "")
    rows = (
        []
        if SCENE.scenario == "empty"
        else [s for s in invented.STORES if query.lower() in s["name"].lower()]
    )
    return check(request) or Response({"data": rows, "next_cursor": None})


@get("/v1/stores/{key:str}")
async def one_store(request: Request[Any, Any, Any], key: str) -> Response[Json]:
    """Return one with services, terminals, standing blocks."""
    found = next((s for s in invented.STORES if s["id"] == key), None)
    if found is None:
        return check(request) or problem(404, "not_found", "Introuvable.")
    services = [
        {"id": invented.identifier("svc", 10 * n), "kind": kind, "active": kind != "ecommerce"}
        for n, kind in enumerate(("pax", "softpos", "ecommerce"), 1)
    ]
    terminals = [t for t in SCENE.terminals.values() if t["store"]["id"] == key]
    ids = {key, *(s["id"] for s in services)}
    blocks = [b for b in SCENE.blocks if b["target"]["id"] in ids and not b["lifted_at"]]
    return check(request) or Response(
        {**found, "services": services, "terminals": terminals, "blocks": blocks}
    )


@get("/v1/terminals")
async def terminals(request: Request[Any, Any, Any], cursor: int = 0, limit: int = 50) -> Response[Json]:
    """List terminals."""
    query = request.query_params.get("query", "")
    rows = [
        t for t in SCENE.terminals.values() if query.lower() in (t["terminal"] + t["store"]["name"]).lower()
    ]
    rows = [] if SCENE.scenario == "empty" else rows
    after = cursor + limit
    return check(request) or Response(
        {"data": rows[cursor:after], "next_cursor": str(after) if after < len(rows) else None}
    )


@get("/v1/terminals/{key:str}")
async def one_terminal(request: Request[Any, Any, Any], key: str) -> Response[Json]:
    """Return one."""
    found = SCENE.terminals.get(key)
    return check(request) or (Response(found) if found else problem(404, "not_found", "Introuvable."))


@get("/v1/blocks")
async def blocks(request: Request[Any, Any, Any], target: str = "", standing: str = "") -> Response[Json]:
    """Return the journal."""
    rows = [
        b
        for b in SCENE.blocks
        if (not target or b["target"]["id"] == target) and not (standing and b["lifted_at"])
    ]
    return check(request) or Response({"data": rows, "next_cursor": None})


@post("/v1/blocks")
async def block(data: Json) -> Response[Json]:
    """Block."""
    target = data["target"]
    SCENE.posts.append(f"block {target['kind']}")
    found = SCENE.terminals.get(target["id"]) or next(
        (s for s in invented.STORES if s["id"] == target["id"]), {}
    )
    made = {
        "id": invented.identifier("blk", len(SCENE.blocks)),
        "target": {**target, "label": found.get("terminal") or found.get("name") or "TPE PAX"},
        "reason": data["reason"],
        "blocked_by": {"id": invented.identifier("agt", 1), "name": "Amélie Dufour"},
        "blocked_at": invented.moment(datetime.now(UTC)),
        "lifted_at": None,
        "lifted_by": None,
        "lift_reason": None,
    }
    SCENE.blocks.insert(0, made)
    if target["kind"] == "terminal":
        found.update(state="blocked", block=made)
    return Response(made, status_code=201)


@post("/v1/blocks/{key:str}/lift", status_code=200)
async def lift(key: str, data: Json) -> Response[Json]:
    """Unblock."""
    found = next(b for b in SCENE.blocks if b["id"] == key)
    found.update(
        lifted_at=invented.moment(datetime.now(UTC)),
        lifted_by={"id": invented.identifier("agt", 1), "name": "Amélie Dufour"},
        lift_reason=data["reason"],
    )
    if found["target"]["kind"] == "terminal":
        SCENE.terminals[found["target"]["id"]].update(state="active", block=None)
    return Response(found)


@get("/v1/events")
async def events(request: Request[Any, Any, Any]) -> Response[Any]:
    """Stream the feed, after the last event that the listener had."""
    refused = check(request)
    if refused:
        return refused
    last = request.headers.get("last-event-id") or request.query_params.get("last_event_id") or ""
    SCENE.last_event_ids.append(last)

    async def write() -> AsyncIterator[bytes]:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        SCENE.listeners.add(queue)
        try:
            yield b": hello\n\n"
            if last:
                for sequence, x in SCENE.log:
                    if sequence > int(last.split("-")[1]):
                        yield _event(sequence, x)
            while True:
                try:
                    chunk = await asyncio.wait_for(queue.get(), 10)
                except TimeoutError:
                    chunk = b": heartbeat\n\n"
                if not chunk:
                    return
                yield chunk
        finally:
            SCENE.listeners.discard(queue)

    return Stream(write(), media_type="text/event-stream")


@get("/health/ready", media_type=MediaType.TEXT)
async def ready() -> str:
    """Say yes."""
    return "ready"


def _event(sequence: int, x: Json) -> bytes:
    position = f"1-{sequence}"
    return (
        f"id: {position}\nevent: transaction\ndata: ".encode()
        + msgspec.json.encode({**x, "event_id": position})
        + b"\n\n"
    )


async def _keep_paying() -> None:
    owed = 0.0
    while True:
        await asyncio.sleep(TICK_S)
        owed += SCENE.rate_per_s * TICK_S
        while owed >= 1:
            owed -= 1
            SCENE.pay()


async def _serve(port: int) -> None:
    app = Litestar(
        [
            control,
            open_session,
            current_session,
            close_session,
            home,
            unread,
            brand,
            search,
            list_transactions,
            one_transaction,
            refund,
            cancel,
            counters,
            stores,
            one_store,
            *ACCOUNT_HANDLERS,
            *invented_desk.HANDLERS,
            terminals,
            one_terminal,
            blocks,
            block,
            lift,
            events,
            ready,
        ],
        openapi_config=None,
    )
    server = Server(app, port=port, interface=Interfaces.ASGI, websockets=False, log_level=LogLevels.error)
    payer = asyncio.create_task(_keep_paying())
    await server.serve()
    payer.cancel()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
