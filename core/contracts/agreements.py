"""Contracts, their templates, services at stores: operations, requests, and the public shapes of API v1 (MER-3, MER-4)."""

from typing import Annotated, Final, Literal, TypeAlias, get_args

import msgspec

from core.contracts.fees import DateText
from core.contracts.ids import (
    CompanyId,
    ContractId,
    DocumentId,
    FeeGridId,
    ServiceId,
    StoreId,
    TemplateId,
)
from core.contracts.listing import Nothing, Paged, Remark, Revision, Why, Words
from core.contracts.operation import (
    ACT,
    BY_RECORD,
    GET,
    PATCH,
    POST,
    Operation,
    everywhere,
    somewhere,
    unplaced,
)
from core.contracts.permissions import Permission
from core.contracts.references import BrandName, CompanyRef, PersonRef, StoreRef, Timestamp
from core.contracts.texts import LINES

SERVICES_OF_CONTRACT_MAX: Final = 400
TEMPLATE_BLOCKS_MAX: Final = 40
AMOUNT_MINOR_MAX: Final = 100_000_000

ServiceKind = Literal["pax", "softpos", "onsite", "ecommerce"]
Locale = Literal["fr", "en"]
ContractState = Literal["draft", "ready", "signed", "active", "suspended", "terminated"]
VersionState = Literal["draft", "ready", "signed", "in_force", "superseded", "cancelled"]
ContractAct = Literal[
    "prepare", "reopen", "sign", "activate", "suspend", "resume", "terminate", "keep", "cancel", "amend"
]
MovingAct = Literal["prepare", "reopen", "activate", "suspend", "resume", "terminate", "keep", "cancel"]
OptionType = Literal["choice", "flag", "amount", "text"]
OptionValue: TypeAlias = str | int | bool | None
Options: TypeAlias = dict[str, OptionValue]


class Covered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A service of a store that a contract covers, with its options."""

    store: StoreId
    kind: ServiceKind
    options: Options = {}


class ListContracts(Paged, kw_only=True):
    """Find contracts by number, company or SIREN."""

    query: Words = ""
    company: CompanyId | None = None
    state: ContractState | None = None


class OneContract(msgspec.Struct, kw_only=True):
    """A contract with every version, its time line, and which services each step would stop or start."""

    id: ContractId


class FillContract(msgspec.Struct, kw_only=True):
    """The company's stores, the services that they have, the grids in force, and whether a contract may be made."""

    id: CompanyId


