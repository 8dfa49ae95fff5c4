"""Up to how much one person may act alone."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ControllerRouterHandler

from core.contracts import limits as ask
from core.contracts.desk_requests import Nothing
from core.contracts.desk_views import Money
from core.contracts.limits import ApprovalLimit, ApprovalLimits, LimitKind
from gateway.core_client import Caller, CoreClient
from gateway.problems import Problem
from gateway.v1.writing import IdempotencyKey, ReasonText, optional_key, write

CURRENCY = "EUR"


class LimitBody(msgspec.Struct, forbid_unknown_fields=True):
    """Above this amount somebody else must agree; an amount of 0: always."""

    amount: Annotated[Money, msgspec.Meta(description="0 to 1,000,000,000 minor units")]
    reason: ReasonText
    kind: LimitKind = "transaction.refund"


@get("/approval-limits", summary="What one person may do alone", tags=["Approvals"])
async def list_limits(caller: Caller, core: CoreClient) -> ApprovalLimits:
    """Return up to which amount one person is enough, who set it, and what counts for the caller."""
    return await core.ask(ask.APPROVAL_LIMITS, Nothing(), ApprovalLimits, caller=caller)


@post(
    "/approval-limits",
    summary="Set what one person may do alone",
    tags=["Approvals"],
    status_code=200,
    responses={200: ResponseSpec(ApprovalLimit, description="The limit as it stands")},
)
async def set_limit(
    data: LimitBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Set the limit for everybody but its author, for whom a lower one before it stays until somebody else sets it."""
    if data.amount.currency != CURRENCY:
        raise Problem.of_field("amount.currency", "unknown_value", CURRENCY)
    body = ask.SetLimit(
        kind=data.kind,
        amount_minor=data.amount.amount,
        currency=data.amount.currency,
        reason=data.reason,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.SET_APPROVAL_LIMIT, body, 200)


HANDLERS: tuple[ControllerRouterHandler, ...] = (list_limits, set_limit)
