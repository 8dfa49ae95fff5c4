"""Documents of merchants to be, before there is a company that they could belong to."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.types import ControllerRouterHandler

from core.contracts import onboarding as ask
from core.contracts.ids import OnboardingId
from gateway.core_client import WRITE_TIMEOUT_S, Caller, CoreClient
from gateway.problems import Problem
from gateway.v1.documents import BODY_BYTES_MAX, Name, receive_file, send_file
from gateway.v1.reading import path_id


@post(
    "/onboarding/{onboarding_id:str}/documents",
    summary="Bring a document to a file",
    tags=["Onboarding"],
    status_code=200,
    opt={"query": frozenset({"kind", "name"})},
    request_max_body_size=BODY_BYTES_MAX,
)
async def attach_document(
    onboarding_id: str,
    request: Request[Any, Any, Any],
    caller: Caller,
    core: CoreClient,
    kind: ask.DocumentKind,
    name: Name = "document.pdf",
) -> ask.OnboardingDetail:
    """Send it as the body: a PDF, PNG or JPEG of at most 10 MiB. One of the same kind takes its place."""
    file = _id_of(onboarding_id)
    upload = await receive_file(request, caller, core)
    body = ask.AttachFile(id=file, upload=upload, kind=kind, name=name)
    return await core.ask(ask.ATTACH, body, caller=caller, timeout_s=WRITE_TIMEOUT_S)


@get(
    "/onboarding/{onboarding_id:str}/documents/{kind:str}",
    summary="A document of a file",
    tags=["Onboarding"],
    media_type="application/octet-stream",
)
async def attached_document(
    onboarding_id: str, kind: str, caller: Caller, core: CoreClient
) -> Response[bytes]:
    """Return the file itself."""
    file = _id_of(onboarding_id)
    record = await core.ask(ask.ONE, ask.OneOnboarding(id=file), caller=caller)
    found = next((one for one in record.answers.files if one.kind == kind), None)
    if found is None:
        raise Problem("not_found")

    async def read(start: int) -> bytes:
        body = ask.ReadAttached(id=file, kind=found.kind, offset=start)
        return await core.ask(ask.READ_ATTACHED, body, caller=caller)

    return await send_file(found, read, way="inline")


def _id_of(text: str) -> OnboardingId:
    return OnboardingId(path_id("onboarding", text))


HANDLERS: tuple[ControllerRouterHandler, ...] = (attach_document, attached_document)
