"""Stored answers and one-click repairs."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ControllerRouterHandler

from core.contracts import desk_requests
from core.contracts import macros as ask
from core.contracts.macros import Macro, MacroList, MacroPreview, MacroRun, MacroTarget
from core.contracts.texts import LINES
from gateway.core_client import Caller, CoreClient
from gateway.v1.reading import Revision, body_id, path_id
from gateway.v1.writing import IdempotencyKey, optional_key, write

IdText = Annotated[str, msgspec.Meta(max_length=40)]
Words = Annotated[str, msgspec.Meta(max_length=500)]
Text = Annotated[str, msgspec.Meta(max_length=8_000), LINES]
Step = Annotated[str, msgspec.Meta(max_length=40)]


class TargetBody(msgspec.Struct, forbid_unknown_fields=True):
    """What it runs on."""

    kind: MacroTarget
    id: IdText


class MacroBody(msgspec.Struct, forbid_unknown_fields=True):
    """A text with fields like {store} in both languages, or steps."""

    kind: Step
    target_kind: Step
    name_fr: Words
    name_en: Words
    text_fr: Text = ""
    text_en: Text = ""
    steps: Annotated[list[Step], msgspec.Meta(max_length=20)] = []
    revision: Revision | None = None


class PreviewBody(msgspec.Struct, forbid_unknown_fields=True):
    """The target, and the reason that an answer may name."""

    target: TargetBody
    reason: Words = ""


class RunBody(msgspec.Struct, forbid_unknown_fields=True):
    """The target, and what its steps need to know."""

    target: TargetBody
    reason: Words = ""
    email: Words = ""
    comment: Text = ""


@get("/macros", summary="List macros", tags=["Macros"], opt={"query": frozenset({"target_kind"})})
async def list_macros(caller: Caller, core: CoreClient, target_kind: MacroTarget | None = None) -> MacroList:
    """Return stored answers and sequences, those for one kind of target or all."""
    return await core.ask(ask.MACROS, ask.ListMacros(target_kind), MacroList, caller=caller)


@post(
    "/macros",
    summary="Add a macro",
    tags=["Macros"],
    status_code=201,
    responses={201: ResponseSpec(Macro, description="The macro")},
)
async def add_macro(
    data: MacroBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Write a new answer or sequence."""
    body = ask.SaveMacro(_fields(data), idempotency_key=optional_key(idempotency_key))
    return await write(core, caller, ask.SAVE_MACRO, body, 201)


@post(
    "/macros/{macro_id:str}",
    summary="Change a macro",
    tags=["Macros"],
    status_code=200,
    responses={200: ResponseSpec(Macro, description="The macro")},
)
async def change_macro(
    macro_id: str,
    data: MacroBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Write every field of a macro; refused when somebody else wrote after the revision that is named."""
    body = ask.SaveMacro(
        _fields(data), path_id("macro", macro_id), data.revision, optional_key(idempotency_key)
    )
    return await write(core, caller, ask.SAVE_MACRO, body, 200)


@post("/macros/{macro_id:str}/remove", summary="Remove a macro", tags=["Macros"], status_code=204)
async def remove_macro(macro_id: str, caller: Caller, core: CoreClient) -> None:
    """Take a macro out of use; what it did stays on record."""
    body = desk_requests.ById(path_id("macro", macro_id))
    await core.ask(ask.REMOVE_MACRO, body, desk_requests.Nothing, caller=caller)


@post("/macros/{macro_id:str}/preview", summary="Preview a macro", tags=["Macros"], status_code=200)
async def preview_macro(macro_id: str, data: PreviewBody, caller: Caller, core: CoreClient) -> MacroPreview:
    """Return what would happen step by step, or the text with its fields filled. Changes nothing."""
    body = ask.PreviewMacro(
        id=path_id("macro", macro_id),
        target_kind=data.target.kind,
        target_id=body_id(data.target.kind, data.target.id, "target.id"),
        reason=data.reason.strip(),
    )
    return await core.ask(ask.PREVIEW_MACRO, body, MacroPreview, caller=caller)


@post(
    "/macros/{macro_id:str}/run",
    summary="Run a macro",
    tags=["Macros"],
    status_code=200,
    responses={200: ResponseSpec(MacroRun, description="What each step did")},
)
async def run_macro(
    macro_id: str, data: RunBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Run every step in one transaction, with the caller's own rights: all of them happen, or none."""
    body = ask.RunMacro(
        id=path_id("macro", macro_id),
        target_kind=data.target.kind,
        target_id=body_id(data.target.kind, data.target.id, "target.id"),
        reason=data.reason.strip(),
        email=data.email.strip(),
        comment=data.comment.strip(),
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.RUN_MACRO, body, 200)


def _fields(data: MacroBody) -> ask.MacroFields:
    return ask.MacroFields(
        kind=data.kind,
        target_kind=data.target_kind,
        name_fr=data.name_fr,
        name_en=data.name_en,
        text_fr=data.text_fr,
        text_en=data.text_en,
        steps=list(data.steps),
    )


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    list_macros,
    add_macro,
    change_macro,
    remove_macro,
    preview_macro,
    run_macro,
)
