"""How agents get in: invitations, second factors, devices, one's own access."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ControllerRouterHandler

from core.contracts import access as ask
from core.contracts.desk_requests import ById, Nothing
from core.contracts.desk_views import SessionOpened
from core.contracts.texts import OPAQUE
from gateway.auth import anonymous, browser_of
from gateway.core_client import Caller, CoreClient
from gateway.problems import PROBLEM_TYPE, Problem
from gateway.v1 import sessions
from gateway.v1.reading import body_id, path_id
from gateway.v1.sessions import DeviceText, SecondFactorProblem, TokenText, log_in_answer, passkey_text
from gateway.v1.writing import IdempotencyKey, optional_key, write

# The provider is asked up to three times, each for five seconds at most.
SIGN_ON_TIMEOUT_S = 17.0
PasswordText = Annotated[str, msgspec.Meta(min_length=1, max_length=ask.PASSWORD_CHARACTERS_MAX), OPAQUE]
# Core says what a new password lacks, in words; the bound here only keeps the body small.
NewPasswordText = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=4_096, description="12 to 1,024 characters of any kind"),
    OPAQUE,
]
NameText = Annotated[str, msgspec.Meta(max_length=60)]


class ConfirmationBody(msgspec.Struct, forbid_unknown_fields=True):
    """The present password."""

    password: PasswordText

    def __repr__(self) -> str:
        return "ConfirmationBody()"


class PasswordBody(msgspec.Struct, forbid_unknown_fields=True):
    """The present password and the new one."""

    password: PasswordText
    new_password: NewPasswordText

    def __repr__(self) -> str:
        return "PasswordBody()"


class TotpBody(msgspec.Struct, forbid_unknown_fields=True):
    """A first code of the application that was shown the secret."""

    factor: Annotated[str, msgspec.Meta(max_length=40)]
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
    name: NameText = ""

    def __repr__(self) -> str:
        return "TotpBody()"


class PasskeyBody(msgspec.Struct, forbid_unknown_fields=True):
    """The browser's answer to the options, as WebAuthn's JSON."""

    credential: dict[str, Any]
    name: NameText = ""


class InvitationBody(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody new: e-mail, name and role. Somebody known: `agent` alone."""

    agent: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    email: Annotated[str, msgspec.Meta(max_length=254)] = ""
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    role: Annotated[str, msgspec.Meta(max_length=40)] = ""
    locale: Annotated[str, msgspec.Meta(max_length=2)] = "fr"
    resets_factors: Annotated[bool, msgspec.Meta(description="For who has lost every second factor")] = False


class InvitationTokenBody(msgspec.Struct, forbid_unknown_fields=True):
    """The token of an invitation's link."""

    token: TokenText

    def __repr__(self) -> str:
        return "InvitationTokenBody()"


class AcceptanceBody(msgspec.Struct, forbid_unknown_fields=True):
    """The token of an invitation's link and the password that was chosen."""

    token: TokenText
    new_password: NewPasswordText

    def __repr__(self) -> str:
        return "AcceptanceBody()"


class SignOnBody(msgspec.Struct, forbid_unknown_fields=True):
    """What the identity provider sent the browser back with."""

    state: TokenText
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=2_048), OPAQUE]
    device: DeviceText | None = None

    def __repr__(self) -> str:
        return "SignOnBody()"


@get("/access", summary="The caller’s own access", tags=["Own access"])
async def my_access(caller: Caller, core: CoreClient) -> ask.MyAccess:
    """Return the caller's second factors, how many recovery codes are left, and where they are logged in."""
    return await core.ask(ask.MY_ACCESS, Nothing(), ask.MyAccess, caller=caller)


@post("/access/confirmation", summary="Prove again who asks", tags=["Own access"], status_code=204)
async def confirm(data: ConfirmationBody, caller: Caller, core: CoreClient) -> None:
    """Give the password again: changes of credentials are taken for the next ten minutes."""
    body = ask.WithPassword(data.password, caller.ip)
    await core.ask(ask.CONFIRM_SESSION, body, Nothing, caller=caller)


