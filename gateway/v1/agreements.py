"""Contracts and their templates; services and documents have files of their own."""

from typing import Annotated, Final

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from core.contracts import agreements as ask
from core.contracts.desk_requests import ById, Nothing
from core.contracts.fees import DateText
from gateway.core_client import WRITE_TIMEOUT_S, Caller, CoreClient
from gateway.v1 import documents, services
from gateway.v1.reading import Cursor, Limit, Revision, Words, body_id, cursor_id, path_id
from gateway.v1.writing import IdempotencyKey, ReasonText, optional_key, write

_TAGS: Final = ["Contracts"]
_MADE: Final = {201: ResponseSpec(ask.ContractDetail, description="The contract")}
_MOVED: Final = {200: ResponseSpec(ask.ContractDetail, description="The contract")}
Company = Annotated[str | None, QueryParameter(description="A company’s id")]
Id = Annotated[str, msgspec.Meta(max_length=40)]
Title = Annotated[str, msgspec.Meta(min_length=3, max_length=200, pattern=r"\S")]


class CoveredBody(msgspec.Struct, forbid_unknown_fields=True):
    """A service of a store, with its options."""

    store: Id
    kind: ask.ServiceKind
    options: ask.Options = {}


CoveredList = Annotated[
    list[CoveredBody], msgspec.Meta(min_length=1, max_length=ask.SERVICES_OF_CONTRACT_MAX)
]


class ContractBody(msgspec.Struct, forbid_unknown_fields=True):
    """For whom, by which grid, from when, and what it covers."""

    company: Id
    grid: Id
    starts_on: DateText
    services: CoveredList
    locale: ask.Locale = "fr"


class TermsBody(msgspec.Struct, forbid_unknown_fields=True):
    """New terms of a draft; with `amend` of a new version beside the one in force, and why."""

    grid: Id
    starts_on: DateText
    services: CoveredList
    locale: ask.Locale = "fr"
    amend: bool = False
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""
    revision: Revision | None = None


class StepBody(msgspec.Struct, forbid_unknown_fields=True):
    """Which step, why, and for a termination on which day."""

    act: ask.MovingAct
    reason: ReasonText
    effective_on: DateText | None = None


class SignatureBody(msgspec.Struct, forbid_unknown_fields=True):
    """Exactly one of the two: a name typed under a consent, or the signed paper that was uploaded."""

    typed: ask.TypedSignature | None = None
    document: Id | None = None


class TemplateBody(msgspec.Struct, forbid_unknown_fields=True):
    """The clauses of the next version."""

    title_fr: Title
    title_en: Title
    blocks: Annotated[list[ask.TemplateBlock], msgspec.Meta(min_length=1, max_length=ask.TEMPLATE_BLOCKS_MAX)]
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


