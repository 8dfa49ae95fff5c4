"""Accounts, companies, stores, contacts, duplicates, onboarding: what is asked of the desk, and its public shapes."""

from typing import Annotated, Literal

import msgspec

from core.contracts.desk_views import CompanyRef, PersonRef, StoreDetail, StoreSummary, Timestamp
from core.contracts.documents import MediaType
from core.contracts.subjects import DESK

ACCOUNTS = f"{DESK}.accounts"  # SearchMerchants -> AccountPage
ACCOUNT = f"{DESK}.account"  # ById -> AccountDetail
ACCOUNT_CREATED = f"{DESK}.account_created"  # CreateAccount -> Written (AccountDetail)
ACCOUNT_EDITED = f"{DESK}.account_edited"  # EditAccount -> Written (AccountDetail)
COMPANIES = f"{DESK}.companies"  # SearchMerchants -> CompanyPage
COMPANY = f"{DESK}.company"  # ById -> CompanyDetail
COMPANY_CREATED = f"{DESK}.company_created"  # CreateCompany -> Written (CompanyDetail)
COMPANY_EDITED = f"{DESK}.company_edited"  # EditCompany -> Written (CompanyDetail)
COMPANY_VALIDATED = f"{DESK}.company_validated"  # ById -> CompanyDetail
STORE_CREATED = f"{DESK}.store_created"  # CreateStore -> Written (StoreMade)
STORE_EDITED = f"{DESK}.store_edited"  # EditStore -> Written (StoreMade)
CONTACT_ADDED = f"{DESK}.contact_added"  # AddContact -> Written (Contact)
CONTACT_EDITED = f"{DESK}.contact_edited"  # EditContact -> Written (Contact)
CONTACT_REMOVED = f"{DESK}.contact_removed"  # ById -> Nothing
DUPLICATES = f"{DESK}.duplicates"  # FindDuplicates -> DuplicateList
ONBOARDINGS = f"{DESK}.onboardings"  # ListOnboardings -> OnboardingPage
ONBOARDING = f"{DESK}.onboarding"  # ById -> OnboardingDetail
ONBOARDING_STARTED = f"{DESK}.onboarding_started"  # StartOnboarding -> Written (OnboardingDetail)
ONBOARDING_SAVED = f"{DESK}.onboarding_saved"  # SaveStep -> OnboardingDetail
ONBOARDING_MOVED = f"{DESK}.onboarding_moved"  # MoveOnboarding -> OnboardingDetail

STORES_OF_FILE_MAX = 20
CONTACTS_OF_FILE_MAX = 20

_Line = Annotated[str, msgspec.Meta(max_length=200)]
_Code = Annotated[str, msgspec.Meta(max_length=40)]
_Reason = Annotated[str, msgspec.Meta(max_length=500)]
Move = Literal["submit", "send_back", "validate", "hand_over", "finish", "abandon", "take"]
StepName = Literal["merchant", "company", "stores", "contacts", "services", "documents", "review"]
OnboardingState = Literal["draft", "submitted", "returned", "validated", "handed_over", "done", "abandoned"]
ContactRole = Literal["owner", "manager", "accounting", "technical", "other"]
ServiceKind = Literal["pax", "softpos", "onsite", "ecommerce"]
DocumentKind = Literal["registration", "identity", "bank_details", "power", "lease", "other"]
DuplicateReason = Literal["siren", "siret", "vat", "iban", "name", "phone", "email"]


class CompanyFields(msgspec.Struct, forbid_unknown_fields=True):
    """What is written of a company; identifiers are checked, and kept without their spaces."""

    legal_name: _Line = ""
    siren: _Code = ""
    legal_form: _Line = ""
    vat: _Code = ""
    activity: _Code = ""
    street: _Line = ""
    postcode: _Code = ""
    city: _Line = ""
    iban: _Code = ""