@post("/access/password", summary="Change the password", tags=["Own access"], status_code=204)
async def change_password(data: PasswordBody, caller: Caller, core: CoreClient) -> None:
    """Replace the password. Every other session ends."""
    body = ask.ChangePassword(data.password, data.new_password, caller.ip)
    await core.ask(ask.CHANGE_PASSWORD, body, Nothing, caller=caller)


@post("/access/totp", summary="Begin to add an application", tags=["Own access"])
async def start_totp(caller: Caller, core: CoreClient) -> ask.TotpStarted:
    """Return a new secret for an authenticator application. It counts once a code of it is confirmed."""
    return await core.ask(ask.START_TOTP, Nothing(), ask.TotpStarted, caller=caller)


@post("/access/totp/confirmation", summary="Add an application", tags=["Own access"])
async def confirm_totp(data: TotpBody, caller: Caller, core: CoreClient) -> ask.FactorAdded:
    """Let the application count. With the first factor come ten recovery codes, shown this once."""
    body = ask.ConfirmTotp(body_id("factor", data.factor, "factor"), data.code, data.name)
    return await core.ask(ask.CONFIRM_TOTP, body, ask.FactorAdded, caller=caller)


@post("/access/passkey-options", summary="Begin to add a passkey", tags=["Own access"], status_code=200)
async def start_passkey(caller: Caller, core: CoreClient) -> ask.PasskeyOptions:
    """Return the options for `navigator.credentials.create`; each call makes a new challenge."""
    return await core.ask(ask.START_PASSKEY, Nothing(), ask.PasskeyOptions, caller=caller)


@post("/access/passkeys", summary="Add a passkey", tags=["Own access"])
async def add_passkey(data: PasskeyBody, caller: Caller, core: CoreClient) -> ask.FactorAdded:
    """Keep the passkey. With the first factor come ten recovery codes, shown this once."""
    body = ask.AddPasskey(passkey_text(data.credential, "credential"), data.name)
    return await core.ask(ask.ADD_PASSKEY, body, ask.FactorAdded, caller=caller)


@delete("/access/factors/{factor_id:str}", summary="Remove a second factor", tags=["Own access"])
async def remove_factor(factor_id: str, caller: Caller, core: CoreClient) -> None:
    """Forget one of the caller's second factors; one at least stays."""
    await core.ask(ask.REMOVE_FACTOR, ById(path_id("factor", factor_id)), Nothing, caller=caller)


@post("/access/recovery-codes", summary="Renew the recovery codes", tags=["Own access"])
async def renew_recovery_codes(caller: Caller, core: CoreClient) -> ask.RecoveryCodes:
    """Return ten new recovery codes, shown this once; the old ones are worth nothing from now on."""
    return await core.ask(ask.RENEW_RECOVERY_CODES, Nothing(), ask.RecoveryCodes, caller=caller)


@delete("/access/sessions/{session_id:str}", summary="End one session", tags=["Own access"])
async def end_session(session_id: str, caller: Caller, core: CoreClient) -> None:
    """Log the caller out in one place."""
    await core.ask(ask.END_SESSION, ById(path_id("session", session_id)), Nothing, caller=caller)


@delete("/access/sessions", summary="Sign out everywhere", tags=["Own access"])
async def end_sessions(caller: Caller, core: CoreClient) -> None:
    """End every session of the caller, this one too."""
    await core.ask(ask.END_SESSIONS, Nothing(), Nothing, caller=caller)


