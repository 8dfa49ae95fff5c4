"""Internal requests (MER-6): operations, requests, and the public shapes of API v1."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.ids import AgentId, CompanyId, ContractId, Id, StoreId, TerminalId, TransactionId
from core.contracts.listing import Nothing, Paged, Revision, Words
from core.contracts.operation import ACT, GET, PATCH, POST, Operation, everywhere, somewhere, unplaced
from core.contracts.permissions import Permission
from core.contracts.references import CompanyRef, PersonRef, StoreRef, TerminalRef, Timestamp
from core.contracts.texts import LINES
from core.values.request_codes import code_said

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
DateOrNone = Annotated[str, msgspec.Meta(pattern="^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
Title = Annotated[str, msgspec.Meta(min_length=3, max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=4_000), LINES]
Comment = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000), LINES]
Answer = Annotated[str, msgspec.Meta(max_length=2_000), LINES]


class RequestKey(Id, kind="request"):
    """A request by its identifier, or by the code that people say."""

    @classmethod
    def read(cls, text: str) -> "RequestKey":
        """Id."""
        said = code_said(text)
        return cls(super().read(text) if said is None else said.encode())

    @property
    def code(self) -> str | None:
        """The code; None where it is an identifier."""
        return None if len(self) == 16 else self.decode()

    @property
    def text(self) -> str:
        """Id."""
        return self.code or super().text


class Assignee(Id, kind="agent"):
    """An agent, or `me`: whoever asks."""

    @classmethod
    def read(cls, text: str) -> "Assignee":
        """Id."""
        return cls() if text == "me" else cls(super().read(text))

    @classmethod
    def pattern(cls) -> str:
        """Id."""
        return f"{super().pattern()}|^me$"

    @property
    def text(self) -> str:
        """Id."""
        return super().text if self else "me"


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


_BOX: Final = "Given to me, to be taken, in my teams’ queues, written by me, all I may see"


class ListRequests(Paged, kw_only=True):
    """A page of requests, and how many open ones stand in each box."""

    box: Annotated[Box, msgspec.Meta(description=_BOX)] = "mine"
    closed: bool = False
    late: bool = False
    type: Code | None = None
    company: CompanyId | None = None
    store: StoreId | None = None
    priority: Priority | None = None
    query: Words = ""


class OneRequest(msgspec.Struct, kw_only=True):
    """A request by its id or its code, with all that was said and done."""

    id: RequestKey


class CreateRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A new request. It enters its type's queue; of what it is about, the narrowest brings the rest."""

    type: Code
    title: Title
    details: Text = ""
    answers: Annotated[dict[str, Answer], msgspec.Meta(max_length=FIELDS_MAX)] = {}
    priority: Priority = "normal"
    due_on: Date | None = None
    company: CompanyId | None = None
    store: StoreId | None = None
    terminal: TerminalId | None = None
    transaction: TransactionId | None = None
    contract: ContractId | None = None
    assignee: AgentId | None = None
    idempotency_key: str = ""


class AssignRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An agent's id, `me`, or null to give the request back to its team.

    Whoever holds the request loses it only to a caller that holds it, or that names the holder in `seen_assignee`.
    """

    id: RequestKey
    assignee: Assignee | None
    comment: Text = ""
    seen_assignee: AgentId | None = None
    idempotency_key: str = ""


class CommentRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to say, and the ids of agents to tell; `@name` in the text tells too."""

    id: RequestKey
    body: Comment
    mentions: Annotated[list[AgentId], msgspec.Meta(max_length=20)] = []
    idempotency_key: str = ""


class ReopenRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    id: RequestKey
    comment: Text = ""
    idempotency_key: str = ""


class CloseRequest(ReopenRequest, kw_only=True, forbid_unknown_fields=True):
    """The final status; it may be left out where the type has only one."""

    status: Code | None = None


class MoveRequest(ReopenRequest, kw_only=True, forbid_unknown_fields=True):
    """A status of the request's type.

    `seen_status` is the status that the caller read: one that was changed since is not changed over unseen.
    """

    status: Code
    seen_status: Code


class ChangeRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays; an empty `due_on` takes the date away."""

    id: RequestKey
    revision: Revision
    title: Title | None = None
    priority: Priority | None = None
    due_on: DateOrNone | None = None
    team: Code | None = None
    idempotency_key: str = ""


class SaveRequestType(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A type of request: its queue, its days, what it asks, its statuses in order.

    A revision of 0 says that there was no such type.
    """

    code: Code
    revision: Revision
    name_fr: Label
    name_en: Label
    team: Code
    statuses: Annotated[list[StatusOfType], msgspec.Meta(min_length=2, max_length=STATUSES_MAX)]
    due_days: Annotated[int, msgspec.Meta(ge=1, le=365)] | None = None
    fields: Annotated[list[FieldOfType], msgspec.Meta(max_length=FIELDS_MAX)] = []
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
    revision: int = 0  # moves with each change


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


class RequestEntryView(msgspec.Struct):
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
    entries: list[RequestEntryView]
    statuses: list[StatusOfType]
    people: list[PersonRef]
    teams: list[TeamView]
    revision: int  # moves with each change of title, priority, date or queue


class RequestPage(msgspec.Struct):
    """A page of requests; the counts are of open ones, whatever the filters."""

    data: list[RequestView]
    next_cursor: str | None
    counts: dict[str, int]


_REQUESTS_USE: Final = somewhere(Permission.REQUESTS_USE)
LIST = Operation(
    "requests.list",
    ListRequests,
    RequestPage,
    _REQUESTS_USE,
    http=GET("/requests", "List requests, late ones first"),
)
ONE = Operation(
    "requests.one", OneRequest, RequestDetail, _REQUESTS_USE, http=GET("/requests/{id}", "One request")
)
CREATE = Operation(
    "requests.create",
    CreateRequest,
    RequestDetail,
    _REQUESTS_USE,
    http=POST("/requests", "Make a request", "Write a request into the queue of its type's team."),
    audit=("request.created",),
)
ASSIGN = Operation(
    "requests.assign",
    AssignRequest,
    RequestDetail,
    _REQUESTS_USE,
    http=ACT(
        "/requests/{id}/assign",
        "Assign or take",
        "Give the request to somebody who may see it; they are told.",
    ),
    audit=("request.assigned",),
)
COMMENT = Operation(
    "requests.comment",
    CommentRequest,
    RequestDetail,
    _REQUESTS_USE,
    http=ACT(
        "/requests/{id}/comment",
        "Comment",
        "Add a comment and tell those who are mentioned, the author and the assignee.",
    ),
    audit=("request.commented",),
)
MOVE = Operation(
    "requests.move",
    MoveRequest,
    RequestDetail,
    _REQUESTS_USE,
    http=ACT(
        "/requests/{id}/move",
        "Change the status",
        "Put the request into a status of its type; a final one closes it.",
    ),
    audit=("request.moved",),
)
CLOSE = Operation(
    "requests.close",
    CloseRequest,
    RequestDetail,
    _REQUESTS_USE,
    http=ACT("/requests/{id}/close", "Close", "Put the request into a final status."),
    audit=("request.moved",),
    example={"comment": "Vu avec le magasin"},
)
REOPEN = Operation(
    "requests.reopen",
    ReopenRequest,
    RequestDetail,
    _REQUESTS_USE,
    http=ACT("/requests/{id}/reopen", "Reopen", "Put a closed request back to where its type begins."),
    audit=("request.moved",),
)
CHANGE = Operation(
    "requests.change",
    ChangeRequest,
    RequestDetail,
    _REQUESTS_USE,
    http=PATCH(
        "/requests/{id}",
        "Change title, priority, date or queue",
        "Change what is given; what changed is kept with the request.",
    ),
    audit=("request.changed",),
)
TYPES = Operation(
    "request_types.list",
    Nothing,
    RequestTypeList,
    unplaced(Permission.REQUESTS_USE),
    http=GET("/request-types", "Types of requests", "What requests can be made of, and the teams there are."),
)
SAVE_TYPE = Operation(
    "request_types.save",
    SaveRequestType,
    RequestTypeView,
    everywhere(Permission.REQUESTS_CONFIGURE),
    http=ACT(
        "/request-types",
        "Make or change a type of request",
        "Write a type under its code. Statuses that are left out stay on the requests that have them.",
    ),
    audit=("request_type.changed",),
)