class StoreFields(msgspec.Struct, forbid_unknown_fields=True):
    """What is written of a store; its department comes from its postcode.

    `time_zone` is one of values.zones; empty, a new store takes that of its department and an old one keeps its own.
    """

    name: _Line = ""
    siret: _Code = ""
    merchant_category: _Code = ""
    street: _Line = ""
    postcode: _Code = ""
    city: _Line = ""
    opening: _Line = ""
    time_zone: _Code = ""


class ContactFields(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody to call or to write to."""

    name: _Line = ""
    role: _Code = ""
    email: _Line = ""
    phone: _Code = ""


class SearchMerchants(msgspec.Struct):
    """Rows after (`after`, `after_id`) whose words hold the query, in the order of names."""

    query: str = ""
    limit: int = 50
    after: str = ""
    after_id: bytes = b""


class CreateAccount(msgspec.Struct):
    """A group of companies."""

    name: str
    idempotency_key: str = ""


class EditAccount(msgspec.Struct):
    """`version` is the one that the editor has read."""

    id: bytes
    version: int
    name: str
    idempotency_key: str = ""


class CreateCompany(msgspec.Struct):
    """In an account, or in a new one that takes the name. The reason says why a look-alike is another company."""

    fields: CompanyFields
    account_id: bytes | None = None
    account_name: str = ""
    not_duplicate_reason: str = ""
    idempotency_key: str = ""


class EditCompany(msgspec.Struct):
    """Every field is written; `version` is the one that the editor has read."""

    id: bytes
    version: int
    fields: CompanyFields
    idempotency_key: str = ""


class CreateStore(msgspec.Struct):
    """A store of a company."""

    company_id: bytes
    fields: StoreFields
    not_duplicate_reason: str = ""
    idempotency_key: str = ""


class EditStore(msgspec.Struct):
    """Every field is written; `version` is the one that the editor has read."""

    id: bytes
    version: int
    fields: StoreFields
    idempotency_key: str = ""


class AddContact(msgspec.Struct):
    """`on_kind` is account, company or store."""

    on_kind: str
    on_id: bytes
    fields: ContactFields
    idempotency_key: str = ""


class EditContact(msgspec.Struct):
    """Every field is written; `version` is the one that the editor has read."""

    id: bytes
    version: int
    fields: ContactFields
    idempotency_key: str = ""


class FindDuplicates(msgspec.Struct, forbid_unknown_fields=True):
    """What is known of somebody who may be a merchant already."""

    siren: _Code = ""
    siret: _Code = ""
    vat: _Code = ""
    iban: _Code = ""
    name: _Line = ""
    postcode: _Code = ""
    city: _Line = ""
    phone: _Code = ""
    email: _Line = ""


class MerchantAnswers(msgspec.Struct, forbid_unknown_fields=True):
    """Who it is."""

    trade_name: _Line = ""
    siren: _Code = ""
    activity: _Code = ""
    note: _Reason = ""


class CompanyAnswers(msgspec.Struct, forbid_unknown_fields=True):
    """The company to make, and the account that holds it: an id, or the name of a new one."""

    account_id: _Code = ""
    account_name: _Line = ""
    legal_name: _Line = ""
    legal_form: _Line = ""
    vat: _Code = ""
    street: _Line = ""
    postcode: _Code = ""
    city: _Line = ""
    iban: _Code = ""


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

    not_duplicate_reason: _Reason = ""


class AttachedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document that was brought to a file. Nobody types one: `onboarding_files.AttachFile` makes it."""

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
    stores: Annotated[list[StoreFields], msgspec.Meta(max_length=STORES_OF_FILE_MAX)] = []
    contacts: Annotated[list[ContactFields], msgspec.Meta(max_length=CONTACTS_OF_FILE_MAX)] = []
    services: ServicesAnswers = msgspec.field(default_factory=ServicesAnswers)
    documents: DocumentsAnswers = msgspec.field(default_factory=DocumentsAnswers)
    review: ReviewAnswers = msgspec.field(default_factory=ReviewAnswers)
    files: list[AttachedFile] = []


class StepBody(msgspec.Struct, forbid_unknown_fields=True):
    """The answers of one step; the others stay as they are."""

    version: int
    merchant: MerchantAnswers | None = None
    company: CompanyAnswers | None = None
    stores: Annotated[list[StoreFields], msgspec.Meta(max_length=STORES_OF_FILE_MAX)] | None = None
    contacts: Annotated[list[ContactFields], msgspec.Meta(max_length=CONTACTS_OF_FILE_MAX)] | None = None
    services: ServicesAnswers | None = None
    documents: DocumentsAnswers | None = None
    review: ReviewAnswers | None = None


class ListOnboardings(msgspec.Struct):
    """Newest change first; `state` None takes every one that is not finished."""

    state: str | None = None
    mine: bool = False
    limit: int = 50
    after_at_us: int | None = None
    after_id: bytes = b""


class StartOnboarding(msgspec.Struct):
    """A new file; what is known already may be given."""

    merchant: MerchantAnswers
    idempotency_key: str = ""


class SaveStep(msgspec.Struct):
    """Write one step or several of a file."""

    id: bytes
    body: StepBody


class MoveOnboarding(msgspec.Struct):
    """Take a file to its next state, or take it over."""

    id: bytes
    move: Move
    reason: str = ""


class Iban(msgspec.Struct, frozen=True):
    """The settlement account; `value` only for those who may edit it."""

    country: str
    last_four: str
    value: str | None = None


class AccountRef(msgspec.Struct, frozen=True):
    """An account by its name."""

    id: str
    name: str


class Contact(msgspec.Struct, kw_only=True):
    """Somebody to call or to write to."""

    id: str
    name: str
    role: str
    email: str
    phone: str
    version: int


class CompanySummary(msgspec.Struct, kw_only=True):
    """A company in a list."""

    id: str
    legal_name: str
    siren: str
    vat: str | None
    city: str
    postcode: str
    department: str | None
    account: AccountRef
    iban: Iban | None
    store_count: int
    validated: bool


class CompanyPage(msgspec.Struct):
    """In alphabetical order."""

    data: list[CompanySummary]
    next_cursor: str | None = None


class CompanyDetail(CompanySummary, kw_only=True):
    """A company with its stores and who to call."""

    legal_form: str
    activity: str
    street: str
    version: int
    changed_at: Timestamp
    validated_at: Timestamp | None
    stores: list[StoreSummary]
    contacts: list[Contact]
    through_store: bool = False  # seen by a store of it only: to read, without IBAN and contacts


class AccountSummary(msgspec.Struct, kw_only=True):
    """An account in a list; the counts are of what the caller sees."""

    id: str
    name: str
    company_count: int
    store_count: int


class AccountPage(msgspec.Struct):
    """In alphabetical order."""

    data: list[AccountSummary]
    next_cursor: str | None = None


class AccountDetail(AccountSummary, kw_only=True):
    """An account with the companies that the caller sees, and who to call."""

    version: int
    changed_at: Timestamp
    companies: list[CompanySummary]
    contacts: list[Contact]
    through_store: bool = False  # seen by a store of it only: to read, without contacts


class StoreMade(StoreSummary, kw_only=True):
    """A store as it was written."""

    street: str
    merchant_category: str
    opening: str
    time_zone: str  # IANA name, by which its days end
    version: int
    changed_at: Timestamp
    contacts: list[Contact]


class StoreRecord(StoreDetail, kw_only=True):
    """A store with everything in it."""

    opening: str
    time_zone: str  # IANA name, by which its days end
    version: int
    changed_at: Timestamp
    account: AccountRef
    contacts: list[Contact]


class Duplicate(msgspec.Struct, kw_only=True):
    """Somebody who may be the same. Outside the caller's area: no id and no name, only what is equal."""

    kind: Literal["company", "store", "onboarding"]
    id: str | None
    label: str | None
    place: str | None
    reasons: list[DuplicateReason]
    score: int  # 100: an identifier is equal
    visible: bool


class DuplicateList(msgspec.Struct):
    """The likeliest first."""

    data: list[Duplicate]


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

    version: int
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