@get(
    "/contracts",
    summary="List contracts, newest first",
    tags=_TAGS,
    opt={"query": frozenset({"query", "company", "state", "limit", "cursor"})},
)
async def list_contracts(
    caller: Caller,
    core: CoreClient,
    words: Words = "",
    company: Company = None,
    contract_state: Annotated[ask.ContractState | None, QueryParameter(name="state")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ask.ContractPage:
    """Find contracts by number, company or SIREN."""
    body = ask.ListContracts(
        query=words,
        company_id=None if company is None else body_id("company", company, "company"),
        state=contract_state,
        limit=limit,
        before=cursor_id("contract", cursor),
    )
    return await core.ask(ask.CONTRACTS, body, ask.ContractPage, caller=caller)


@get("/contracts/{contract_id:str}", summary="One contract", tags=_TAGS)
async def one_contract(contract_id: str, caller: Caller, core: CoreClient) -> ask.ContractDetail:
    """Return a contract with every version, its time line, and which services each step would stop or start."""
    body = ById(path_id("contract", contract_id))
    return await core.ask(ask.CONTRACT, body, ask.ContractDetail, caller=caller)


@get("/contract-forms/{company_id:str}", summary="What a company's contract may name", tags=_TAGS)
async def contract_form(company_id: str, caller: Caller, core: CoreClient) -> ask.ContractForm:
    """Return the company's stores, the services that they have, the grids in force, and whether one may be made."""
    body = ById(path_id("company", company_id))
    return await core.ask(ask.CONTRACT_FORM, body, ask.ContractForm, caller=caller)


@post("/contracts", summary="Make a contract", tags=_TAGS, status_code=201, responses=_MADE)
async def make_contract(
    data: ContractBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Make a draft for a company whose onboarding was validated."""
    body = ask.MakeContract(
        company_id=body_id("company", data.company, "company"),
        locale=data.locale,
        grid_id=body_id("fee_grid", data.grid, "grid"),
        starts_on=data.starts_on,
        services=_covered(data.services),
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.CONTRACT_MADE, body, 201)


@post(
    "/contracts/{contract_id:str}/terms",
    summary="Word a contract",
    tags=_TAGS,
    status_code=200,
    responses=_MOVED,
)
async def word_contract(
    contract_id: str,
    data: TermsBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Give the draft new terms, or begin an amendment: the version in force stays until the new one is activated.

    Refused when something happened to the contract after the revision that is named.
    """
    body = ask.WordContract(
        id=path_id("contract", contract_id),
        locale=data.locale,
        grid_id=body_id("fee_grid", data.grid, "grid"),
        starts_on=data.starts_on,
        services=_covered(data.services),
        amend=data.amend,
        reason=data.reason.strip(),
        revision=data.revision,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.CONTRACT_WORDED, body, 200)


@post(
    "/contracts/{contract_id:str}/acts",
    summary="Move a contract",
    tags=_TAGS,
    status_code=200,
    responses=_MOVED,
)
async def move_contract(
    contract_id: str, data: StepBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Take one step of its life. What suspension and termination stop, they stop at the next payment."""
    body = ask.MoveContract(
        id=path_id("contract", contract_id),
        act=data.act,
        reason=data.reason.strip(),
        effective_on=data.effective_on,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.CONTRACT_MOVED, body, 200)


@post(
    "/contracts/{contract_id:str}/signature",
    summary="Sign a contract",
    tags=_TAGS,
    status_code=200,
    responses=_MOVED,
)
async def sign_contract(
    contract_id: str,
    data: SignatureBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Keep who accepted which paper: its hash must be the one that is signed."""
    body = ask.SignContract(
        id=path_id("contract", contract_id),
        ip=caller.ip,
        typed=data.typed,
        document_id=None if data.document is None else body_id("document", data.document, "document"),
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.CONTRACT_SIGNED, body, 200)


@get(
    "/contracts/{contract_id:str}/preview",
    summary="The newest version as a PDF",
    tags=_TAGS,
    opt={"query": frozenset({"locale"})},
    media_type="application/pdf",
)
async def preview_contract(
    contract_id: str, caller: Caller, core: CoreClient, locale: ask.Locale = "fr"
) -> Response[bytes]:
    """Return the PDF in a language, marked as a draft until the version is ready."""
    body = ask.PreviewContract(path_id("contract", contract_id), locale)
    content = await core.ask(ask.CONTRACT_PREVIEW, body, bytes, caller=caller, timeout_s=WRITE_TIMEOUT_S)
    return Response(content, media_type="application/pdf")


@get("/contract-templates", summary="List the versions of the template", tags=_TAGS)
async def list_templates(caller: Caller, core: CoreClient) -> ask.TemplateList:
    """Return every version, newest first."""
    return await core.ask(ask.TEMPLATES, Nothing(), ask.TemplateList, caller=caller)


@get("/contract-templates/{template_id:str}", summary="One version of the template", tags=_TAGS)
async def one_template(template_id: str, caller: Caller, core: CoreClient) -> ask.TemplateDetail:
    """Return a version with its clauses, and the fields that clauses may name."""
    body = ById(path_id("template", template_id))
    return await core.ask(ask.TEMPLATE, body, ask.TemplateDetail, caller=caller)


@post(
    "/contract-templates",
    summary="Write the next version of the template",
    tags=_TAGS,
    status_code=201,
    responses={201: ResponseSpec(ask.TemplateDetail, description="The version")},
)
async def write_template(
    data: TemplateBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Write clauses for contracts made from now on; earlier versions stay as they are."""
    body = ask.WriteTemplate(
        data.title_fr, data.title_en, data.blocks, data.note, optional_key(idempotency_key)
    )
    return await write(core, caller, ask.TEMPLATE_WRITTEN, body, 201)


def _covered(services: list[CoveredBody]) -> list[ask.Covered]:
    return [
        ask.Covered(body_id("store", one.store, f"services[{place}].store"), one.kind, one.options)
        for place, one in enumerate(services)
    ]


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    list_contracts,
    one_contract,
    contract_form,
    make_contract,
    word_contract,
    move_contract,
    sign_contract,
    preview_contract,
    list_templates,
    one_template,
    write_template,
    *services.HANDLERS,
    *documents.HANDLERS,
)
