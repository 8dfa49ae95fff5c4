"""How agents get in: invitations, second factors, devices, single sign-on."""

from core.contracts import access as ask
from core.contracts import desk_requests
from core.identity.access.api import (
    InvitationHandlers,
    LogInHandlers,
    OwnAccessHandlers,
    SignOnHandlers,
)
from core.notifications.api import queue_mail
from core.roles.doors.door import Door, Doors, Parts


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    return _for_anybody(parts) | _for_oneself(parts)


def _for_anybody(parts: Parts) -> Doors:
    identity = parts.identity
    log_ins = LogInHandlers(parts.pool, parts.clock, identity.passwords, identity.settings)
    # Identity lies below notifications, so it is given the way to send.
    invitations = InvitationHandlers(
        parts.pool, parts.clock, identity.passwords, identity.settings, send=queue_mail
    )
    sign_ons = SignOnHandlers(parts.pool, parts.clock, identity.settings, log_ins)
    return {
        ask.SIGN_ON_OFFERED: Door(
            desk_requests.Nothing, False, lambda _who, body, _locale: sign_ons.offered(body)
        ),
        ask.START_SIGN_ON: Door(
            desk_requests.Nothing, False, lambda _who, body, _locale: sign_ons.start_sign_on(body)
        ),
        ask.FINISH_SIGN_ON: Door(
            ask.FinishSignOn, False, lambda _who, body, _locale: sign_ons.finish_sign_on(body)
        ),
        desk_requests.LOG_IN: Door(
            desk_requests.LogIn, False, lambda _who, body, _locale: log_ins.log_in(body)
        ),
        ask.ANSWER_FACTOR: Door(
            ask.AnswerFactor, False, lambda _who, body, _locale: log_ins.answer_factor(body)
        ),
        ask.FACTOR_CHALLENGE: Door(
            ask.ByPending, False, lambda _who, body, _locale: log_ins.factor_challenge(body)
        ),
        ask.INVITE_AGENT: Door(
            ask.InviteAgent, True, lambda who, body, _locale: invitations.invite_agent(who, body)
        ),
        ask.READ_INVITATION: Door(
            ask.ByInvitation, False, lambda _who, body, _locale: invitations.read_invitation(body)
        ),
        ask.ACCEPT_INVITATION: Door(
            ask.AcceptInvitation, False, lambda _who, body, _locale: invitations.accept_invitation(body)
        ),
    }


def _for_oneself(parts: Parts) -> Doors:
    identity = parts.identity
    own = OwnAccessHandlers(parts.pool, parts.clock, identity.passwords, identity.settings)
    nothing = desk_requests.Nothing
    return {
        ask.MY_ACCESS: Door(nothing, True, lambda who, body, _locale: own.my_access(who, body)),
        ask.CONFIRM_SESSION: Door(
            ask.WithPassword, True, lambda who, body, _locale: own.confirm_session(who, body)
        ),
        ask.CHANGE_PASSWORD: Door(
            ask.ChangePassword, True, lambda who, body, _locale: own.change_password(who, body)
        ),
        ask.START_TOTP: Door(nothing, True, lambda who, body, _locale: own.start_totp(who, body)),
        ask.CONFIRM_TOTP: Door(ask.ConfirmTotp, True, lambda who, body, _locale: own.confirm_totp(who, body)),
        ask.START_PASSKEY: Door(nothing, True, lambda who, body, _locale: own.start_passkey(who, body)),
        ask.ADD_PASSKEY: Door(ask.AddPasskey, True, lambda who, body, _locale: own.add_passkey(who, body)),
        ask.REMOVE_FACTOR: Door(
            desk_requests.ById, True, lambda who, body, _locale: own.remove_factor(who, body)
        ),
        ask.RENEW_RECOVERY_CODES: Door(
            nothing, True, lambda who, body, _locale: own.renew_recovery_codes(who, body)
        ),
        ask.END_SESSION: Door(
            desk_requests.ById, True, lambda who, body, _locale: own.end_session(who, body)
        ),
        ask.END_SESSIONS: Door(nothing, True, lambda who, body, _locale: own.end_sessions(who, body)),
    }
