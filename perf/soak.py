"""`make soak`: a stack of its own for an hour, everything odd switched on, processes killed, people at work; then verify.

`python -m perf.soak [--seconds 3600] [--terminals 72] [--rate 12] [--keep DIR]`. Terminals tell the time oddly, lose
their network and speak in other makers' forms; the host is late, silent, odd; one process or server a minute is killed
with SIGKILL; agents refund, cancel and block; customers buy in instalments, merchants cancel parts of it, and the
calendar of schedules moves, so that the daily run collects. Prints what was done and what `guichet verify` finds.
Exit 1 when an invariant does not hold or nothing happened, 2 when it could not run.
"""

import argparse
import asyncio
import contextlib
import json
import random
import secrets
import shutil
import ssl
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from core.verify.model import Report
from deploy.cli.agent_api import AgentApi, log_in
from deploy.cli.clock import move
from deploy.cli.verify import verify_stack
from deploy.local.errors import LocalError
from deploy.local.stack import LocalStack
from deploy.sandbox.buying import BuyingRefused, Confirmation, Doors, Purchase, buy
from deploy.sandbox.demonstration.customers import CUSTOMERS_OF_THE_DEMONSTRATION
from deploy.sandbox.simulators.cards import CARDS, card_named, load_pan
from deploy.sandbox.simulators.fleet.estate import Estate, Plan
from deploy.sandbox.simulators.fleet.tally import Summary
from deploy.sandbox.simulators.requests import Identity
from perf.bench.driving import seed_terminals

SECONDS_MAX: Final = 12 * 3600
TERMINALS_MAX: Final = 500
DRAIN_S: Final = 180.0
READY_S: Final = 60.0
TOLD_EVERY_S: Final = 300.0
SAID_MAX: Final = 90

# The acquirer and the bank are other people's machines: they are late and odd, and keep their books.
KILLED: Final = (
    "edge", "core-engine", "core-desk", "core-worker", "gateway", "edge-cards", "portal", "space", "nats", "postgres",
)  # fmt: skip
HOSTS: Final[tuple[dict[str, Any], ...]] = (
    {"delay_ms": 400},
    {"default": "late", "late_ms": 35_000},
    {"default": "no-reply"},
    {"default": "insufficient-funds"},
    {"reversals": "ignore"},
    {"odd_rate": 0.3, "own_every_ms": 200},
)
USUAL_HOST: Final = {
    "delay_ms": 0,
    "default": "approve",
    "reversals": "accept",
    "odd_rate": 0.0,
    "own_every_ms": 0,
}
REFUNDING: Final = "superviseur@guichet.example"
AGENTS: Final = (REFUNDING, "hotline@guichet.example")
BOUGHT_WITH: Final = tuple(
    card
    for name, card in CARDS.items()
    if name.startswith(("approve-", "challenge", "insufficient", "no-reply"))
)
UNPAID_SHARE: Final = 0.2
UNPAID_MINOR: Final = 155_502
"""Bought in two, its second debit is of 777.51: the bank has not enough money for it, and its customer has it to settle."""

CUSTOMERS: Final = tuple(each.email for each in CUSTOMERS_OF_THE_DEMONSTRATION)
CONFIRMATIONS: Final[tuple[Confirmation, ...]] = ("approve", "approve", "approve", "fail", "cancel", "leave")
PLANS: Final = ("2x", "3x", "4x")
REASON: Final = "Essai de longue durée"
_NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_REFUSALS: Final = (LocalError, BuyingRefused, httpx.HTTPError, TimeoutError, OSError, ValueError, KeyError)


