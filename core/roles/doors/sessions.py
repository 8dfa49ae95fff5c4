"""Sessions; opening one is in access."""

from core.contracts import desk_requests as ask
from core.roles.doors.door import Door, Doors, Parts


def doors(parts: Parts) -> Doors:
    """Return the subjects of sessions."""
    identity = parts.identity
    return {
        ask.LOG_OUT: Door(ask.Nothing, True, lambda who, body, _locale: identity.log_out(who, body)),
        ask.SESSION: Door(ask.Nothing, True, lambda who, body, _locale: identity.session(who, body)),
        ask.SESSIONS_ENDED: Door(
            ask.SessionsEnded, False, lambda _who, body, _locale: identity.sessions_ended(body)
        ),
        ask.STREAM_OPENED: Door(
            ask.Nothing, True, lambda who, body, _locale: identity.stream_opened(who, body)
        ),
    }
