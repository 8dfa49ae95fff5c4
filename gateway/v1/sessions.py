"""POST /v1/sessions and its second step, GET and DELETE /v1/sessions/current."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec

from core.contracts import access
from core.contracts.access import LogIn, SessionOpened, SessionView
from core.contracts.listing import Nothing
from core.contracts.operation import Answered, Operation
from core.contracts.texts import OPAQUE
from gateway.auth import anonymous, browser_of
from gateway.core_client import Caller, CoreClient
from gateway.problems import PROBLEM_TYPE, Problem, ProblemBody, answer, locale_of, trace_id_of

TokenText = Annotated[str, msgspec.Meta(min_length=16, max_length=128), OPAQUE]
CodeText = Annotated[str, msgspec.Meta(max_length=16, description="Six digits of the application")]

DeviceText = Annotated[
    str,
    msgspec.Meta(
        max_length=128, description="What an earlier log in gave to be known by; empty to be given it"
    ),
    OPAQUE,
]


class LogInBody(msgspec.Struct, forbid_unknown_fields=True):
    """E-mail and password of an agent, and with them the code of the second factor or else a second call."""

    email: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=1024), OPAQUE]
    code: CodeText = ""
    device: DeviceText | None = None

    def __repr__(self) -> str:
        return "LogInBody()"


class SecondFactorBody(msgspec.Struct, forbid_unknown_fields=True):
    """The second step: exactly one of code, recovery_code and passkey."""

    pending: TokenText
    code: CodeText = ""
    recovery_code: Annotated[str, msgspec.Meta(max_length=40)] = ""
    passkey: Annotated[
        dict[str, Any] | None, msgspec.Meta(description="The browser’s answer, as WebAuthn’s JSON")
    ] = None

    def __repr__(self) -> str:
        return "SecondFactorBody()"


class PendingBody(msgspec.Struct, forbid_unknown_fields=True):
    """A log in between its two steps."""

    pending: TokenText

    def __repr__(self) -> str:
        return "PendingBody()"


class SecondFactorProblem(ProblemBody, kw_only=True):
    """The password is right: send `pending` with a second factor to /v1/sessions/second-factor.

    Another refusal of the log in has none of these three.
    """

    pending: str = ""
    expires_at: str = ""
    factors: list[access.SecondFactor] = msgspec.field(default_factory=list)


@post(
    "/sessions",
    summary="Log in",
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
async def log_in(data: LogInBody, request: Request[Any, Any, Any], core: CoreClient) -> Response[Any]:
    """Open a session with e-mail, password and second factor. The token is shown this once; 15 idle minutes or 12
    hours end it.

    Without `code` the answer is 401 `second_factor_required` with a token for the second step, good for 5 minutes.
    Somebody without a second factor gets a session that may only add one.
    """
    return await begin(access.LOG_IN, data, request, core)


@post("/sessions/second-factor", summary="Finish logging in", tags=["Sessions"], security=[{}])
async def second_factor(
    data: SecondFactorBody, request: Request[Any, Any, Any], core: CoreClient
) -> SessionOpened:
    """Open the session with the second factor. Wrong ones are counted, and no code works twice."""
    return await finish(access.ANSWER_FACTOR, data, request, core)


@post(
    "/sessions/passkey-options",
    summary="What a passkey must sign",
    tags=["Sessions"],
    security=[{}],
    status_code=200,
)
async def passkey_options(
    data: PendingBody, request: Request[Any, Any, Any], core: CoreClient
) -> access.PasskeyOptions:
    """Return the options for `navigator.credentials.get`; each call makes a new challenge."""
    return await challenge(access.FACTOR_CHALLENGE, data, request, core)


@get("/sessions/current", summary="The caller’s session", tags=["Sessions"])
async def current_session(caller: Caller, core: CoreClient) -> SessionView:
    """Say who is logged in and until when."""
    return await core.ask(access.SESSION, Nothing(), caller=caller)


@delete("/sessions/current", summary="Log out", tags=["Sessions"])
async def log_out(caller: Caller, core: CoreClient) -> None:
    """End the caller's session; its token is worth nothing afterwards."""
    await core.ask(access.LOG_OUT, Nothing(), caller=caller)


async def begin(
    operation: Operation[LogIn, access.LogInOutcome[Any]],
    data: LogInBody,
    request: Request[Any, Any, Any],
    core: CoreClient,
) -> Response[Any]:
    """Take the first step of a log in, of whichever realm."""
    caller = anonymous(request)
    body = LogIn(
        email=data.email,
        password=data.password,
        ip=caller.ip,
        user_agent=browser_of(request),
        code=data.code,
        device=data.device,
    )
    return log_in_answer(request, await core.ask(operation, body, caller=caller))


async def finish(
    operation: Operation[access.AnswerFactor, Answered],
    data: SecondFactorBody,
    request: Request[Any, Any, Any],
    core: CoreClient,
) -> Answered:
    """Take the second step. Raises: Problem."""
    caller = anonymous(request)
    passkey = "" if data.passkey is None else passkey_text(data.passkey, "passkey")
    if sum(map(bool, (data.code, data.recovery_code, passkey))) != 1:
        raise Problem.of_field("code", "missing", "one of code, recovery_code, passkey")
    body = access.AnswerFactor(
        pending=data.pending,
        ip=caller.ip,
        code=data.code,
        recovery_code=data.recovery_code,
        passkey=passkey,
    )
    return await core.ask(operation, body, caller=caller)


async def challenge(
    operation: Operation[access.ByPending, access.PasskeyOptions],
    data: PendingBody,
    request: Request[Any, Any, Any],
    core: CoreClient,
) -> access.PasskeyOptions:
    """Return what a passkey must sign in a log in. Raises: Problem."""
    caller = anonymous(request)
    return await core.ask(operation, access.ByPending(data.pending, caller.ip), caller=caller)


def log_in_answer(request: Request[Any, Any, Any], outcome: access.LogInOutcome[Any]) -> Response[Any]:
    """Return the session, or the refusal that says how to go on."""
    if outcome.session is not None:
        return Response(outcome.session, status_code=201)
    needed = outcome.second_factor
    assert needed is not None
    refusal = answer(
        Problem("second_factor_required"), locale=locale_of(request), trace_id=trace_id_of(request)
    )
    body = msgspec.json.decode(refusal.content)
    body |= {"pending": needed.pending, "expires_at": needed.expires_at, "factors": needed.factors}
    return Response(
        msgspec.json.encode(body), status_code=401, media_type=PROBLEM_TYPE, headers=dict(refusal.headers)
    )


def passkey_text(credential: dict[str, Any], field: str) -> str:
    """Return the browser's answer as text. Raises: Problem, when it is longer than any passkey's."""
    text = msgspec.json.encode(credential)
    if len(text) > access.PASSKEY_ANSWER_BYTES_MAX:
        raise Problem.of_field(field, "too_long")
    return text.decode()