class ContractTerms(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """By which grid, from when, and what it covers."""

    grid: FeeGridId
    starts_on: DateText
    services: Annotated[list[Covered], msgspec.Meta(min_length=1, max_length=SERVICES_OF_CONTRACT_MAX)]
    locale: Locale = "fr"
    idempotency_key: str = ""


class MakeContract(ContractTerms, kw_only=True, forbid_unknown_fields=True):
    """Make a draft for a company whose onboarding was validated."""

    company: CompanyId


class WordContract(ContractTerms, kw_only=True, forbid_unknown_fields=True):
    """Give the draft new terms; refused when something happened to the contract after the revision that is named."""

    id: ContractId
    reason: Remark = ""
    revision: Revision


class AmendContract(WordContract, kw_only=True, forbid_unknown_fields=True):
    """Begin a new version beside the one in force, which stays until the new one is activated."""


class MoveContract(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Take one step of its life; a termination may wait for a day. What is stopped, stops at the next payment."""

    id: ContractId
    act: MovingAct
    reason: Why
    revision: Revision
    effective_on: DateText | None = None
    idempotency_key: str = ""


class TypedSignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody types the name and accepts the PDF with this hash."""

    name: Annotated[str, msgspec.Meta(min_length=2, max_length=120, pattern=r"\S")]
    role: Annotated[str, msgspec.Meta(min_length=2, max_length=120, pattern=r"\S")]
    pdf_sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    consent: bool


class SignContract(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Keep who accepted which paper: a name typed under a consent, or the signed paper that was uploaded."""

    id: ContractId
    typed: TypedSignature | None = None
    document: DocumentId | None = None
    idempotency_key: str = ""


class PreviewContract(msgspec.Struct, kw_only=True):
    """The newest version as a PDF in a language, without keeping it."""

    id: ContractId
    locale: Locale


class TemplateBlock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A clause in both languages; `{company.legal_name}` and its like are filled in."""

    heading_fr: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    heading_en: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    text_fr: Annotated[str, msgspec.Meta(min_length=1, max_length=5_000), LINES]
    text_en: Annotated[str, msgspec.Meta(min_length=1, max_length=5_000), LINES]


class OneTemplate(msgspec.Struct, kw_only=True):
    """A version with its clauses, and the fields that clauses may name."""

    id: TemplateId


Title = Annotated[str, msgspec.Meta(min_length=3, max_length=200, pattern=r"\S")]


class WriteTemplate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Write clauses for contracts made from now on; earlier versions stay as they are."""

    title_fr: Title
    title_en: Title
    blocks: Annotated[list[TemplateBlock], msgspec.Meta(min_length=1, max_length=TEMPLATE_BLOCKS_MAX)]
    note: Remark = ""
    idempotency_key: str = ""


class OneService(msgspec.Struct, kw_only=True):
    """A service with its options, its limits, what each option takes, and its history."""

    id: ServiceId


class MakeService(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Add a service that waits for a contract to start it."""

    store: StoreId
    kind: ServiceKind
    reason: Why
    idempotency_key: str = ""


class SetOptions(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Write every option of a service; those left out take their default."""

    id: ServiceId
    options: Options
    reason: Why
    revision: Revision
    idempotency_key: str = ""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a service takes; null is no such limit. Amounts in minor units of the service's currency."""

    transaction_max_minor: Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_MINOR_MAX)]
    brands: Annotated[list[BrandName], msgspec.Meta(min_length=1, max_length=5)]
    terminal_day_max_minor: Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_MINOR_MAX)] | None = None
    store_day_max_minor: Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_MINOR_MAX)] | None = None
    duplicate_window_s: Annotated[int, msgspec.Meta(ge=1, le=86_400)] | None = None


