"""What a person looks at: acquirers' refusals and messages, doubts, refused reversals, dead letters."""

from typing import Annotated, Final, get_args

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from core.contracts import host_matters as ask
from core.contracts.host_matters import HostMatter, HostMatterKind, HostMatterPage
from gateway.core_client import Caller, CoreClient
from gateway.problems import Problem
from gateway.v1.reading import Cursor, Limit, cursor_id, path_id
from gateway.v1.writing import IdempotencyKey, ReasonText, optional_key, write

_KINDS: Final[tuple[HostMatterKind, ...]] = get_args(HostMatterKind)

Kinds = Annotated[
    str | None,
    QueryParameter(name="kind", max_length=400, description="One kind or several, with commas between"),
]


class SettleBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why."""

    reason: ReasonText


@get(
    "/host-matters",
    summary="List what waits for a person to look at, newest first",
    tags=["Acquirers"],
    opt={"query": frozenset({"limit", "cursor", "kind"})},
)
async def list_host_matters(
    caller: Caller, core: CoreClient, limit: Limit = 50, cursor: Cursor = None, kinds: Kinds = None
) -> HostMatterPage:
    """Return what a host refused, did not accept for five minutes or said on its own, and what could not be believed.

    That is advices booked with an odd date or amount, reversals that describe another payment, messages that could not
    be handled. `counts` says how many of each kind wait, whatever the filter.
    """
    body = ask.ListHostMatters(limit, cursor_id("host_matter", cursor), _kinds(kinds))
    return await core.ask(ask.HOST_MATTERS, body, HostMatterPage, caller=caller)


@post(
    "/host-matters/{host_matter_id:str}/close",
    summary="Close",
    tags=["Acquirers"],
    status_code=200,
    responses={200: ResponseSpec(HostMatter, description="The matter, closed")},
)
async def close_host_matter(
    host_matter_id: str,
    data: SettleBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """End it by your word: nothing is sent to the host any more, and a reversal that it owed an answer counts as done."""
    return await _settle(core, caller, ask.CLOSE_HOST_MATTER, host_matter_id, data, idempotency_key)


@post(
    "/host-matters/{host_matter_id:str}/retry",
    summary="Ask the host again",
    tags=["Acquirers"],
    status_code=200,
    responses={200: ResponseSpec(HostMatter, description="The matter, on its way again")},
)
async def retry_host_matter(
    host_matter_id: str,
    data: SettleBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Send once more what the host refused, now."""
    return await _settle(core, caller, ask.RETRY_HOST_MATTER, host_matter_id, data, idempotency_key)


def _kinds(text: str | None) -> list[HostMatterKind] | None:
    if text is None:
        return None
    asked = {part.strip() for part in text.split(",")}
    if not asked <= set(_KINDS):
        raise Problem.of_field("kind", "unknown_value", f"one of: {', '.join(_KINDS)}")
    return [kind for kind in _KINDS if kind in asked]


async def _settle(
    core: CoreClient, caller: Caller, subject: str, matter: str, data: SettleBody, key: str | None
) -> Response[bytes]:
    body = ask.SettleHostMatter(path_id("host_matter", matter), data.reason, optional_key(key))
    return await write(core, caller, subject, body, 200)


HANDLERS: tuple[ControllerRouterHandler, ...] = (list_host_matters, close_host_matter, retry_host_matter)
