"""Files of merchants to be: operations, requests, and the public shapes of API v1."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.documents import MediaType
from core.contracts.ids import OnboardingId
from core.contracts.listing import Paged, Remark, Revision
from core.contracts.merchants import AccountRef, Code, ContactFields, Duplicate, Line, StoreFields
from core.contracts.operation import ACT, BY_RECORD, GET, PATCH, POST, Operation, somewhere
from core.contracts.permissions import Permission
from core.contracts.references import CompanyRef, PersonRef, Timestamp

Move = Literal["submit", "send_back", "validate", "hand_over", "finish", "abandon", "take"]
StepName = Literal["merchant", "company", "stores", "contacts", "services", "documents", "review"]
OnboardingState = Literal["draft", "submitted", "returned", "validated", "handed_over", "done", "abandoned"]
ServiceKind = Literal["pax", "softpos", "onsite", "ecommerce"]
DocumentKind = Literal["registration", "identity", "bank_details", "power", "lease", "other"]

Stores = Annotated[list[StoreFields], msgspec.Meta(max_length=20)]
Contacts = Annotated[list[ContactFields], msgspec.Meta(max_length=20)]


class MerchantAnswers(msgspec.Struct, forbid_unknown_fields=True):
    """Who it is."""

    trade_name: Line = ""
    siren: Code = ""
    activity: Code = ""
    note: Remark = ""


class CompanyAnswers(msgspec.Struct, forbid_unknown_fields=True):
    """The company to make, and the account that holds it: an id, or the name of a new one."""

    account_id: Code = ""
    account_name: Line = ""
    legal_name: Line = ""
    legal_form: Line = ""
    vat: Code = ""
    street: Line = ""
    postcode: Code = ""
    city: Line = ""
    iban: Code = ""


class ServicesAnswers(msgspec.Struct, forbid_unknown_fields=True):
    """What the merchant wants to be able to do."""

    kinds: list[ServiceKind] = []
    terminals: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    monthly_volume_minor: Annotated[int, msgspec.Meta(ge=0, le=10**13)] = 0


class DocumentsAnswers(msgspec.Struct, forbid_unknown_fields=True):
    """What has to be asked for, and what is there."""

    wanted: list[DocumentKind] = []
    received: list[DocumentKind] = []


class ReviewAnswers(msgspec.Struct, forbid_unknown_fields=True):
    """Why those who look alike are not the same merchant."""

    not_duplicate_reason: Remark = ""


class AttachedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document that was brought to a file. Nobody types one: `AttachFile` makes it."""

    kind: DocumentKind
    name: str
    media_type: MediaType
    size_bytes: int
    sha256: str
    at: Timestamp
    by: PersonRef | None = None  # nobody is named by what was brought before this was kept


class Answers(msgspec.Struct, forbid_unknown_fields=True):
    """Everything that a file holds, as it was typed; wrong values are kept and named."""

    merchant: MerchantAnswers = msgspec.field(default_factory=MerchantAnswers)
    company: CompanyAnswers = msgspec.field(default_factory=CompanyAnswers)
    stores: Stores = []
    contacts: Contacts = []
    services: ServicesAnswers = msgspec.field(default_factory=ServicesAnswers)
    documents: DocumentsAnswers = msgspec.field(default_factory=DocumentsAnswers)
    review: ReviewAnswers = msgspec.field(default_factory=ReviewAnswers)
    files: list[AttachedFile] = []


class ListOnboardings(Paged, kw_only=True):
    """Files, newest change first."""

    state: (
        Annotated[OnboardingState, msgspec.Meta(description="One state; else all that are open")] | None
    ) = None
    mine: Annotated[bool, msgspec.Meta(description="Only those that the caller holds")] = False


class OneOnboarding(msgspec.Struct, kw_only=True):
    """A file with its answers, what it lacks, and what may be done with it."""

    id: OnboardingId