class Soak:
    """One stack and those who use it; `done` counts what came of each thing that was tried."""

    def __init__(self, stack: LocalStack, *, seconds: float, terminals: int, rate_per_s: float) -> None:
        self.stack = stack
        self.seconds = seconds
        self.done: Counter[str] = Counter()
        self._chance = random.Random(secrets.randbits(64))
        self._orders: list[str] = []
        self._told_at_s = 0.0
        self._plan = Plan(
            host="127.0.0.1",
            port=stack.port("edge"),
            terminals=[Identity(f"T{1_000_001 + n:07d}") for n in range(terminals)],
            rate_per_s=rate_per_s,
            seconds=seconds,
            rough=0.03,
            parts=0.02,
            resets=0.005,
            foreign=0.05,
            odd_clocks=0.5,
            cuts=0.003,
            journal=stack.data_dir / "fleet" / "journal.jsonl",
            stan_file=stack.data_dir / "fleet" / "stans.json",
        )

    async def run(self) -> Summary:
        """Let everybody act until the time is over; then heal what was made ill, and return the estate's account."""
        self._plan.journal.parent.mkdir(parents=True, exist_ok=True)  # type: ignore[union-attr]
        async with contextlib.AsyncExitStack() as entered, asyncio.timeout(self.seconds + 600):
            api = await entered.enter_async_context(self._client())
            others = [
                self._every(60.0, "kill", self._kill),
                self._every(33.0, "host", self._change_host),
                self._every(1.5, "agent", lambda: self._act(api)),
                self._every(6.0, "purchase", self._purchase),
                self._every(15.0, "order act", lambda: self._act_on_order(api)),
                self._every(20.0, "settlement", self._settle),
                self._every(75.0, "calendar", lambda: self._move_calendar(api)),
            ]
            tasks = [asyncio.create_task(each) for each in others]
            try:
                summary = await Estate(self._plan).run(progress=self._tell)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        await self._set_host(USUAL_HOST)
        for name in self.stack.names:
            await self.stack.wait_ready(name, timeout_s=READY_S)
        return summary

    async def _every(self, seconds: float, name: str, act: Callable[[], Awaitable[str]]) -> None:
        while True:
            await asyncio.sleep(self._chance.uniform(0.5, 1.5) * seconds)
            try:
                self.done[f"{name}: {await act()}"] += 1
            except _REFUSALS as error:
                # What is down at that moment says no; that is what the hour is for.
                self.done[f"{name}: {type(error).__name__} {str(error)[:SAID_MAX]}".rstrip()] += 1

    async def _kill(self) -> str:
        name = self._chance.choice(KILLED)
        pid = self.stack.kill(name, with_children=name == "postgres")
        await self.stack.wait_ready(name, after_pid=pid, timeout_s=READY_S)
        return name

    async def _change_host(self) -> str:
        behaviour = self._chance.choice(HOSTS)
        await self._set_host(USUAL_HOST | behaviour)
        await asyncio.sleep(self._chance.uniform(1.0, 12.0))
        await self._set_host(USUAL_HOST)
        return " ".join(sorted(behaviour))

    async def _set_host(self, behaviour: dict[str, Any]) -> None:
        async with httpx.AsyncClient(verify=_NO_TLS, trust_env=False) as client:
            address = f"http://{self.stack.address('acquirer-control')}/behaviour"
            (await client.put(address, json=behaviour)).raise_for_status()

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=f"http://{self.stack.address('gateway')}", verify=_NO_TLS, trust_env=False, timeout=30.0
        )

    def _secret(self, name: str) -> str:
        return (self.stack.data_dir / "secrets" / name).read_text(encoding="utf-8").strip()

    async def _agent(self, client: httpx.AsyncClient, agent: str) -> AgentApi:
        client.headers.pop("Authorization", None)
        await log_in(client, self.stack.data_dir / "secrets", agent, "fr")
        return AgentApi(client)

    async def _act(self, client: httpx.AsyncClient) -> str:
        """Refund a payment that was collected, cancel one that was not yet, or close a door for a moment."""
        kind = self._chance.choices(("refund", "cancel", "block"), (5, 4, 1))[0]
        api = await self._agent(client, REFUNDING if kind == "refund" else self._chance.choice(AGENTS))
        state = "captured" if kind == "refund" else "approved"
        rows = (await api.get("/v1/transactions", limit="50", state=state))["data"]
        if not rows:
            return f"nothing to {kind}"
        row = self._chance.choice(rows)
        if kind == "block":
            target = {"kind": "terminal", "id": row["terminal"]["id"]}
            block = await api.post("/v1/blocks", {"target": target, "reason": REASON})
            await asyncio.sleep(2.0)
            await api.post(f"/v1/blocks/{block['id']}/lift", {"reason": REASON})
        elif kind == "cancel":
            await api.post(f"/v1/transactions/{row['id']}/cancel", {"reason": REASON})
        else:
            whole = row["amount"]["amount"]
            part = {**row["amount"], "amount": self._chance.choice((whole, max(1, whole // 3)))}
            await api.post(f"/v1/transactions/{row['id']}/refund", {"amount": part, "reason": REASON})
        return kind

    async def _purchase(self) -> str:
        key = self._secret("shop-key")
        doors = Doors(
            gateway_url=f"http://{self.stack.address('gateway')}",
            bank_url=f"http://{self.stack.address('bank')}",
            origin=f"http://localhost:{self.stack.port('shop')}",
            key=key,
        )
        number = self._chance.randrange(10_000)
        purchase = Purchase(
            amount_minor=self._chance.randrange(10_000, 90_000),
            plan=self._chance.choice(PLANS),
            email=self._chance.choice((*CUSTOMERS, f"client{number}@soak.example")),
            name=f"Client {number}",
            card=self._chance.choice(BOUGHT_WITH),
            reference=f"SOAK-{secrets.token_hex(5).upper()}",
            confirmation=self._chance.choice(CONFIRMATIONS),
        )
        if self._chance.random() < UNPAID_SHARE:
            purchase = purchase._replace(
                amount_minor=UNPAID_MINOR,
                plan="2x",
                email=self._chance.choice(CUSTOMERS),
                card=msgspec.structs.replace(card_named("approve-cb"), pan=load_pan(number)),
                confirmation="approve",
            )
        order = await buy(doors, purchase, wait_s=5.0)
        self._orders = [*self._orders[-200:], order["id"]]
        return order["payment"]["state"]

    async def _act_on_order(self, client: httpx.AsyncClient) -> str:
        """Have the merchant cancel or give back a part of an order, or all of it."""
        key = self._secret("shop-key")
        if not self._orders:
            return "none yet"
        act = self._chance.choice(("cancel", "refund"))
        amount = {"amount": self._chance.randrange(500, 40_000), "currency": "EUR"}
        body = {"reason": REASON} | (
            {} if act == "cancel" and self._chance.random() < 0.3 else {"amount": amount}
        )
        answer = await client.post(
            f"/v1/merchant/orders/{self._chance.choice(self._orders)}/{act}",
            json=body,
            headers={"Authorization": f"Bearer {key}", "Idempotency-Key": secrets.token_hex(16)},
        )
        return f"{act} {answer.status_code}"

    async def _settle(self) -> str:
        """Have a customer settle what is unpaid in one to three parts, by the card of the purchase."""
        secret = self._secret("demo-password")
        async with self._client() as client:
            email = self._chance.choice(CUSTOMERS)
            opened = await client.post("/v1/customers/sessions", json={"email": email, "password": secret})
            client.headers["Authorization"] = f"Bearer {opened.raise_for_status().json()['token']}"
            me = AgentApi(client)
            try:
                orders = [row for row in (await me.get("/v1/me/orders"))["data"] if row["state"] == "unpaid"]
                if not orders:
                    return "nothing unpaid"
                order = self._chance.choice(orders)["id"]
                unpaid = (await me.get(f"/v1/me/orders/{order}/settlement"))["unpaid"]
                body = {"amount": unpaid, "parts": self._chance.choice((1, 2, 3))}
                paid = await me.post(f"/v1/me/orders/{order}/settlement/pay", body)
                return paid["latest"]["state"]
            finally:
                await client.delete("/v1/me/session")

    async def _move_calendar(self, client: httpx.AsyncClient) -> str:
        await move(await self._agent(client, "admin@guichet.example"), days=8, now=datetime.now(UTC))
        return "eight days on"

    def _tell(self, estate: Estate, elapsed: float) -> None:
        if elapsed >= self._told_at_s:
            self._told_at_s += TOLD_EVERY_S
            sys.stderr.write(f"{elapsed:6.0f} s  {estate.tally.sent} sent, {self.done.total()} acts\n")


def main() -> int:
    """Run the hour from the command line; mistakes are one line."""
    parser = argparse.ArgumentParser(prog="perf.soak", description=__doc__)
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--terminals", type=int, default=72)
    parser.add_argument("--rate", type=float, default=12.0)
    parser.add_argument("--keep", type=Path, help="keep the data in this folder")
    given = parser.parse_args()
    if not (
        0 < given.seconds <= SECONDS_MAX and 0 < given.terminals <= TERMINALS_MAX and 0 < given.rate <= 1000
    ):
        sys.stderr.write(
            f"soak: at most {SECONDS_MAX} seconds, {TERMINALS_MAX} terminals, 1000 payments a second\n"
        )
        return 2
    folder: Path = given.keep or Path(tempfile.mkdtemp(prefix="gs-"))
    try:
        return asyncio.run(
            soak(folder, seconds=given.seconds, terminals=given.terminals, rate_per_s=given.rate)
        )
    except LocalError as error:
        sys.stderr.write(f"soak: {error}\n")
        return 2
    finally:
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


async def soak(folder: Path, *, seconds: float, terminals: int, rate_per_s: float) -> int:
    """Start the stack, let the time pass, verify, print. Raises: LocalError."""
    async with LocalStack(folder, log_level="warning") as stack:
        await seed_terminals(stack, terminals)
        hour = Soak(stack, seconds=seconds, terminals=terminals, rate_per_s=rate_per_s)
        began = time.monotonic()
        summary = await hour.run()
        lasted = time.monotonic() - began
        report = await verify_stack(folder, stack.database_url(), journals=[], drain_s=DRAIN_S)
    sys.stdout.write(told(summary, hour.done, report, lasted_s=lasted))
    return 0 if report.holds and summary.approved else 1


def told(summary: Summary, done: Counter[str], report: Report, *, lasted_s: float) -> str:
    """Return what happened and what was found, a fact a line."""
    lines = [f"lasted {lasted_s:.0f} s; terminals sent {summary.sent}, were told 00 {summary.approved}"]
    lines += [f"{count:7d}  {name}" for name, count in sorted(done.items())]
    lines += [
        f"{finding.name}: {finding.checked} checked, {finding.breaches} broken {json.dumps(finding.examples, default=str) if finding.breaches else ''}".rstrip()
        for finding in report.findings
    ]
    lines.append(f"drained: {report.drained}; {'every invariant holds' if report.holds else 'BROKEN'}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
