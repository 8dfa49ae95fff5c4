"""Exports: ask for a file, see how far it is, fetch it, give it up."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Stream

from core.contracts import supervision as ask
from core.contracts.desk_requests import ById, FigureName, Nothing, TransactionFilter
from gateway.core_client import Caller, CoreClient
from gateway.problems import Problem
from gateway.v1.reading import Cursor, Limit, cursor_id, list_filter, live_filter, path_id
from gateway.v1.writing import IdempotencyKey, required_key, write

USUAL_COLUMNS: Final[list[ask.ExportColumn]] = [
    "received_at",
    "state",
    "kind",
    "amount",
    "approved_amount",
    "captured_amount",
    "refunded_amount",
    "refund_pending_amount",
    "net_amount",
    "currency",
    "brand",
    "card_bin",
    "card_last_four",
    "store",
    "company",
    "terminal",
    "reason_text",
    "host_code",
    "approval_code",
    "rrn",
    "stan",
    "id",
]

Short = Annotated[str, msgspec.Meta(max_length=50)]
Minor = Annotated[int, msgspec.Meta(ge=0, le=10**12)]


class ExportFilter(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The filters of GET /v1/transactions, with the same names and the same meaning."""

    from_: datetime | None = msgspec.field(name="from", default=None)
    to: datetime | None = None
    store: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    terminal: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    state: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    reason: Short | None = None
    brand: Short | None = None
    amount_min: Minor | None = None
    amount_max: Minor | None = None
    last_four: Annotated[str, msgspec.Meta(pattern="^[0-9]{4}$")] | None = None
    rrn: Annotated[str, msgspec.Meta(pattern="^[0-9A-Za-z]{12}$")] | None = None
    stan: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,6}$")] | None = None
    approval_code: Annotated[str, msgspec.Meta(pattern="^[0-9A-Za-z]{1,6}$")] | None = None
    kind: Short | None = None
    figure: FigureName | None = None


class ExportBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to write into a file. Without columns: the usual ones."""

    format: ask.ExportFormat
    kind: Annotated[str, msgspec.Meta(pattern="^transactions$")] = "transactions"
    filter: ExportFilter = msgspec.field(default_factory=ExportFilter)
    columns: Annotated[list[ask.ExportColumn], msgspec.Meta(min_length=1, max_length=40)] | None = None
    locale: Annotated[str, msgspec.Meta(pattern="^(fr|en)$")] | None = None
    compressed: bool = False


@post(
    "/exports",
    summary="Export transactions",
    tags=["Exports"],
    status_code=202,
    responses={202: ResponseSpec(ask.ExportJob, description="The export, waiting for its turn")},
)
async def ask_export(
    data: ExportBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Ask for a file of every transaction that the filter takes in and the caller sees now; ask for it again by its id."""
    key = required_key(idempotency_key)
    asked: dict[str, object] = msgspec.to_builtins(data.filter)
    body = ask.AskExport(
        format=data.format,
        filter=_filter_of(data.filter),
        asked={name: str(value) for name, value in asked.items() if value is not None},
        columns=data.columns or USUAL_COLUMNS,
        locale=data.locale or caller.locale,
        compressed=data.compressed,
        idempotency_key=key,
    )
    return await write(core, caller, ask.EXPORT_ASK, body, 202)


@get(
    "/exports",
    summary="The caller’s exports, newest first",
    tags=["Exports"],
    opt={"query": frozenset({"limit", "cursor"})},
)
async def list_exports(
    caller: Caller, core: CoreClient, limit: Limit = 50, cursor: Cursor = None
) -> ask.ExportPage:
    """Return exports with how far each one is."""
    body = ask.ListExports(limit, cursor_id("export", cursor))
    return await core.ask(ask.EXPORTS, body, ask.ExportPage, caller=caller)


@get("/exports/{export_id:str}", summary="One export", tags=["Exports"])
async def one_export(export_id: str, caller: Caller, core: CoreClient) -> ask.ExportJob:
    """Return one of the caller's exports."""
    return await core.ask(ask.EXPORT, ById(path_id("export", export_id)), ask.ExportJob, caller=caller)


@delete("/exports/{export_id:str}", summary="Cancel an export", tags=["Exports"])
async def cancel_export(export_id: str, caller: Caller, core: CoreClient) -> None:
    """Stop it, or give its file back; doing it twice changes nothing."""
    await core.ask(ask.EXPORT_CANCEL, ById(path_id("export", export_id)), Nothing, caller=caller)


@get(
    "/exports/{export_id:str}/download",
    summary="The file of an export",
    tags=["Exports"],
    media_type="application/octet-stream",
    responses={
        200: ResponseSpec(
            bytes,
            generate_examples=False,
            media_type="application/octet-stream",  # pyright: ignore[reportArgumentType]
            description="CSV, gzip of it, or XLSX, as it was asked for",
        )
    },
)
async def download_export(export_id: str, caller: Caller, core: CoreClient) -> Stream:
    """Stream the file of a finished export. Rights are looked at again, at the start and all along."""
    raw = path_id("export", export_id)
    first = await core.ask(ask.EXPORT_CHUNK, ask.ReadChunk(raw, 0), ask.ExportChunk, caller=caller)
    return Stream(
        _chunks(raw, first, caller, core),
        media_type=first.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{first.file_name}"',
            "Content-Length": str(first.size),
        },
    )


async def _chunks(
    raw: bytes, first: ask.ExportChunk, caller: Caller, core: CoreClient
) -> AsyncIterator[bytes]:
    """Yield the file; one chunk is held at a time, and the next is asked for when the reader took it."""
    yield first.data
    sent = len(first.data)
    while sent < first.size:
        chunk = await core.ask(ask.EXPORT_CHUNK, ask.ReadChunk(raw, sent), ask.ExportChunk, caller=caller)
        if not chunk.data:
            # The length that was announced is missed, so the reader knows that the file is cut.
            raise Problem("export_not_ready")
        sent += len(chunk.data)
        yield chunk.data


def _filter_of(asked: ExportFilter) -> TransactionFilter:
    """Return the filter of the list for the same parameters. Raises: Problem, naming the field."""
    live = live_filter(
        store=asked.store,
        terminal=asked.terminal,
        states=asked.state,
        reason=asked.reason,
        brand=asked.brand,
        amount_min=asked.amount_min,
        amount_max=asked.amount_max,
    )
    return list_filter(
        live,
        from_=asked.from_,
        to=asked.to,
        last_four=asked.last_four,
        rrn=asked.rrn,
        stan=asked.stan,
        approval_code=asked.approval_code,
        kind=asked.kind,
        figure=asked.figure,
    )


HANDLERS = (ask_export, list_exports, one_export, cancel_export, download_export)
