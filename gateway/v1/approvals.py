"""Acts that one asks for and another approves."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from core.contracts import approvals as ask
from core.contracts.approvals import Approval, ApprovalPage, ApprovalsView
from core.contracts.desk_requests import ById
from gateway.core_client import Caller, CoreClient
from gateway.v1.reading import Cursor, Limit, body_id, cursor_id, path_id
from gateway.v1.writing import IdempotencyKey, ReasonText, optional_key, write


class ApproveBody(msgspec.Struct, forbid_unknown_fields=True):
    """A remark, if there is one to make."""

    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class RefuseBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why not."""

    reason: ReasonText


@get(
    "/approvals",
    summary="List two-person acts, newest first",
    tags=["Approvals"],
    opt={"query": frozenset({"view", "target", "limit", "cursor"})},
)
async def list_approvals(
    caller: Caller,
    core: CoreClient,
    view: ApprovalsView = "to_decide",
    target: Annotated[str | None, QueryParameter(description="Those about one transaction")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ApprovalPage:
    """Return what waits for the caller, what the caller asked for or decided, or all that may be seen."""
    body = ask.ListApprovals(
        view=view,
        target_id=None if target is None else body_id("transaction", target, "target"),
        limit=limit,
        before=cursor_id("approval", cursor),
    )
    return await core.ask(ask.APPROVALS, body, ApprovalPage, caller=caller)


@get("/approvals/{approval_id:str}", summary="One two-person act", tags=["Approvals"])
async def one_approval(approval_id: str, caller: Caller, core: CoreClient) -> Approval:
    """Return who asked for what, who decided, and what became of it."""
    return await core.ask(ask.APPROVAL, ById(path_id("approval", approval_id)), Approval, caller=caller)


@post(
    "/approvals/{approval_id:str}/approve",
    summary="Approve",
    tags=["Approvals"],
    status_code=200,
    responses={200: ResponseSpec(Approval, description="The act, carried out")},
)
async def approve(
    approval_id: str,
    data: ApproveBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Approve what another person asked for: it is carried out at once, and once."""
    return await _decide(ask.APPROVE, approval_id, data.reason, caller, core, idempotency_key)


@post(
    "/approvals/{approval_id:str}/refuse",
    summary="Refuse",
    tags=["Approvals"],
    status_code=200,
    responses={200: ResponseSpec(Approval, description="The act, refused")},
)
async def refuse(
    approval_id: str,
    data: RefuseBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Refuse what another person asked for."""
    return await _decide(ask.REFUSE_APPROVAL, approval_id, data.reason, caller, core, idempotency_key)


@post(
    "/approvals/{approval_id:str}/withdraw",
    summary="Withdraw",
    tags=["Approvals"],
    status_code=200,
    responses={200: ResponseSpec(Approval, description="The act, withdrawn")},
)
async def withdraw(
    approval_id: str,
    data: ApproveBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Take back what the caller asked for."""
    return await _decide(ask.WITHDRAW_APPROVAL, approval_id, data.reason, caller, core, idempotency_key)


async def _decide(
    subject: str, approval_id: str, reason: str, caller: Caller, core: CoreClient, key: str | None
) -> Response[bytes]:
    body = ask.Decide(
        id=path_id("approval", approval_id), reason=reason.strip(), idempotency_key=optional_key(key)
    )
    return await write(core, caller, subject, body, 200)


HANDLERS: tuple[ControllerRouterHandler, ...] = (list_approvals, one_approval, approve, refuse, withdraw)
