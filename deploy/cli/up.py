"""`guichet up`: start everything, say where it is, stay in the foreground, stop it in order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from typing import Annotated, Any

from cyclopts import App, Parameter

from deploy.cli.common import COMMON, Common
from deploy.local.data_folder import check_room
from deploy.local.errors import LocalError
from deploy.local.postgres import OWNER_ROLE
from deploy.local.stack import LocalStack
from deploy.local.supervisor import StackEvent

app = App(
    name="guichet up",
    help="Start everything on this machine, keep it running, and stop it in order on Ctrl-C.",
)

DEFAULT_PORTS_FROM = 7000
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SHOWN_PORTS = (
    "portal",
    "space",
    "shop",
    "gateway",
    "edge",
    "edge-tls",
    "acquirer-control",
    "fleet-control",
    "mailbox",
    "receiver",
    "postgres",
    "nats",
)
_WEB_PORTS = frozenset(
    {"portal", "space", "shop", "gateway", "acquirer-control", "fleet-control", "mailbox", "receiver"}
)
_BOUGHT_BY = frozenset({"gateway", "core-desk", "core-worker", "edge-cards", "bank", "acquirer", "shop"})
_LOCALHOST_TIMEOUT_S = 1.0
# Starts of single processes are only news when something is slow or wrong.
_QUIET_EVENTS = frozenset({"starting", "ready", "stopping"})


@app.default
async def up(
    *,
    ports_from: int = DEFAULT_PORTS_FROM,
    fleet: Annotated[bool, Parameter(negative="--no-fleet")] = True,
    common: Common = COMMON,
) -> int:
    """Start everything on this machine and keep it running until Ctrl-C.

    Parameters
    ----------
    ports_from:
        The first of the consecutive ports that it uses.
    fleet:
        Run a small fleet of simulated terminals as well.
    """
    check_room(common.data)
    stack = LocalStack(
        common.data, ports_from=ports_from, fleet=fleet, on_event=lambda event: tell(common, event)
    )
    return await serve(stack, common)


async def serve(stack: LocalStack, common: Common) -> int:
    """Run the stack in the foreground until a signal asks for its end. Raises: LocalError."""
    loop = asyncio.get_running_loop()
    asked_to_stop = asyncio.Event()
    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, asked_to_stop.set)
    waiting = asyncio.create_task(asked_to_stop.wait())
    starting = asyncio.create_task(stack.start())
    try:
        await asyncio.wait({waiting, starting}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            # A failed start has already stopped what it had started, and its error goes to the caller.
            starting.result()
            announce(stack, common)
            bought = asyncio.create_task(_let_customers_have_bought(stack, common))
            await waiting
            bought.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await bought
        if not common.as_json:
            common.print_line(common.say("up.stopping"))
    finally:
        waiting.cancel()
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await starting
        await stack.stop()
        for number in _STOP_SIGNALS:
            loop.remove_signal_handler(number)
    if common.as_json:
        common.print_json({"event": "stopped"})
    else:
        common.print_line(common.say("up.stopped"))
    return 0


async def _let_customers_have_bought(stack: LocalStack, common: Common) -> None:
    """Make the purchases of the demonstration, once; a stack without it has none, and a failure stops nothing."""
    if not stack.seed.get("customers") or not set(stack.names) >= _BOUGHT_BY:
        return
    from deploy.cli.purchases import buy_for_demonstration  # noqa: PLC0415 - few starts need it.

    try:
        made = await buy_for_demonstration(
            common, stack.database_url(OWNER_ROLE), begun=lambda: _say_of_purchases(common, "purchases-begun")
        )
    except Exception as error:  # Whatever it is: what was started goes on.
        said = error.said(common.spoken) if isinstance(error, LocalError) else type(error).__name__
        _say_of_purchases(common, "purchases-failed", said=said)
        return
    if made:
        _say_of_purchases(common, "purchases-made", count=made)


def _say_of_purchases(common: Common, event: str, **facts: object) -> None:
    if common.as_json:
        common.print_json({"event": event, **facts})
    else:
        common.print_line(common.say(f"up.{event}", **facts))


def tell(common: Common, event: StackEvent) -> None:
    """Print what happened to one process."""
    if common.as_json:
        facts = {"event": event.kind, "name": event.name, "detail": event.detail}
        common.print_json({key: value for key, value in facts.items() if value})
    elif event.kind not in _QUIET_EVENTS:
        detail = event.detail if event.error is None else event.error.what(common.spoken)
        common.print_line(
            common.say(f"event.{event.kind}", name=event.name, detail=detail, seconds=event.seconds)
        )


def announce(stack: LocalStack, common: Common) -> None:
    """Print addresses and logins, then the line `ready`, which programs may wait for."""
    addresses = {name: _address(stack, name) for name in _SHOWN_PORTS if _runs(stack, name)}
    logins = demonstration_logins(stack.seed)
    if common.as_json:
        common.print_json(
            {"event": "ready", "addresses": addresses, "logins": logins, "data": stack.data_dir}
        )
        return
    from rich.table import Table  # noqa: PLC0415 - a program that reads JSON needs no tables.

    console = common.console()
    table = Table(title=common.say("up.title"), title_justify="left")
    table.add_column(common.say("up.what"))
    table.add_column(common.say("up.where"), overflow="fold")
    for name, address in addresses.items():
        table.add_row(common.say(f"port.{name}"), address)
    if logins:
        table.add_section()
        table.add_row(f"[bold]{common.say('up.logins')}[/bold]", "")
        for login in logins:
            table.add_row(f"{login['name']} ({login['role']})", f"{login['email']}  {login['password']}")
        table.add_row("", common.say("up.second-factor"))
    console.print(table)
    console.print(common.say("up.stop-hint", data=stack.data_dir), highlight=False, soft_wrap=True)
    common.print_line(common.say("ready"))


def demonstration_logins(seeded: dict[str, Any]) -> list[dict[str, str]]:
    """Return name, role, e-mail and password of each agent, and of one customer, that the demonstration printed."""
    password = str(seeded.get("password", ""))
    people = [*seeded.get("agents", []), *seeded.get("customers", [])[:1]]
    return [
        {
            "name": one["name"],
            "role": one.get("role", "customer"),
            "email": one["email"],
            "password": password,
        }
        for one in people
    ]


def _address(stack: LocalStack, name: str) -> str:
    if name in ("portal", "space", "shop") and _answers_as_localhost(stack.port(name)):
        # Passkeys belong to a host name, never to an address: 127.0.0.1 cannot have any.
        return f"http://localhost:{stack.port(name)}"
    return f"http://{stack.address(name)}" if name in _WEB_PORTS else stack.address(name)


def _answers_as_localhost(port: int) -> bool:
    try:
        with socket.create_connection(("localhost", port), timeout=_LOCALHOST_TIMEOUT_S):
            return True
    except OSError:
        return False


def _runs(stack: LocalStack, port_name: str) -> bool:
    return any(port_name == name or port_name.startswith(f"{name}-") for name in stack.names)