@post(
    "/agents/invitations",
    summary="Invite an agent",
    tags=["Agents"],
    status_code=201,
    responses={201: ResponseSpec(ask.Invited, description="The invitation")},
)
async def invite_agent(
    data: InvitationBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Invite somebody new, who may do nothing before they are given grants, or somebody known to choose a new password.

    An earlier invitation of the same agent is worth nothing from now on. A repeat under one key makes none, and does
    not show a link again.
    """
    if data.agent is not None and (data.email or data.name or data.role):
        raise Problem.of_field("agent", "conflict", "agent alone, or email, name and role")
    body = ask.InviteAgent(
        agent_id=None if data.agent is None else body_id("agent", data.agent, "agent"),
        email=data.email,
        name=data.name,
        role=data.role,
        locale=data.locale,
        resets_factors=data.resets_factors,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.INVITE_AGENT, body, 201)


@post("/invitations/lookup", summary="Read an invitation", tags=["Sessions"], security=[{}], status_code=200)
async def read_invitation(
    data: InvitationTokenBody, request: Request[Any, Any, Any], core: CoreClient
) -> ask.InvitationView:
    """Say whom an invitation is for. The token is in the body, so that no log of addresses keeps it."""
    body = ask.ByInvitation(data.token)
    return await core.ask(ask.READ_INVITATION, body, ask.InvitationView, caller=anonymous(request))


@post("/invitations/acceptance", summary="Accept an invitation", tags=["Sessions"], security=[{}])
async def accept_invitation(
    data: AcceptanceBody, request: Request[Any, Any, Any], core: CoreClient
) -> ask.InvitationAccepted:
    """Choose a password. Somebody without a second factor gets a session that may only add one."""
    caller = anonymous(request)
    body = ask.AcceptInvitation(
        token=data.token, password=data.new_password, ip=caller.ip, user_agent=browser_of(request)
    )
    return await core.ask(ask.ACCEPT_INVITATION, body, ask.InvitationAccepted, caller=caller)


@get("/sign-on", summary="Whether there is single sign-on", tags=["Sessions"], security=[{}])
async def sign_on_offered(request: Request[Any, Any, Any], core: CoreClient) -> ask.SignOnOffered:
    """Return the name of the identity provider, null when none is configured."""
    return await core.ask(ask.SIGN_ON_OFFERED, Nothing(), ask.SignOnOffered, caller=anonymous(request))


@post("/sign-on", summary="Begin single sign-on", tags=["Sessions"], security=[{}])
async def start_sign_on(request: Request[Any, Any, Any], core: CoreClient) -> ask.SignOnStarted:
    """Return where to send the browser, and the state that it must bring back within ten minutes."""
    caller = anonymous(request)
    return await core.ask(
        ask.START_SIGN_ON, Nothing(), ask.SignOnStarted, caller=caller, timeout_s=SIGN_ON_TIMEOUT_S
    )


@post(
    "/sign-on/answers",
    summary="Finish single sign-on",
    tags=["Sessions"],
    security=[{}],
    responses={
        201: ResponseSpec(SessionOpened, description="The session"),
        401: ResponseSpec(
            SecondFactorProblem, description="`second_factor_required`, or a refusal", media_type=PROBLEM_TYPE
        ),
    },
)
async def finish_sign_on(
    data: SignOnBody, request: Request[Any, Any, Any], core: CoreClient
) -> Response[Any]:
    """Open a session for the agent whose verified e-mail the identity provider names.

    A provider that asked for two factors (`amr` holds `mfa`) opens it; else our own second factor is asked for.
    """
    caller = anonymous(request)
    body = ask.FinishSignOn(
        state=data.state,
        code=data.code,
        ip=caller.ip,
        user_agent=browser_of(request),
        device=data.device,
    )
    outcome = await core.ask(
        ask.FINISH_SIGN_ON, body, ask.LogInOutcome, caller=caller, timeout_s=SIGN_ON_TIMEOUT_S
    )
    return log_in_answer(request, outcome)


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    sign_on_offered,
    start_sign_on,
    finish_sign_on,
    sessions.second_factor,
    sessions.passkey_options,
    my_access,
    confirm,
    change_password,
    start_totp,
    confirm_totp,
    start_passkey,
    add_passkey,
    remove_factor,
    renew_recovery_codes,
    end_session,
    end_sessions,
    invite_agent,
    read_invitation,
    accept_invitation,
)
