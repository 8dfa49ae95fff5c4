"""Small shared types of the stores."""

import uuid
from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

Connection: TypeAlias = asyncpg.Connection | PoolConnectionProxy | asyncpg.Pool
"""What a store's function takes: a connection, one that a pool lent, or the pool for one statement on its own."""


def uuid_of(raw: bytes) -> uuid.UUID:
    """Return 16 bytes as the driver takes them."""
    return uuid.UUID(bytes=bytes(raw))


def uuid_or_none(raw: bytes | None) -> uuid.UUID | None:
    """Return 16 bytes as the driver takes them, or NULL."""
    return None if raw is None else uuid.UUID(bytes=bytes(raw))
