"""Files of merchants to be."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from core.contracts import merchants as ask
from core.contracts import onboarding_files as files
from core.contracts.desk_requests import ById
from gateway.core_client import WRITE_TIMEOUT_S, Caller, CoreClient
from gateway.problems import Problem
from gateway.v1.documents import BODY_BYTES_MAX, Name, receive_file, send_file
from gateway.v1.reading import Cursor, Limit, body_id, cursor_number, cursor_parts, path_id
from gateway.v1.writing import IdempotencyKey, optional_key, write


class StartBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is known already."""

    merchant: ask.MerchantAnswers = msgspec.field(default_factory=ask.MerchantAnswers)


class MoveBody(msgspec.Struct, forbid_unknown_fields=True):
    """Where to; a reason where one is asked for."""

    move: ask.Move
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


@get(
    "/onboarding",
    summary="List onboarding files",
    tags=["Onboarding"],
    opt={"query": frozenset({"state", "mine", "limit", "cursor"})},
)
async def list_files(
    caller: Caller,
    core: CoreClient,
    in_state: Annotated[
        ask.OnboardingState | None,
        QueryParameter(name="state", description="One state; else all that are open"),
    ] = None,
    mine: Annotated[bool, QueryParameter(description="Only those that the caller holds")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ask.OnboardingPage:
    """Return files, newest change first."""
    body = ask.ListOnboardings(in_state, mine, limit)
    parts = cursor_parts(cursor, 2)
    if parts is not None:
        body.after_at_us = cursor_number(parts[0], 17)
        body.after_id = body_id("onboarding", parts[1], "cursor")
    return await core.ask(ask.ONBOARDINGS, body, ask.OnboardingPage, caller=caller)


@get("/onboarding/{file_id:str}", summary="One onboarding file", tags=["Onboarding"])
async def one_file(file_id: str, caller: Caller, core: CoreClient) -> ask.OnboardingDetail:
    """Return a file with its answers, what it lacks, and what may be done with it."""
    body = ById(path_id("onboarding", file_id))
    return await core.ask(ask.ONBOARDING, body, ask.OnboardingDetail, caller=caller)


@post(
    "/onboarding",
    summary="Start an onboarding file",
    tags=["Onboarding"],
    responses={201: ResponseSpec(ask.OnboardingDetail, description="The file")},
)
async def start_file(
    data: StartBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Start a file; the caller holds it."""
    body = ask.StartOnboarding(data.merchant, optional_key(idempotency_key))
    return await write(core, caller, ask.ONBOARDING_STARTED, body, 201)


@post("/onboarding/{file_id:str}/answers", summary="Save answers", tags=["Onboarding"], status_code=200)
async def save_answers(
    file_id: str, data: ask.StepBody, caller: Caller, core: CoreClient
) -> ask.OnboardingDetail:
    """Keep the answers of one step or several, right or wrong; `steps` says what is lacking."""
    body = ask.SaveStep(path_id("onboarding", file_id), data)
    return await core.ask(ask.ONBOARDING_SAVED, body, ask.OnboardingDetail, caller=caller)


@post("/onboarding/{file_id:str}/moves", summary="Move a file", tags=["Onboarding"], status_code=200)
async def move_file(file_id: str, data: MoveBody, caller: Caller, core: CoreClient) -> ask.OnboardingDetail:
    """Submit, send back, validate, hand over, finish, abandon or take over. A repeat changes nothing."""
    body = ask.MoveOnboarding(path_id("onboarding", file_id), data.move, data.reason)
    return await core.ask(
        ask.ONBOARDING_MOVED, body, ask.OnboardingDetail, caller=caller, timeout_s=WRITE_TIMEOUT_S
    )


@post(
    "/onboarding/{file_id:str}/documents",
    summary="Bring a document to a file",
    tags=["Onboarding"],
    status_code=200,
    opt={"query": frozenset({"kind", "name"})},
    request_max_body_size=BODY_BYTES_MAX,
)
async def attach_document(
    file_id: str,
    request: Request[Any, Any, Any],
    caller: Caller,
    core: CoreClient,
    kind: ask.DocumentKind,
    name: Name = "document.pdf",
) -> ask.OnboardingDetail:
    """Send it as the body: a PDF, PNG or JPEG of at most 10 MiB. One of the same kind takes its place."""
    raw = path_id("onboarding", file_id)
    upload = await receive_file(request, caller, core)
    body = files.AttachFile(raw, upload, kind, name)
    return await core.ask(
        files.ONBOARDING_ATTACHED, body, ask.OnboardingDetail, caller=caller, timeout_s=WRITE_TIMEOUT_S
    )


@get(
    "/onboarding/{file_id:str}/documents/{kind:str}",
    summary="A document of a file",
    tags=["Onboarding"],
    media_type="application/octet-stream",
)
async def attached_document(file_id: str, kind: str, caller: Caller, core: CoreClient) -> Response[bytes]:
    """Return the file itself."""
    raw = path_id("onboarding", file_id)
    record = await core.ask(ask.ONBOARDING, ById(raw), ask.OnboardingDetail, caller=caller)
    found = next((one for one in record.answers.files if one.kind == kind), None)
    if found is None:
        raise Problem("not_found")

    async def read(start: int) -> bytes:
        body = files.ReadAttached(raw, found.kind, start)
        return await core.ask(files.ONBOARDING_BYTES, body, bytes, caller=caller)

    return await send_file(found, read, way="inline")


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    list_files,
    one_file,
    start_file,
    save_answers,
    move_file,
    attach_document,
    attached_document,
)
