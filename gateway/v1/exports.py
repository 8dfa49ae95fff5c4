"""The file of an export, in pieces."""

from collections.abc import AsyncIterator

from litestar import get
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Stream

from core.contracts.ids import ExportId
from core.contracts.supervision import EXPORT_CHUNK, ExportChunk, ReadChunk
from gateway.core_client import Caller, CoreClient
from gateway.problems import Problem
from gateway.v1.reading import path_id


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
    raw = ExportId(path_id("export", export_id))
    first = await core.ask(EXPORT_CHUNK, ReadChunk(id=raw, offset=0), caller=caller)
    return Stream(
        _chunks(raw, first, caller, core),
        media_type=first.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{first.file_name}"',
            "Content-Length": str(first.size),
        },
    )


async def _chunks(
    raw: ExportId, first: ExportChunk, caller: Caller, core: CoreClient
) -> AsyncIterator[bytes]:
    """Yield the file; one chunk is held at a time, and the next is asked for when the reader took it."""
    yield first.data
    sent = len(first.data)
    while sent < first.size:
        chunk = await core.ask(EXPORT_CHUNK, ReadChunk(id=raw, offset=sent), caller=caller)
        if not chunk.data:
            # The length that was announced is missed, so the reader knows that the file is cut.
            raise Problem("export_not_ready")
        sent += len(chunk.data)
        yield chunk.data


HANDLERS = (download_export,)
