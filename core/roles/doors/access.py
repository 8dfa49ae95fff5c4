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
from core.roles.doors.door import Door, Doors, Parts, served


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    identity = parts.identity
    log_ins = LogInHandlers(parts.pool, parts.clock, identity.passwords, identity.settings)
    # Identity lies below notifications, so it is given the way to send.
    invitations = InvitationHandlers(
        parts.pool, parts.clock, identity.passwords, identity.settings, send=queue_mail
    )
    sign_ons = SignOnHandlers(parts.pool, parts.clock, identity.settings, log_ins)
    own = OwnAccessHandlers(parts.pool, parts.clock, identity.passwords, identity.settings)
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
        ask.READ_INVITATION: Door(
            ask.ByInvitation, False, lambda _who, body, _locale: invitations.read_invitation(body)
        ),
        ask.ACCEPT_INVITATION: Door(
            ask.AcceptInvitation, False, lambda _who, body, _locale: invitations.accept_invitation(body)
        ),
        **served(
            (ask.INVITE_AGENT, invitations.invite_agent),
            (ask.MY_ACCESS, own.my_access),
            (ask.CONFIRM_SESSION, own.confirm_session),
            (ask.CHANGE_PASSWORD, own.change_password),
            (ask.START_TOTP, own.start_totp),
            (ask.CONFIRM_TOTP, own.confirm_totp),
            (ask.START_PASSKEY, own.start_passkey),
            (ask.ADD_PASSKEY, own.add_passkey),
            (ask.REMOVE_FACTOR, own.remove_factor),
            (ask.RENEW_RECOVERY_CODES, own.renew_recovery_codes),
            (ask.END_SESSION, own.end_session),
            (ask.END_SESSIONS, own.end_sessions),
        ),
    }
