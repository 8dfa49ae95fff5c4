"""The session cookie: the gateway's token and who it belongs to, sealed. The portal keeps nothing itself."""

from __future__ import annotations

import base64
import binascii
from typing import Final, Protocol, Self, TypeVar

import msgspec

from portals.kit.sealing import Sealer

_PURPOSE: Final = "session"
COOKIE_BYTES_MAX: Final = 3800


class Session(Protocol):
    """Somebody who is logged in, as the kit knows them; each face has a struct of its own."""

    @property
    def token(self) -> str:
        """The bearer token of the gateway; never shown, never logged."""
        ...

    @property
    def person_id(self) -> str:
        """Who it is."""
        ...

    @property
    def locale(self) -> str:
        """The language that they chose."""
        ...

    @property
    def permissions(self) -> list[str]:
        """What to offer on a page; core decides what is done."""
        ...

    @property
    def enrolling(self) -> bool:
        """Whether they may only add a second factor."""
        ...

    def shortened(self) -> Self:
        """Return it without what is only shown, for a cookie that browsers would not keep."""
        ...


S = TypeVar("S")


def seal_session(sealer: Sealer, session: Session) -> str:
    """Return the cookie's value, in a length that browsers keep."""
    value = _encode(sealer, session)
    return value if len(value) <= COOKIE_BYTES_MAX else _encode(sealer, session.shortened())


def unseal_session(sealer: Sealer, value: str | None, kind: type[S]) -> S | None:
    """Return the session of a cookie, or None when there is none or it is not ours."""
    if not value or len(value) > COOKIE_BYTES_MAX:
        return None
    try:
        content = sealer.unseal(_PURPOSE, base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
        return None if content is None else msgspec.json.decode(content, type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None


def _encode(sealer: Sealer, session: Session) -> str:
    return base64.urlsafe_b64encode(sealer.seal(_PURPOSE, msgspec.json.encode(session))).decode().rstrip("=")
