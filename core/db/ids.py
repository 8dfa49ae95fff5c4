"""Identifiers drawn for new rows."""

import secrets

from core.values.clock import Clock
from core.values.ids import uuid7


def new_id(clock: Clock) -> bytes:
    """Return a UUIDv7 of now that nobody else has drawn."""
    return uuid7(
        unix_ms=clock.unix_us() // 1000, sequence=secrets.randbits(12), randomness=secrets.randbits(62)
    )
