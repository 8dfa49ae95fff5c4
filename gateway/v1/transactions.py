"""Lists, one transaction, refund, cancel."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from core.contracts import desk_requests as ask
from core.contracts.approvals import Approval
from core.contracts.desk_views import Money, Transaction, TransactionDetail, TransactionPage
from gateway.core_client import WRITE_TIMEOUT_S, Caller, CoreClient
from gateway.problems import JSON, Problem
from gateway.v1.reading import FILTER_PARAMETERS, Cursor, Limit, cursor_id, path_id

# Three characters that say something: blanks would leave the record without a why.
ReasonText = Annotated[str, msgspec.Meta(min_length=3, max_length=500, pattern=r"(?:\S\s*){3}")]
IdempotencyKey = Annotated[
    str | None,
    Parameter(header="Idempotency-Key", description="1 to 255 characters; the same key and body act once"),
]


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
    written = await core.ask(ask.REFUND, body, ask.Written, caller=caller, timeout_s=WRITE_TIMEOUT_S)
    return written_response(written, 202)


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
    written = await core.ask(ask.CANCEL, body, ask.Written, caller=caller, timeout_s=WRITE_TIMEOUT_S)
    return written_response(written, 200)


def required_key(key: str | None) -> str:
    """Return a usable key. Raises: Problem."""
    if not key or len(key) > 255 or not key.isprintable():
        raise Problem("idempotency_key_missing")
    return key


def optional_key(key: str | None) -> str:
    """Return a usable key, or none. Raises: Problem."""
    return "" if key is None else required_key(key)


def written_response(written: ask.Written, status: int) -> Response[bytes]:
    """Return the first answer's bytes, marked when this is a repeat."""
    headers: dict[str, Any] = {"Idempotent-Replayed": "true"} if written.replayed else {}
    return Response(written.body, status_code=status, media_type=JSON, headers=headers)
