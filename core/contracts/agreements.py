"""Contracts, their templates, services at stores: what the desk is asked, and what it shows (MER-3, MER-4)."""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from core.contracts.desk_views import BrandName, CompanyRef, PersonRef, StoreRef, Timestamp
from core.contracts.fees import DateText
from core.contracts.subjects import DESK
from core.contracts.texts import LINES

CONTRACTS = f"{DESK}.contracts"  # ListContracts -> ContractPage
CONTRACT = f"{DESK}.contract"  # ById -> ContractDetail
CONTRACT_FORM = f"{DESK}.contract_form"  # ById (company) -> ContractForm
CONTRACT_MADE = f"{DESK}.contract_made"  # MakeContract -> Written (ContractDetail)
CONTRACT_WORDED = f"{DESK}.contract_worded"  # WordContract -> Written (ContractDetail)
CONTRACT_MOVED = f"{DESK}.contract_moved"  # MoveContract -> Written (ContractDetail)
CONTRACT_SIGNED = f"{DESK}.contract_signed"  # SignContract -> Written (ContractDetail)
CONTRACT_PREVIEW = f"{DESK}.contract_preview"  # PreviewContract -> bytes
TEMPLATES = f"{DESK}.contract_templates"  # Nothing -> TemplateList
TEMPLATE = f"{DESK}.contract_template"  # ById -> TemplateDetail
TEMPLATE_WRITTEN = f"{DESK}.contract_template_written"  # WriteTemplate -> Written (TemplateDetail)
SERVICE = f"{DESK}.service"  # ById -> ServiceDetail
SERVICE_MADE = f"{DESK}.service_made"  # MakeService -> Written (ServiceDetail)
SERVICE_OPTIONS = f"{DESK}.service_options"  # SetOptions -> Written (ServiceDetail)
SERVICE_LIMITS = f"{DESK}.service_limits"  # SetLimits -> Written (ServiceDetail)

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


class Covered(msgspec.Struct, frozen=True):
    """A service that a contract covers, with its options."""

    store_id: bytes
    kind: ServiceKind
    options: Options = {}


class ListContracts(msgspec.Struct):
    """Newest first; the words look at the number, the company and its SIREN."""

    query: str = ""
    company_id: bytes | None = None
    state: ContractState | None = None
    limit: int = 50
    before: bytes | None = None


class MakeContract(msgspec.Struct):
    """A draft for a company whose onboarding was validated."""

    company_id: bytes
    locale: Locale
    grid_id: bytes
    starts_on: str
    services: list[Covered]
    idempotency_key: str = ""


class WordContract(msgspec.Struct):
    """New terms: of the draft that there is, or with `amend` of a new version beside the one in force."""

    id: bytes
    locale: Locale
    grid_id: bytes
    starts_on: str
    services: list[Covered]
    amend: bool
    reason: str = ""
    revision: int | None = None  # what was read; another one means that somebody wrote since
    idempotency_key: str = ""


class MoveContract(msgspec.Struct):
    """One step of its life; `effective_on` is for a termination that waits for its date."""

    id: bytes
    act: MovingAct
    reason: str
    effective_on: str | None = None
    idempotency_key: str = ""


class TypedSignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody types the name and accepts the PDF with this hash."""

    name: Annotated[str, msgspec.Meta(min_length=2, max_length=120, pattern=r"\S")]
    role: Annotated[str, msgspec.Meta(min_length=2, max_length=120, pattern=r"\S")]
    pdf_sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    consent: bool


class SignContract(msgspec.Struct):
    """Exactly one of the two: typed, or the signed PDF that was uploaded. The ip is the socket's peer."""

    id: bytes
    ip: str
    typed: TypedSignature | None = None
    document_id: bytes | None = None
    idempotency_key: str = ""


class PreviewContract(msgspec.Struct):
    """The newest version as a PDF in a language, without keeping it."""

    id: bytes
    locale: Locale


class TemplateBlock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A clause in both languages; `{company.legal_name}` and its like are filled in."""

    heading_fr: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    heading_en: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    text_fr: Annotated[str, msgspec.Meta(min_length=1, max_length=5_000), LINES]
    text_en: Annotated[str, msgspec.Meta(min_length=1, max_length=5_000), LINES]


class WriteTemplate(msgspec.Struct):
    """The next version of the template: earlier ones stay as they are."""

    title_fr: str
    title_en: str
    blocks: list[TemplateBlock]
    note: str
    idempotency_key: str = ""


class MakeService(msgspec.Struct):
    """A service that waits for a contract to start it."""

    store_id: bytes
    kind: ServiceKind
    reason: str
    idempotency_key: str = ""


class SetOptions(msgspec.Struct):
    """Every option of a service anew."""

    id: bytes
    options: Options
    reason: str
    revision: int | None = None  # what was read; another one means that somebody wrote since
    idempotency_key: str = ""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a service takes; null is no such limit. Amounts in minor units of the service's currency."""

    transaction_max_minor: Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_MINOR_MAX)]
    brands: Annotated[list[BrandName], msgspec.Meta(min_length=1, max_length=5)]
    terminal_day_max_minor: Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_MINOR_MAX)] | None = None
    store_day_max_minor: Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_MINOR_MAX)] | None = None
    duplicate_window_s: Annotated[int, msgspec.Meta(ge=1, le=86_400)] | None = None


class SetLimits(msgspec.Struct):
    """Every limit of a service anew."""

    id: bytes
    limits: Limits
    reason: str
    revision: int | None = None
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
