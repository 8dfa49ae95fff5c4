"""Files: up in one request, down as they are kept. Over the bus both travel in parts."""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from core.contracts import agreements
from core.contracts import documents as ask
from core.contracts.desk import FieldProblem
from core.contracts.ids import CompanyId, ContractId, DocumentId
from core.contracts.onboarding import AttachedFile
from gateway.core_client import WRITE_TIMEOUT_S, Caller, CoreClient
from gateway.problems import Problem
from gateway.v1.reading import body_id, path_id
from gateway.v1.writing import write

_TAGS: Final = ["Documents"]
# Somewhat too large is read to its end and refused in words; beyond this the connection is closed.
BODY_BYTES_MAX: Final = 2 * ask.DOCUMENT_BYTES_MAX
Name = Annotated[str, QueryParameter(min_length=1, max_length=200, description="The file’s name")]


@get(
    "/documents/{document_id:str}",
    summary="A document's bytes",
    tags=_TAGS,
    opt={"query": frozenset({"download"})},
    media_type="application/octet-stream",
)
async def document_bytes(
    document_id: str, caller: Caller, core: CoreClient, download: bool = False
) -> Response[bytes]:
    """Return the file itself."""
    known = DocumentId(path_id("document", document_id))
    facts = await core.ask(ask.ONE, ask.OneDocument(id=known), caller=caller)

    async def read(start: int) -> bytes:
        return await core.ask(ask.READ, ask.ReadBytes(id=known, offset=start), caller=caller)

    return await send_file(facts, read, way="attachment" if download else "inline")


@post(
    "/documents",
    summary="Upload a document",
    tags=_TAGS,
    status_code=201,
    opt={"query": frozenset({"company", "kind", "name"})},
    responses={201: ResponseSpec(ask.DocumentView, generate_examples=False, description="The document")},
    request_max_body_size=BODY_BYTES_MAX,
)
async def upload_document(
    request: Request[Any, Any, Any],
    caller: Caller,
    core: CoreClient,
    company: str,
    kind: ask.UploadKind,
    name: Name = "document.pdf",
) -> Response[bytes]:
    """Send the file as the body: a PDF, PNG or JPEG of at most 10 MiB. Its bytes decide what it is."""
    company_id = CompanyId(body_id("company", company, "company"))
    upload = await receive_file(request, caller, core)
    body = ask.FinishUpload(upload=upload, company=company_id, kind=kind, name=name)
    return await write(core, caller, ask.FINISH, body, 201)


@get(
    "/contracts/{contract_id:str}/preview",
    summary="The newest version as a PDF",
    tags=["Contracts"],
    opt={"query": frozenset({"locale"})},
    media_type="application/pdf",
)
async def preview_contract(
    contract_id: str, caller: Caller, core: CoreClient, locale: agreements.Locale = "fr"
) -> Response[bytes]:
    """Return the PDF in a language, marked as a draft until the version is ready."""
    body = agreements.PreviewContract(id=ContractId(path_id("contract", contract_id)), locale=locale)
    content = await core.ask(agreements.PREVIEW, body, caller=caller, timeout_s=WRITE_TIMEOUT_S)
    return Response(content, media_type="application/pdf")


async def send_file(
    facts: ask.DocumentView | AttachedFile,
    read: Callable[[int], Awaitable[bytes]],
    *,
    way: Literal["inline", "attachment"],
) -> Response[bytes]:
    """Read a file from core in parts and return it whole.

    Raises: Problem, when the bytes are not those of the facts: somebody put another file in its place meanwhile.
    """
    content = bytearray()
    while len(content) < facts.size_bytes and (part := await read(len(content))):
        content += part
    whole, sha256 = await asyncio.to_thread(_hashed, content)
    if sha256 != facts.sha256:
        raise Problem("service_unavailable")
    headers = {
        "Content-Disposition": f"{way}; filename*=UTF-8''{quote(facts.name, safe='')}",
        "ETag": f'"{facts.sha256}"',
    }
    return Response(whole, media_type=facts.media_type, headers=headers)


def _hashed(content: bytearray) -> tuple[bytes, str]:
    """Return the bytes for good, and their hash."""
    whole = bytes(content)
    return whole, hashlib.sha256(whole).hexdigest()


async def receive_file(request: Request[Any, Any, Any], caller: Caller, core: CoreClient) -> bytes:
    """Send a request's body to core in parts and return the name of the upload. Raises: Problem."""
    upload = os.urandom(16)
    number, waiting, size = 0, bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > ask.DOCUMENT_BYTES_MAX:
            continue
        waiting += chunk
        while len(waiting) >= ask.PART_BYTES_MAX:
            part, waiting = bytes(waiting[: ask.PART_BYTES_MAX]), waiting[ask.PART_BYTES_MAX :]
            await _put(core, caller, ask.PutPart(upload, number, part))
            number += 1
    if size > ask.DOCUMENT_BYTES_MAX:
        raise Problem("document_too_large", errors=[FieldProblem("file", "too_large")])
    if waiting:
        await _put(core, caller, ask.PutPart(upload, number, bytes(waiting)))
    return upload


async def _put(core: CoreClient, caller: Caller, part: ask.PutPart) -> None:
    await core.ask(ask.PUT_PART, part, caller=caller)


HANDLERS: tuple[ControllerRouterHandler, ...] = (document_bytes, upload_document, preview_contract)
