"""The session cookie: the gateway's token and who it belongs to, sealed. The portal keeps nothing itself."""

from __future__ import annotations

import base64
import binascii

import msgspec

from portals.kit.sealing import Sealer

_PURPOSE = "session"
COOKIE_BYTES_MAX = 3800


class Session(msgspec.Struct, frozen=True):
    """A logged-in agent. `token` is the bearer token of the gateway; never shown, never logged."""

    token: str
    agent_id: str
    name: str
    email: str
    role: str
    locale: str
    departments: list[str]
    expires_at: str
    permissions: list[str] = []  # what to offer on a page; core decides what is done
    enrolling: bool = False  # may only add a second factor

    def __repr__(self) -> str:
        return f"Session(agent_id={self.agent_id!r})"


def seal_session(sealer: Sealer, session: Session) -> str:
    """Return the cookie's value.

    Long lists of departments are cut rather than let the cookie pass what browsers keep; the gateway decides
    what the agent sees, the list here is only shown.
    """
    value = _encode(sealer, session)
    if len(value) > COOKIE_BYTES_MAX:
        value = _encode(sealer, msgspec.structs.replace(session, departments=session.departments[:10]))
    return value


def unseal_session(sealer: Sealer, value: str | None) -> Session | None:
    """Return the session of a cookie, or None when there is none or it is not ours."""
    if not value or len(value) > COOKIE_BYTES_MAX:
        return None
    try:
        content = sealer.unseal(_PURPOSE, base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
        return None if content is None else msgspec.json.decode(content, type=Session)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None


def _encode(sealer: Sealer, session: Session) -> str:
    return base64.urlsafe_b64encode(sealer.seal(_PURPOSE, msgspec.json.encode(session))).decode().rstrip("=")
