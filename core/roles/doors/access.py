"""How agents get in: invitations, second factors, devices, single sign-on."""

from core.contracts import access as ask
from core.contracts import desk_requests
from core.identity.access.api import LogInHandlers
from core.roles.doors.door import Door, Doors, Parts


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    identity = parts.identity
    log_ins = LogInHandlers(parts.pool, parts.clock, identity.passwords, identity.settings)
    return {
        desk_requests.LOG_IN: Door(
            desk_requests.LogIn, False, lambda _who, body, _locale: log_ins.log_in(body)
        ),
        ask.ANSWER_FACTOR: Door(
            ask.AnswerFactor, False, lambda _who, body, _locale: log_ins.answer_factor(body)
        ),
        ask.FACTOR_CHALLENGE: Door(
            ask.ByPending, False, lambda _who, body, _locale: log_ins.factor_challenge(body)
        ),
    }
