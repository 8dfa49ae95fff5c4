"""How customers get in without a session: links by mail, log in. What they see of themselves is made from operations."""

from typing import Annotated, Any, cast

import msgspec
from litestar import Request, Response, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ControllerRouterHandler

from core.contracts import customers as ask
from core.contracts.access import NewPassword, PasskeyOptions
from core.contracts.customers import CustomerSession, Locale
from gateway.auth import anonymous, browser_of
from gateway.core_client import CoreClient
from gateway.problems import PROBLEM_TYPE
from gateway.v1.sessions import (
    LogInBody,
    PendingBody,
    SecondFactorBody,
    SecondFactorProblem,
    TokenText,
    begin,
    challenge,
    finish,
    log_in_answer,
)

_TAGS = ["Customers"]
_OPENED: dict[int, ResponseSpec] = {
    201: ResponseSpec(CustomerSession, generate_examples=False, description="The session"),
    401: ResponseSpec(
        SecondFactorProblem,
        generate_examples=False,
        description="`second_factor_required`, or a refusal",
        media_type=PROBLEM_TYPE,
    ),
}


class CustomerLinkBody(msgspec.Struct, forbid_unknown_fields=True):
    """The address with which something was bought."""

    email: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]

    def __repr__(self) -> str:
        return "CustomerLinkBody()"


class CustomerLinkTokenBody(msgspec.Struct, forbid_unknown_fields=True):
    """The token of a link."""

    token: TokenText

    def __repr__(self) -> str:
        return "CustomerLinkTokenBody()"


class ChosenPasswordBody(msgspec.Struct, forbid_unknown_fields=True):
    """The token of a link and the password that was chosen."""

    token: TokenText
    new_password: NewPassword

    def __repr__(self) -> str:
        return "ChosenPasswordBody()"


@post("/customers/links", summary="Ask for a link", tags=_TAGS, security=[{}], status_code=204)
async def ask_link(data: CustomerLinkBody, request: Request[Any, Any, Any], core: CoreClient) -> None:
    """Send a link by which a password is chosen to an address of a customer, or of somebody who bought something.

    It is for the first connection and for a forgotten password. The answer is the same for an address of nobody. A
    newer link ends an earlier one.
    """
    caller = anonymous(request)
    body = ask.AskLink(data.email, caller.ip, cast("Locale", "en" if caller.locale == "en" else "fr"))
    await core.ask(ask.ASK_LINK, body, caller=caller)


@post("/customers/links/lookup", summary="Read a link", tags=_TAGS, security=[{}], status_code=200)
async def read_link(
    data: CustomerLinkTokenBody, request: Request[Any, Any, Any], core: CoreClient
) -> ask.LinkView:
    """Say what a link is good for. The token is in the body, so that no log of addresses keeps it."""
    caller = anonymous(request)
    return await core.ask(ask.READ_LINK, ask.ByLink(data.token, caller.ip), caller=caller)


@post(
    "/customers/links/acceptance",
    summary="Choose a password",
    tags=_TAGS,
    security=[{}],
    responses=_OPENED,
)
async def use_link(
    data: ChosenPasswordBody, request: Request[Any, Any, Any], core: CoreClient
) -> Response[Any]:
    """Choose a password by a link, once, and open a session; every earlier session ends.

    At least 8 characters, with a capital, a small letter, a digit and a special one, and none that guessers try first.
    """
    caller = anonymous(request)
    body = ask.UseLink(
        token=data.token, password=data.new_password, ip=caller.ip, user_agent=browser_of(request)
    )
    return log_in_answer(request, await core.ask(ask.USE_LINK, body, caller=caller))


@post("/customers/sessions", summary="Log a customer in", tags=_TAGS, security=[{}], responses=_OPENED)
async def log_in(data: LogInBody, request: Request[Any, Any, Any], core: CoreClient) -> Response[Any]:
    """Open a session with any address that the customer proved, the password, and the second factor if there is one.

    30 idle minutes or 12 hours end it; with `device` it is remembered for 30 days. Without the `code` that is needed
    the answer is 401 `second_factor_required` with a token for the second step, good for 5 minutes.
    """
    return await begin(ask.LOG_IN, data, request, core)


@post("/customers/sessions/second-factor", summary="Finish logging a customer in", tags=_TAGS, security=[{}])
async def second_factor(
    data: SecondFactorBody, request: Request[Any, Any, Any], core: CoreClient
) -> CustomerSession:
    """Open the session with the second factor. Wrong ones are counted, and no code works twice."""
    return await finish(ask.ANSWER_FACTOR, data, request, core)


@post(
    "/customers/sessions/passkey-options",
    summary="What a customer’s passkey must sign",
    tags=_TAGS,
    security=[{}],
    status_code=200,
)
async def passkey_options(
    data: PendingBody, request: Request[Any, Any, Any], core: CoreClient
) -> PasskeyOptions:
    """Return the options for `navigator.credentials.get`; each call makes a new challenge."""
    return await challenge(ask.FACTOR_CHALLENGE, data, request, core)


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    ask_link,
    read_link,
    use_link,
    log_in,
    second_factor,
    passkey_options,
)
