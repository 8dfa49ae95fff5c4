"""One subject of the desk, and what the functions behind it share."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeAlias

import asyncpg
import msgspec

from core.bus import Bus
from core.identity.api import IdentityHandlers
from core.values.clock import Clock


class Door(NamedTuple):
    """The type of the body, and who answers: `run(caller, body, locale)`; no caller where no session is asked for."""

    body: type[msgspec.Struct]
    needs_session: bool
    run: Callable[[Any, Any, str], Awaitable[Any]]


Doors: TypeAlias = dict[str, Door]
"""By subject, `core.desk.<name>`."""


class Parts(NamedTuple):
    """What every topic is given."""

    pool: asyncpg.Pool
    clock: Clock
    bus: Bus
    identity: IdentityHandlers
