"""Second factors of the demonstration: every agent of it has an application that anybody with the password can be.

The secret follows from the password and the e-mail, so that `guichet code`, tests and benches can make the codes.
Nobody but a demonstration has such factors.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
from pyotp.totp import TOTP

from core.db.queries import load_beside
from core.identity.api import FactorSeal

_SQL = load_beside(__file__)
_SECRET_BYTES: Final = 20
FACTOR_NAME: Final = "Démonstration"


def demonstration_secret(password: str, email: str) -> str:
    """Return the TOTP secret of a demonstration's agent, in base32."""
    digest = hmac.new(password.encode(), f"totp of {email}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:_SECRET_BYTES]).decode()


def demonstration_code(password: str, email: str, *, at: datetime | None = None, ahead: int = 0) -> str:
    """Return the six digits of now, or those of `ahead` steps of 30 seconds later."""
    moment = (at or datetime.now(UTC)) + timedelta(seconds=30 * ahead)
    return TOTP(demonstration_secret(password, email)).at(moment)


async def put_demonstration_factor(
    connection: asyncpg.Connection, seal: FactorSeal, *, agent_id: UUID, email: str, password: str
) -> None:
    """Give the agent the demonstration's factor, in the place of one made for an earlier password."""
    sealed = seal.seal(agent_id.bytes, demonstration_secret(password, email).encode())
    await connection.execute(_SQL.put_demonstration_factor, agent_id, FACTOR_NAME, sealed)
