"""What every role is given, and what it gives back."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple, Protocol, TypeAlias

import msgspec

from core.bus import Bus
from core.values.clock import Clock

HOST_DEADLINE_MS_DEFAULT: Final = 7_000


class Settings(msgspec.Struct, frozen=True):
    """Configuration of one process; the addresses hold passwords, so `repr` leaves them out."""

    role: str
    database_url: str
    nats_url: str
    health_port: int  # 0: one that the system chooses
    instance: str  # names the process on the bus and in logs: letters, digits, dashes

    def __repr__(self) -> str:
        return f"Settings(role={self.role!r}, instance={self.instance!r}, health_port={self.health_port})"


class RoleContext(NamedTuple):
    """The outside world of a role; `environment` holds the settings that single slices read."""

    settings: Settings
    bus: Bus
    clock: Clock
    environment: Mapping[str, str]


class RunningRole(Protocol):
    """A role at work."""

    def not_ready(self) -> list[str]:
        """Return why it cannot serve just now, one word each; empty when it can."""
        ...

    async def stop(self) -> None:
        """Finish what is under way, within a few seconds, and let go of every resource."""
        ...


StartRole: TypeAlias = Callable[[RoleContext], Awaitable[RunningRole]]


def host_deadline_ms_of(environment: Mapping[str, str]) -> int:
    """Return how long a host may take to answer a payment."""
    return int(environment.get("GUICHET_HOST_DEADLINE_MS", HOST_DEADLINE_MS_DEFAULT))
