"""A log in between its two steps, and the browser that is known: kept sealed in the browser, nowhere else."""

from __future__ import annotations

from typing import Any

import msgspec

from portals.agent.session import AgentSession
from portals.kit.gateway import GatewayProblem, GatewayUser, Json
from portals.kit.visit import Visit

PENDING_LIFE_S = 5 * 60
DEVICE_LIFE_S = 90 * 24 * 3600
_PENDING, _DEVICE = "pending", "device"


class Pending(msgspec.Struct, frozen=True):
    """What the second step needs; `next` is where to go afterwards."""

    token: str
    factors: list[str]
    email: str
    next: str

    def __repr__(self) -> str:
        return "Pending()"


def keep_pending(visit: Visit, body: Json, *, email: str, target: str) -> None:
    """Keep what the gateway gave for the second step."""
    pending = Pending(str(body["pending"]), [str(kind) for kind in body.get("factors") or []], email, target)
    visit.keep_sealed(_PENDING, msgspec.json.encode(pending), max_age_s=PENDING_LIFE_S)


def kept_pending(visit: Visit) -> Pending | None:
    """Return the log in that waits for its second step."""
    content = visit.kept_sealed(_PENDING)
    try:
        return None if content is None else msgspec.json.decode(content, type=Pending)
    except msgspec.MsgspecError:
        return None


def drop_pending(visit: Visit) -> None:
    """Forget the log in under way."""
    visit.drop_sealed(_PENDING)


def known_device(visit: Visit) -> str:
    """Return what this browser is known by, empty when it is not known yet."""
    return (visit.kept_sealed(_DEVICE) or b"").decode()


def newcomer(visit: Visit) -> GatewayUser:
    """Return the gateway for somebody without a session, who will be shown by their browser's name."""
    return visit.kit.gateway.as_user(
        token=None, locale=visit.locale, browser=visit.browser, address=visit.address
    )


def open_session(visit: Visit, body: Json) -> AgentSession:
    """Hand the browser its session and what it is known by."""
    session = session_of(body)
    visit.open_session(session)
    if body.get("device"):
        visit.keep_sealed(_DEVICE, str(body["device"]).encode(), max_age_s=DEVICE_LIFE_S)
    return session


def session_of(body: Json) -> AgentSession:
    """Return the session that the gateway opened."""
    agent: dict[str, Any] = body["agent"]
    return AgentSession(
        token=body["token"],
        agent_id=agent["id"],
        name=agent.get("name") or agent["email"],
        email=agent["email"],
        role=agent.get("role") or "",
        locale=agent.get("locale") or "fr",
        departments=[str(code) for code in agent.get("departments") or []],
        expires_at=str(body.get("expires_at") or ""),
        permissions=[str(name) for name in agent.get("permissions") or []],
        enrolling=bool(body.get("enrolling")),
    )


def throttled(visit: Visit, problem: GatewayProblem) -> str:
    """Say how long guessing must wait."""
    if 0 < problem.retry_after_s < 60:
        return visit.words("login.throttled_s", n=problem.retry_after_s)
    return visit.words("login.throttled", n=max(1, -(-problem.retry_after_s // 60)))
