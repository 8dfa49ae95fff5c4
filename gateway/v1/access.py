"""How agents get in without a session: invitations, single sign-on."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ControllerRouterHandler

from core.contracts import access as ask
from core.contracts.access import SessionOpened
from core.contracts.listing import Nothing
from core.contracts.texts import OPAQUE
from gateway.auth import anonymous, browser_of
from gateway.core_client import CoreClient
from gateway.problems import PROBLEM_TYPE
from gateway.v1 import sessions
from gateway.v1.sessions import DeviceText, SecondFactorProblem, TokenText, log_in_answer

# The provider is asked up to three times, each for five seconds at most.
SIGN_ON_TIMEOUT_S = 17.0


class InvitationTokenBody(msgspec.Struct, forbid_unknown_fields=True):
    """The token of an invitation's link."""

    token: TokenText

    def __repr__(self) -> str:
        return "InvitationTokenBody()"


class AcceptanceBody(msgspec.Struct, forbid_unknown_fields=True):
    """The token of an invitation's link and the password that was chosen."""

    token: TokenText
    new_password: ask.NewPassword

    def __repr__(self) -> str:
        return "AcceptanceBody()"


class SignOnBody(msgspec.Struct, forbid_unknown_fields=True):
    """What the identity provider sent the browser back with."""

    state: TokenText
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=2_048), OPAQUE]
    device: DeviceText | None = None

    def __repr__(self) -> str:
        return "SignOnBody()"


@post("/invitations/lookup", summary="Read an invitation", tags=["Sessions"], security=[{}], status_code=200)
async def read_invitation(
    data: InvitationTokenBody, request: Request[Any, Any, Any], core: CoreClient
) -> ask.InvitationView:
    """Say whom an invitation is for. The token is in the body, so that no log of addresses keeps it."""
    body = ask.ByInvitation(data.token)
    return await core.ask(ask.READ_INVITATION, body, caller=anonymous(request))


@post("/invitations/acceptance", summary="Accept an invitation", tags=["Sessions"], security=[{}])
async def accept_invitation(
    data: AcceptanceBody, request: Request[Any, Any, Any], core: CoreClient
) -> ask.InvitationAccepted:
    """Choose a password. Somebody without a second factor gets a session that may only add one."""
    caller = anonymous(request)
    body = ask.AcceptInvitation(
        token=data.token, password=data.new_password, ip=caller.ip, user_agent=browser_of(request)
    )
    return await core.ask(ask.ACCEPT_INVITATION, body, caller=caller)


@get("/sign-on", summary="Whether there is single sign-on", tags=["Sessions"], security=[{}])
async def sign_on_offered(request: Request[Any, Any, Any], core: CoreClient) -> ask.SignOnOffered:
    """Return the name of the identity provider, null when none is configured."""
    return await core.ask(ask.SIGN_ON_OFFERED, Nothing(), caller=anonymous(request))


@post("/sign-on", summary="Begin single sign-on", tags=["Sessions"], security=[{}])
async def start_sign_on(request: Request[Any, Any, Any], core: CoreClient) -> ask.SignOnStarted:
    """Return where to send the browser, and the state that it must bring back within ten minutes."""
    caller = anonymous(request)
    return await core.ask(ask.START_SIGN_ON, Nothing(), caller=caller, timeout_s=SIGN_ON_TIMEOUT_S)


@post(
    "/sign-on/answers",
    summary="Finish single sign-on",
    tags=["Sessions"],
    security=[{}],
    responses={
        201: ResponseSpec(SessionOpened, generate_examples=False, description="The session"),
        401: ResponseSpec(
            SecondFactorProblem,
            generate_examples=False,
            description="`second_factor_required`, or a refusal",
            media_type=PROBLEM_TYPE,
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
    outcome = await core.ask(ask.FINISH_SIGN_ON, body, caller=caller, timeout_s=SIGN_ON_TIMEOUT_S)
    return log_in_answer(request, outcome)


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    sign_on_offered,
    start_sign_on,
    finish_sign_on,
    sessions.second_factor,
    sessions.passkey_options,
    read_invitation,
    accept_invitation,
)
