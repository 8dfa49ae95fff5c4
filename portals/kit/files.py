"""Files through the portal: what a form brings, and what the gateway keeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Final

from litestar import Response
from litestar.datastructures import UploadFile
from litestar.response import Stream

from portals.kit.gateway import GatewayDown, Parameters
from portals.kit.legible import readable_text
from portals.kit.visit import Visit

FILE_BYTES_MAX: Final = 10 * 1024 * 1024
"""What the gateway takes."""

FORM_BYTES_MAX: Final = 12 * 1024 * 1024
"""A form with a file. Above what the guard lets through: the framework's own refusal would have no words."""

_DOWNLOAD_S: Final = 30.0
_NAME_CHARACTERS_MAX: Final = 200
_PASSED_ON: Final = ("content-disposition", "content-length")


async def read_upload(visit: Visit, field: str = "file") -> tuple[str, bytes]:
    """Return the name and the content of the file in a form; both empty when there is none."""
    sent = (await visit.request.form()).get(field)
    if not isinstance(sent, UploadFile):
        return "", b""
    # A name that another system made is no reason to refuse the file.
    return readable_text(sent.filename or "")[:_NAME_CHARACTERS_MAX], await sent.read()


async def pass_file(visit: Visit, path: str, parameters: Parameters = ()) -> Stream:
    """Answer with a file of any length, chunk by chunk: nothing of it is kept here. Raises: GatewayProblem, GatewayDown."""
    stack = AsyncExitStack()
    upstream = await stack.enter_async_context(visit.gateway.download(path, parameters))
    headers = {name: upstream.headers[name] for name in _PASSED_ON if name in upstream.headers}

    async def chunks() -> AsyncIterator[bytes]:
        async with stack:
            try:
                async for chunk in visit.kit.streams.until_closed(upstream.chunks()):
                    yield chunk
            except GatewayDown:
                # The length that was announced is missed: the browser says that the download failed.
                return

    media_type = upstream.headers.get("content-type", "application/octet-stream")
    return Stream(chunks(), media_type=media_type, headers={**headers, "Cache-Control": "no-store"})


async def show_file(visit: Visit, path: str, parameters: Parameters = ()) -> Response[bytes]:
    """Answer with a file that the gateway keeps, named and typed as it says.

    Raises: GatewayProblem, GatewayDown, TimeoutError.
    """
    async with visit.gateway.download(path, parameters) as answer:
        async with asyncio.timeout(_DOWNLOAD_S):
            content = await answer.read()
        headers = {
            name: answer.headers[name] for name in ("content-disposition", "etag") if name in answer.headers
        }
        media_type = answer.headers.get("content-type", "application/octet-stream")
    return visit.answer(Response(content, media_type=media_type, headers=headers))
