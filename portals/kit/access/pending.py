"""A log in between its two steps, and the browser that is known: kept sealed in the browser, nowhere else."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from portals.kit.formats import parse_time
from portals.kit.gateway import GatewayProblem, GatewayUser, Json
from portals.kit.session import Session
from portals.kit.visit import Visit

PENDING_LIFE_S = 5 * 60
DEVICE_LIFE_S = 90 * 24 * 3600
_A_DAY = timedelta(days=1)
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


def wished_device(visit: Visit, *, remembered: bool) -> str | None:
    """Return what to send with a log in: None where nothing is to be remembered of the browser."""
    return known_device(visit) if remembered or visit.kit.face.ways.always_known else None


def newcomer(visit: Visit) -> GatewayUser:
    """Return the gateway for somebody without a session, who will be shown by their browser's name."""
    return visit.kit.gateway.as_user(
        token=None, locale=visit.locale, browser=visit.browser, address=visit.address
    )


def open_session(visit: Visit, body: Json) -> Session:
    """Hand the browser its session and what it is known by; a session that is remembered outlives the browser."""
    session = visit.kit.face.ways.session_of(body)
    ends = parse_time(str(body.get("expires_at") or ""))
    is_remembered = ends is not None and ends - visit.now > _A_DAY
    life_s = int((ends - visit.now).total_seconds()) if ends is not None and is_remembered else None
    visit.open_session(session, max_age_s=life_s)
    if body.get("device"):
        visit.keep_sealed(_DEVICE, str(body["device"]).encode(), max_age_s=DEVICE_LIFE_S)
    return session


def throttled(visit: Visit, problem: GatewayProblem) -> str:
    """Say how long guessing must wait."""
    if 0 < problem.retry_after_s < 60:
        return visit.words("login.throttled_s", n=problem.retry_after_s)
    return visit.words("login.throttled", n=max(1, -(-problem.retry_after_s // 60)))
