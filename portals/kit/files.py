"""Files through the portal: what a form brings, and what the gateway keeps."""

from __future__ import annotations

import asyncio
from typing import Final

from litestar import Response
from litestar.datastructures import UploadFile

from portals.kit.desk import Desk
from portals.kit.gateway import Parameters
from portals.kit.legible import readable_text

FILE_BYTES_MAX: Final = 10 * 1024 * 1024
"""What the gateway takes."""

FORM_BYTES_MAX: Final = 12 * 1024 * 1024
"""A form with a file. Above what the guard lets through: the framework's own refusal would have no words."""

_DOWNLOAD_S: Final = 30.0
_NAME_CHARACTERS_MAX: Final = 200


async def read_upload(desk: Desk, field: str = "file") -> tuple[str, bytes]:
    """Return the name and the content of the file in a form; both empty when there is none."""
    sent = (await desk.request.form()).get(field)
    if not isinstance(sent, UploadFile):
        return "", b""
    # A name that another system made is no reason to refuse the file.
    return readable_text(sent.filename or "")[:_NAME_CHARACTERS_MAX], await sent.read()


async def show_file(desk: Desk, path: str, parameters: Parameters = ()) -> Response[bytes]:
    """Answer with a file that the gateway keeps, named and typed as it says.

    Raises: GatewayProblem, GatewayDown, TimeoutError.
    """
    async with desk.gateway.download(path, parameters) as answer:
        async with asyncio.timeout(_DOWNLOAD_S):
            content = await answer.aread()
        headers = {
            name: answer.headers[name] for name in ("content-disposition", "etag") if name in answer.headers
        }
        media_type = answer.headers.get("content-type", "application/octet-stream")
    return desk.answer(Response(content, media_type=media_type, headers=headers))
