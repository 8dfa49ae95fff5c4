"""One subject of the desk, and what the functions behind it share."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import asyncpg
import msgspec

from core.bus import Bus
from core.contracts.operation import Operation, Reach
from core.identity.api import IdentityHandlers, SignedIn, require, require_everywhere
from core.values.clock import Clock


class Door(NamedTuple):
    """The type of the body, and who answers: `run(caller, body, locale)`; no caller where no session is asked for."""

    body: type[msgspec.Struct]
    needs_session: bool
    run: Callable[[Any, Any, str], Awaitable[Any]]


def served(*bound: tuple[Operation[Any, Any], Callable[[SignedIn, Any], Awaitable[Any]]]) -> "Doors":
    """Return the doors of operations: whoever has no right to one does not reach its function."""
    return {operation.subject: _served(operation, handle) for operation, handle in bound}


def _served(operation: Operation[Any, Any], handle: Callable[[SignedIn, Any], Awaitable[Any]]) -> Door:
    right, reach = operation.right, operation.reach

    async def run(caller: SignedIn, request: Any, _locale: str) -> Any:
        if right is not None:
            (require_everywhere if reach is Reach.EVERYWHERE else require)(caller, right)
        return await handle(caller, request)

    return Door(operation.asked, True, run)


Doors: TypeAlias = dict[str, Door]
"""By subject, `core.desk.<name>`."""


class Parts(NamedTuple):
    """What every topic is given."""

    pool: asyncpg.Pool
    clock: Clock
    bus: Bus
    identity: IdentityHandlers
    environment: Mapping[str, str]