class StartOnboarding(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is known already."""

    merchant: MerchantAnswers = msgspec.field(default_factory=MerchantAnswers)
    idempotency_key: str = ""


class SaveAnswers(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The answers of one step or several; the others stay as they are."""

    id: OnboardingId
    revision: Revision
    merchant: MerchantAnswers | None = None
    company: CompanyAnswers | None = None
    stores: Stores | None = None
    contacts: Contacts | None = None
    services: ServicesAnswers | None = None
    documents: DocumentsAnswers | None = None
    review: ReviewAnswers | None = None


class MoveOnboarding(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A reason where one is asked for: to send back, to abandon."""

    id: OnboardingId
    act: Move
    reason: Remark = ""


class AttachFile(msgspec.Struct, kw_only=True):
    """Make the parts that came the document of this kind, in the place of one that was brought before."""

    id: OnboardingId
    upload: bytes
    kind: DocumentKind
    name: Line


class ReadAttached(msgspec.Struct, kw_only=True):
    """Bytes of the document of a kind, from an offset; empty past its end."""

    id: OnboardingId
    kind: DocumentKind
    offset: Annotated[int, msgspec.Meta(ge=0)]


class StepProblem(msgspec.Struct):
    """One thing that is missing or wrong in a file, with the words for it."""

    field: str
    code: str
    detail: str


class Step(msgspec.Struct):
    """One step of a file, and what it lacks."""

    name: StepName
    complete: bool
    started: bool
    problems: list[StepProblem]


class OnboardingSummary(msgspec.Struct, kw_only=True):
    """A file in a list. `waits_for` is the permission of those whose turn it is."""

    id: str
    state: OnboardingState
    name: str
    siren: str
    department: str | None
    held_by: PersonRef
    changed_at: Timestamp
    created_at: Timestamp
    steps_complete: int
    steps_total: int
    waits_for: str | None


class OnboardingPage(msgspec.Struct):
    """Newest change first."""

    data: list[OnboardingSummary]
    next_cursor: str | None = None


class OnboardingDetail(OnboardingSummary, kw_only=True):
    """A file with its answers, what it lacks, and what may be done with it now."""

    revision: int
    answers: Answers
    steps: list[Step]
    moves: list[Move]
    editable: bool
    return_reason: str
    created_by: PersonRef
    submitted_at: Timestamp | None
    submitted_by: PersonRef | None
    decided_at: Timestamp | None
    decided_by: PersonRef | None
    account: AccountRef | None
    company: CompanyRef | None
    duplicates: list[Duplicate]


_SAVE: Final = "Keep the answers of one step or several, right or wrong; `steps` says what is lacking."
_MOVE: Final = "Take a file to its next state, or take it over. A repeat changes nothing."
_DIRECTORY_READ: Final = somewhere(Permission.DIRECTORY_READ)
_MERCHANTS_REGISTER: Final = somewhere(Permission.MERCHANTS_REGISTER)
LIST = Operation(
    "onboarding.list",
    ListOnboardings,
    OnboardingPage,
    _DIRECTORY_READ,
    http=GET("/onboarding", "List onboarding files"),
)
ONE = Operation(
    "onboarding.one",
    OneOnboarding,
    OnboardingDetail,
    _DIRECTORY_READ,
    http=GET("/onboarding/{id}", "One onboarding file"),
)
START = Operation(
    "onboarding.start",
    StartOnboarding,
    OnboardingDetail,
    _MERCHANTS_REGISTER,
    http=POST("/onboarding", "Start an onboarding file", "Start a file; the caller holds it."),
    audit=("onboarding.started",),
)
SAVE = Operation(
    "onboarding.save",
    SaveAnswers,
    OnboardingDetail,
    _MERCHANTS_REGISTER,
    http=PATCH("/onboarding/{id}", "Save answers", _SAVE),
    audit=("onboarding.saved",),
)
MOVE = Operation(
    "onboarding.move",
    MoveOnboarding,
    OnboardingDetail,
    BY_RECORD,
    http=ACT(
        "/onboarding/{id}/{act}",
        "Submit, send back, validate, hand over, finish, abandon or take a file over",
        _MOVE,
    ),
    audit=(
        "account.created",
        "company.created",
        "store.created",
        "contact.added",
        "onboarding.submitted",
        "onboarding.returned",
        "onboarding.validated",
        "onboarding.handed_over",
        "onboarding.done",
        "onboarding.abandoned",
        "onboarding.taken",
    ),
)
ATTACH = Operation(
    "onboarding.attach", AttachFile, OnboardingDetail, _MERCHANTS_REGISTER, audit=("onboarding.attached",)
)
READ_ATTACHED = Operation("onboarding.read_attached", ReadAttached, bytes, _DIRECTORY_READ)
