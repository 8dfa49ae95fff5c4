"""Lists, one transaction, refund, cancel."""

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec

from core.contracts import desk_requests as ask
from core.contracts.approvals import Approval
from core.contracts.desk_views import Money, Transaction, TransactionDetail, TransactionPage
from gateway.core_client import Caller, CoreClient
from gateway.problems import Problem
from gateway.v1.reading import FILTER_PARAMETERS, Cursor, Limit, cursor_id, path_id
from gateway.v1.writing import IdempotencyKey, ReasonText, optional_key, required_key, write


class RefundBody(msgspec.Struct, forbid_unknown_fields=True):
    """How much and why."""

    amount: Money
    reason: ReasonText


class CancelBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why."""

    reason: ReasonText


@get(
    "/transactions",
    summary="List transactions, newest first",
    tags=["Transactions"],
    opt={"query": FILTER_PARAMETERS | {"limit", "cursor"}},
)
async def list_transactions(
    caller: Caller,
    core: CoreClient,
    list_filter: ask.TransactionFilter,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TransactionPage:
    """Return a page. Every filter narrows the list; all of them together."""
    body = ask.ListTransactions(list_filter, limit, cursor_id("transaction", cursor))
    return await core.ask(ask.TRANSACTIONS, body, TransactionPage, caller=caller)


@get("/transactions/{transaction_id:str}", summary="One transaction", tags=["Transactions"])
async def one_transaction(transaction_id: str, caller: Caller, core: CoreClient) -> TransactionDetail:
    """Return a transaction with its events, hops, messages, entries, deliveries and diagnosis."""
    body = ask.ById(path_id("transaction", transaction_id))
    return await core.ask(ask.TRANSACTION, body, TransactionDetail, caller=caller)


@post(
    "/transactions/{transaction_id:str}/refund",
    summary="Refund",
    tags=["Transactions"],
    status_code=202,
    responses={
        202: ResponseSpec(
            Transaction | Approval,
            description="The refund, sent to the host; or the approval that a large one waits for",
        )
    },
)
async def refund(
    transaction_id: str,
    data: RefundBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Refund part or all of what was captured. The result follows: ask for the refund by its id.

    Above what one person may give alone, the answer is an approval (`apr_…`) that somebody else decides on.
    """
    key = required_key(idempotency_key)
    if data.amount.amount <= 0:
        raise Problem.of_field("amount.amount", "too_small", "above 0")
    body = ask.Refund(
        id=path_id("transaction", transaction_id),
        amount_minor=data.amount.amount,
        currency=data.amount.currency,
        reason=data.reason,
        idempotency_key=key,
    )
    return await write(core, caller, ask.REFUND, body, 202)


@post(
    "/transactions/{transaction_id:str}/cancel",
    summary="Cancel before capture",
    tags=["Transactions"],
    status_code=200,
    responses={200: ResponseSpec(Transaction, description="The transaction, taken back")},
)
async def cancel(
    transaction_id: str,
    data: CancelBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Take back a payment that is approved and not yet captured."""
    body = ask.Cancel(
        id=path_id("transaction", transaction_id),
        reason=data.reason,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.CANCEL, body, 200)
