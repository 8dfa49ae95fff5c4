"""Passwords: hashed and checked two at a time, and the new ones compared with those that guessers try first."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.identity.access.errors import PasswordRefused
from core.identity.access.rules import WhyRefused
from core.identity.errors import TooManyAttempts

# OWASP's second choice of parameters: 19 MiB each, so that two at a time stay small beside the rest of the stack.
PASSWORDS: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
HASHES_AT_ONCE_MAX: Final = 2
_HASHES_WAITING_MAX: Final = 32
NO_PASSWORD: Final = "!"  # noqa: S105 -- It is no password: no hash reads so.
"""What stands for the password of somebody who was invited and has chosen none yet."""

COMMON_HASH_BYTES: Final = 6
_Result = TypeVar("_Result")
_COMMON_FILE: Final = Path(__file__).with_name("common_passwords.bin")


class Passwords:
    """One for the process."""

    def __init__(self) -> None:
        self._hashing = asyncio.Semaphore(HASHES_AT_ONCE_MAX)
        self._waiting = 0
        self.common = _load_common()
        # An unknown e-mail costs the same time as a known one.
        self._nobody = PASSWORDS.hash(secrets.token_urlsafe(32))

    async def is_right(self, encoded: str | None, password: str) -> bool:
        """Return whether the password is that of the hash; None and NO_PASSWORD are never right and cost as much.

        Raises: TooManyAttempts, when too many wait.
        """
        known = encoded if encoded is not None and encoded != NO_PASSWORD else None
        return await self._in_turn(_verify, known or self._nobody, password) and known is not None

    async def hash(self, password: str) -> str:
        """Return what is stored of a password. Raises: TooManyAttempts, when too many wait."""
        return await self._in_turn(_hash, password, "")

    def refuse_weak(self, password: str, *, email: str, by: WhyRefused) -> None:
        """Check a new password by the rules of its realm. Raises: PasswordRefused."""
        why = by(password, email=email, is_common=common_hash(password) in self.common)
        if why is not None:
            raise PasswordRefused(why)

    async def _in_turn(self, work: Callable[[str, str], _Result], first: str, second: str) -> _Result:
        if self._waiting >= _HASHES_WAITING_MAX:
            raise TooManyAttempts(retry_after_s=5)
        self._waiting += 1
        try:
            async with self._hashing:
                return await asyncio.to_thread(work, first, second)
        finally:
            self._waiting -= 1


def common_hash(password: str) -> bytes:
    """Return what the list of common passwords holds of one: letter case, and marks at its ends, make no difference."""
    bare = re.sub(r"^[\W_]+|[\W_]+$", "", password.lower())
    return hashlib.sha256(bare.encode()).digest()[:COMMON_HASH_BYTES]


def _load_common() -> frozenset[bytes]:
    content = _COMMON_FILE.read_bytes()
    return frozenset(content[at : at + COMMON_HASH_BYTES] for at in range(0, len(content), COMMON_HASH_BYTES))


def _hash(password: str, _: str) -> str:
    return PASSWORDS.hash(password)


def _verify(encoded: str, password: str) -> bool:
    try:
        return PASSWORDS.verify(encoded, password)
    except (VerificationError, InvalidHashError):
        return False
