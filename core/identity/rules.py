"""Pure decisions of identity: when a session ends, when guessing must wait."""

import ipaddress
from datetime import datetime, timedelta
from typing import Final, Protocol

from core.identity.model import Failures

SESSION_ABSOLUTE: Final = timedelta(hours=12)
SEEN_EVERY: Final = timedelta(minutes=1)

FAILURE_WINDOW: Final = timedelta(minutes=15)
FAILURES_PER_EMAIL_MAX: Final = 5
# A whole office may share one address, so this bound is wider; it stops one password tried on many names.
FAILURES_PER_IP_MAX: Final = 50


class Session(Protocol):
    """A session of whichever realm."""

    @property
    def last_seen_at(self) -> datetime:
        """The minute in which it was last used."""
        ...

    @property
    def expires_at(self) -> datetime:
        """When it ends, however much it is used."""
        ...

    @property
    def ended_at(self) -> datetime | None:
        """When it was ended."""
        ...

    @property
    def disabled_at(self) -> datetime | None:
        """When whoever opened it was disabled."""
        ...

    @property
    def idle(self) -> timedelta:
        """How long it may go unused."""
        ...


def origin_of_caller(ip: str) -> str:
    """Return the part of an address that one caller does not choose: a subscriber has 2^64 addresses of IPv6.

    Source: RFC 6177 and BCP 157, which give no site less than a /64.
    """
    try:
        found = ipaddress.ip_address(ip)
    except ValueError:
        return ip[:64]
    if found.version == 4:
        return ip[:64]
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))


def has_ended(session: Session, now: datetime) -> bool:
    """Return whether a session is no longer good: ended, idle or old, or whoever opened it disabled."""
    return (
        session.ended_at is not None
        or session.disabled_at is not None
        or now >= session.expires_at
        or now - session.last_seen_at >= session.idle
    )


def must_note_seen(session: Session, now: datetime) -> bool:
    """Return whether this call is worth a write: at most one a minute and session."""
    return now - session.last_seen_at >= SEEN_EVERY


def wait_after(failures: Failures, *, failures_max: int, now: datetime) -> int | None:
    """Return how many seconds a subject must wait before its next log in, None when it may go on."""
    if failures.count < failures_max or failures.oldest_at is None:
        return None
    return max(1, int((failures.oldest_at + FAILURE_WINDOW - now).total_seconds()) + 1)
