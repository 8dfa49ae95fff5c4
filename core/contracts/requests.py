"""Internal requests (MER-6): what is asked and what comes back."""

from typing import Annotated, Literal

import msgspec

from core.contracts.desk_views import CompanyRef, PersonRef, StoreRef, TerminalRef, Timestamp
from core.contracts.subjects import DESK

REQUESTS = f"{DESK}.requests"  # ListRequests -> RequestPage
REQUEST = f"{DESK}.request"  # RequestKey -> RequestDetail
REQUEST_CREATE = f"{DESK}.request_create"  # CreateRequest -> Written (RequestDetail)
REQUEST_ASSIGN = f"{DESK}.request_assign"  # AssignRequest -> Written (RequestDetail)
REQUEST_COMMENT = f"{DESK}.request_comment"  # CommentRequest -> Written (RequestDetail)
REQUEST_MOVE = f"{DESK}.request_move"  # MoveRequest -> Written (RequestDetail)
REQUEST_CHANGE = f"{DESK}.request_change"  # ChangeRequest -> Written (RequestDetail)
REQUEST_TYPES = f"{DESK}.request_types"  # Nothing -> RequestTypeList
REQUEST_TYPE_PUT = f"{DESK}.request_type_put"  # PutRequestType -> Written (RequestTypeView)

FIELDS_MAX = 20
STATUSES_MAX = 20
CHOICES_MAX = 40

Box = Literal["mine", "free", "team", "written", "all"]
Priority = Literal["low", "normal", "high"]
FieldKind = Literal["text", "long", "number", "date", "choice"]
EntryKind = Literal["created", "comment", "assigned", "status", "changed", "closed", "reopened"]
Code = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{1,39}$")]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Date = Annotated[str, msgspec.Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2026-12-31"])]


class FieldOfType(msgspec.Struct, forbid_unknown_fields=True):
    """One thing that a type of request asks besides its title and details."""

    code: Code
    name_fr: Label
    name_en: Label
    kind: FieldKind = "text"
    required: bool = False
    choices: Annotated[list[Label], msgspec.Meta(max_length=CHOICES_MAX)] = []


class StatusOfType(msgspec.Struct, forbid_unknown_fields=True):
    """One status, in its place; a request in a final one is closed."""

    code: Code
    name_fr: Label
    name_en: Label
    final: bool = False


class ListRequests(msgspec.Struct):
    """Late ones first, then by due date. What is None does not narrow."""

    box: Box = "mine"
    closed: bool = False
    late: bool = False
    type: str | None = None
    company_id: bytes | None = None
    store_id: bytes | None = None
    priority: Priority | None = None
    query: str = ""
    limit: int = 50
    after: tuple[int, str, bytes] | None = None


class RequestKey(msgspec.Struct):
    """A request by its id, or by the code that people say."""

    id: bytes | None = None
    code: str = ""


class CreateRequest(msgspec.Struct):
    """A new request. Of store, terminal and transaction the narrowest counts, and brings the others with it."""

    type: str
    title: str
    details: str = ""
    answers: dict[str, str] = {}
    priority: Priority = "normal"
    due_on: str | None = None
    company_id: bytes | None = None
    store_id: bytes | None = None
    terminal_id: bytes | None = None
    transaction_id: bytes | None = None
    contract_id: bytes | None = None
    assignee_id: bytes | None = None
    idempotency_key: str = ""


class AssignRequest(msgspec.Struct):
    """Give a request to somebody, to oneself (`me`), or back to its team (neither)."""

    key: RequestKey
    assignee_id: bytes | None = None
    me: bool = False
    comment: str = ""
    idempotency_key: str = ""


class CommentRequest(msgspec.Struct):
    """Say something, and tell those who are mentioned."""

    key: RequestKey
    body: str
    mentions: list[bytes] = []
    idempotency_key: str = ""


class MoveRequest(msgspec.Struct):
    """Change the status: to the one named, to the only final one (`close`), or back to the first (`reopen`)."""

    key: RequestKey
    status: str | None = None
    close: bool = False
    reopen: bool = False
    comment: str = ""
    idempotency_key: str = ""


class ChangeRequest(msgspec.Struct):
    """Change what is not None. An empty `due_on` takes the date away."""

    key: RequestKey
    title: str | None = None
    priority: Priority | None = None
    due_on: str | None = None
    team: str | None = None
    idempotency_key: str = ""


class PutRequestType(msgspec.Struct):
    """Make or change a type; statuses that are no longer named stay on the requests that have them."""

    code: str
    name_fr: str
    name_en: str
    team: str
    statuses: list[StatusOfType]
    due_days: int | None = None
    fields: list[FieldOfType] = []
    retired: bool = False
    idempotency_key: str = ""


class RequestTypeView(msgspec.Struct):
    """A type with its statuses in order; `name` is in the caller's language."""

    code: str
    name: str
    name_fr: str
    name_en: str
    team: str
    due_days: int | None
    fields: list[FieldOfType]
    statuses: list[StatusOfType]
    retired: bool


class TeamView(msgspec.Struct):
    """A queue: the role whose agents work on it."""

    code: str
    name: str


class RequestTypeList(msgspec.Struct):
    """Types that requests can be made of, retired ones last, and the teams there are."""

    data: list[RequestTypeView]
    teams: list[TeamView]


class CodeName(msgspec.Struct):
    """A code and its name in the caller's language."""

    code: str
    name: str


class RequestView(msgspec.Struct):
    """A request in a list."""

    id: str
    code: str
    title: str
    type: CodeName
    status: CodeName
    team: CodeName
    priority: Priority
    company: CompanyRef | None
    store: StoreRef | None
    author: PersonRef
    assignee: PersonRef | None
    due_on: str | None
    late: bool
    created_at: Timestamp
    changed_at: Timestamp
    closed_at: Timestamp | None


class AnswerView(msgspec.Struct):
    """What was answered to a field of the type, under the name that the field has now."""

    code: str
    name: str
    value: str


class EntryView(msgspec.Struct):
    """A comment, or something that happened."""

    id: str
    kind: EntryKind
    at: Timestamp
    by: PersonRef
    body: str
    facts: dict[str, str]


class RequestDetail(msgspec.Struct):
    """A request with what was said and done, oldest first, and whom it can be given to."""

    request: RequestView
    details: str
    answers: list[AnswerView]
    terminal: TerminalRef | None
    transaction: str | None
    contract: str | None
    entries: list[EntryView]
    statuses: list[StatusOfType]
    people: list[PersonRef]
    teams: list[TeamView]


class RequestPage(msgspec.Struct):
    """A page of requests; the counts are of open ones, whatever the filters."""

    data: list[RequestView]
    next_cursor: str | None
    counts: dict[str, int]