class SetLimits(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Write every limit of a service, effective at its next payment."""

    id: ServiceId
    limits: Limits
    reason: Why
    revision: Revision
    idempotency_key: str = ""


class OptionRule(msgspec.Struct, frozen=True):
    """What an option takes, so that a form can be made of it."""

    name: str
    type: OptionType
    choices: tuple[str, ...] = ()
    max: int = 0
    default: OptionValue = None


class ContractRef(msgspec.Struct, frozen=True):
    """A contract in few words."""

    id: str
    number: str
    state: ContractState


class ServiceChange(msgspec.Struct):
    """Who changed a service, and why; before and after hold what changed."""

    at: Timestamp
    kind: Literal["made", "options", "limits", "started", "stopped"]
    by: PersonRef | None
    reason: str
    before: dict[str, OptionValue | list[str]]
    after: dict[str, OptionValue | list[str]]


class ServiceDetail(msgspec.Struct, kw_only=True):
    """A service at a store with everything that can be set, and its history."""

    id: str
    kind: ServiceKind
    store: StoreRef
    company: CompanyRef
    active: bool
    blocked: bool
    currency: str
    limits: Limits
    options: Options
    rules: list[OptionRule]
    contract: ContractRef | None
    revision: int  # moves with each change
    changes: list[ServiceChange]
    may_edit: bool


class ServiceLine(msgspec.Struct, kw_only=True):
    """A service that a contract covers; the id is there once the service exists."""

    store: StoreRef
    kind: ServiceKind
    options: Options
    service: str | None
    active: bool


class FeeRef(msgspec.Struct, frozen=True):
    """The version of a grid that a contract refers to."""

    grid: str
    name: str
    version: int
    id: str


class PaperRef(msgspec.Struct, frozen=True):
    """A kept PDF."""

    id: str
    sha256: str


class SignatureView(msgspec.Struct, kw_only=True):
    """Who accepted what, when, from where."""

    method: Literal["typed", "uploaded"]
    name: str
    role: str
    consent: str
    at: Timestamp
    ip: str
    pdf_sha256: str
    document: str | None


class ContractVersion(msgspec.Struct, kw_only=True):
    """The agreement as it was worded at one time."""

    version: int
    state: VersionState
    locale: Locale
    template_version: int
    fees: FeeRef
    starts_on: DateText
    pdf_fr: PaperRef | None
    pdf_en: PaperRef | None
    signature: SignatureView | None
    services: list[ServiceLine]
    services_out_of_scope: int
    made_by: PersonRef
    made_at: Timestamp
    ready_at: Timestamp | None
    signed_at: Timestamp | None
    in_force_at: Timestamp | None


class ContractEvent(msgspec.Struct, kw_only=True):
    """One step: who, when, why. Nobody is there for a date that came."""

    at: Timestamp
    act: str
    version: int
    state_before: ContractState
    state_after: ContractState
    by: PersonRef | None
    reason: str
    services: int


class ContractActView(msgspec.Struct, kw_only=True):
    """A step that this agent may take now, or why not, and which services it would stop or start."""

    act: ContractAct
    allowed: bool
    why: str | None
    stops: list[ServiceLine]
    starts: list[ServiceLine]


class ContractSummary(msgspec.Struct, kw_only=True):
    """A contract in a list."""

    id: str
    number: str
    company: CompanyRef
    state: ContractState
    version: int
    pending: VersionState | None
    stores: int
    starts_on: DateText
    ends_on: DateText | None
    created_at: Timestamp


class ContractPage(msgspec.Struct):
    """Newest first."""

    data: list[ContractSummary]
    next_cursor: str | None = None


class ContractDetail(ContractSummary, kw_only=True):
    """A contract with every version, its time line and what may be done."""

    created_by: PersonRef
    versions: list[ContractVersion]
    events: list[ContractEvent]
    acts: list[ContractActView]
    revision: int  # moves with each change
    consent: str  # what a typed signature accepts, in the language of the newest version


class FormService(msgspec.Struct, kw_only=True):
    """A service that a store has or may have; `contract` when one covers it already."""

    kind: ServiceKind
    exists: bool
    active: bool
    options: Options
    contract: ContractRef | None


class FormStore(msgspec.Struct, kw_only=True):
    """A store that a contract may name."""

    store: StoreRef
    city: str
    services: list[FormService]


class FormGrid(msgspec.Struct, kw_only=True):
    """A grid that has a version in force."""

    id: str
    name: str
    version: int
    current: bool  # the company pays by it today


class ContractForm(msgspec.Struct, kw_only=True):
    """Everything that making a contract needs, and whether one may be made."""

    company: CompanyRef
    validated: bool
    stores: list[FormStore]
    grids: list[FormGrid]
    template_version: int
    rules: dict[str, list[OptionRule]]


class TemplateSummary(msgspec.Struct, kw_only=True):
    """A version of the template in a list; `contracts` counts the versions of contracts made from it."""

    id: str
    version: int
    title_fr: str
    title_en: str
    note: str
    written_by: PersonRef | None
    written_at: Timestamp
    contracts: int


class TemplateList(msgspec.Struct):
    """Newest first."""

    data: list[TemplateSummary]


class TemplateDetail(TemplateSummary, kw_only=True):
    """A version of the template with its clauses, and the fields that clauses may name."""

    blocks: list[TemplateBlock]
    fields: list[str]


_CONTRACTS_READ: Final = somewhere(Permission.CONTRACTS_READ)
_TEMPLATES_READ: Final = unplaced(Permission.CONTRACTS_READ)
_CONTRACTS_WRITE: Final = somewhere(Permission.CONTRACTS_WRITE)
_SERVICES_WRITE: Final = somewhere(Permission.SERVICES_WRITE)
LIST = Operation(
    "contracts.list",
    ListContracts,
    ContractPage,
    _CONTRACTS_READ,
    http=GET("/contracts", "List contracts, newest first"),
)
ONE = Operation(
    "contracts.one", OneContract, ContractDetail, _CONTRACTS_READ, http=GET("/contracts/{id}", "One contract")
)
FORM = Operation(
    "contracts.form",
    FillContract,
    ContractForm,
    _CONTRACTS_WRITE,
    http=GET("/contract-forms/{id}", "What a company's contract may name"),
)
MAKE = Operation(
    "contracts.make",
    MakeContract,
    ContractDetail,
    _CONTRACTS_WRITE,
    http=POST("/contracts", "Make a contract"),
    audit=("contract.make",),
)
WORD = Operation(
    "contracts.word",
    WordContract,
    ContractDetail,
    _CONTRACTS_WRITE,
    http=PATCH("/contracts/{id}", "Word a contract"),
    audit=("contract.word",),
)
AMEND = Operation(
    "contracts.amend",
    AmendContract,
    ContractDetail,
    _CONTRACTS_WRITE,
    http=ACT("/contracts/{id}/amend", "Amend a contract"),
    audit=("contract.amend",),
)
MOVE = Operation(
    "contracts.move",
    MoveContract,
    ContractDetail,
    BY_RECORD,
    http=ACT("/contracts/{id}/{act}", "Move a contract"),
    audit=("contract.notice", *(f"contract.{act}" for act in get_args(MovingAct))),
)
SIGN = Operation(
    "contracts.sign",
    SignContract,
    ContractDetail,
    _CONTRACTS_WRITE,
    http=ACT("/contracts/{id}/sign", "Sign a contract"),
    audit=("contract.sign",),
    example={"typed": {"name": "Odette", "role": "owner", "pdf_sha256": "0" * 64, "consent": True}},
)
PREVIEW = Operation("contracts.preview", PreviewContract, bytes, _CONTRACTS_READ)
TEMPLATES = Operation(
    "contract_templates.list",
    Nothing,
    TemplateList,
    _TEMPLATES_READ,
    http=GET("/contract-templates", "List the versions of the template", "Every version, newest first."),
)
ONE_TEMPLATE = Operation(
    "contract_templates.one",
    OneTemplate,
    TemplateDetail,
    _TEMPLATES_READ,
    http=GET("/contract-templates/{id}", "One version of the template"),
)
WRITE_TEMPLATE = Operation(
    "contract_templates.write",
    WriteTemplate,
    TemplateDetail,
    everywhere(Permission.CONTRACTS_TEMPLATES),
    http=POST("/contract-templates", "Write the next version of the template"),
    audit=("contract_template.written",),
)
_SERVICES: Final = "Services"
SERVICE = Operation(
    "services.one",
    OneService,
    ServiceDetail,
    somewhere(Permission.DIRECTORY_READ),
    http=GET("/services/{id}", "One service"),
)
MAKE_SERVICE = Operation(
    "services.make",
    MakeService,
    ServiceDetail,
    _SERVICES_WRITE,
    http=POST("/services", "Add a service to a store"),
    audit=("service.made",),
)
SET_OPTIONS = Operation(
    "services.set_options",
    SetOptions,
    ServiceDetail,
    _SERVICES_WRITE,
    http=ACT("/services/{id}/options", "Set options"),
    audit=("service.options",),
)
SET_LIMITS = Operation(
    "services.set_limits",
    SetLimits,
    ServiceDetail,
    _SERVICES_WRITE,
    http=ACT("/services/{id}/limits", "Set limits"),
    audit=("service.limits",),
)
