"""The estate of terminals: diagnosis, the wall, assignments and options. Operations, requests and public shapes."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.blocks import Block
from core.contracts.ids import StoreId, TerminalId, TransactionId
from core.contracts.listing import Paged, Remark, Revision, Why, Words
from core.contracts.operation import ACT, GET, POST, Operation, somewhere
from core.contracts.permissions import Permission
from core.contracts.references import LocatedStore, Timestamp
from core.contracts.transaction_filter import FigureName

TerminalState = Literal[
    "active", "failing", "silent", "resting", "blocked", "never_seen", "not_active", "retired"
]
"""How a terminal is doing, as the SQL function terminal_condition says it and nothing else."""


class SignOnRefusal(msgspec.Struct, frozen=True):
    """The last sign-on of a terminal that we refused; gone when one is welcome. `reason` is one of ours."""

    at: Timestamp
    reason: str


class TerminalView(msgspec.Struct, kw_only=True):
    """A terminal and how it is doing."""

    id: str
    terminal: str
    store: LocatedStore
    service: str
    model: str
    state: TerminalState
    connected: bool
    last_seen_at: Timestamp | None
    block: Block | None = None
    refusal: SignOnRefusal | None = None


HopAtFault = Literal["terminal", "edge", "core", "link", "host", "issuer"]
LevelOf = Literal["terminal", "store", "network"]
LevelVerdict = Literal["worse", "usual", "too_few"]


class Diagnose(msgspec.Struct, kw_only=True):
    """The hop at fault, the next step, and how much fails around compared with the usual level."""

    id: TransactionId


class Proof(msgspec.Struct, frozen=True):
    """Filters of `GET /v1/transactions` that list the rows behind a figure."""

    from_: Timestamp = msgspec.field(name="from")
    to: Timestamp
    figure: FigureName
    terminal: str | None = None
    store: str | None = None
    brand: str | None = None


class Level(msgspec.Struct, kw_only=True):
    """How much of what was decided is declined around the transaction, how much usually is, and what is unknown."""

    of: LevelOf
    label: str
    verdict: LevelVerdict
    recent_count: int
    recent_declined: int
    recent_unknown: int
    usual_count: int
    usual_declined: int
    since: Timestamp | None
    text: str
    proof: Proof


class TransactionDiagnosis(msgspec.Struct, kw_only=True):
    """The hop at fault in plain words, the next step, and the levels that tell whether it is only this payment."""

    hop: HopAtFault | None
    hop_text: str
    title: str
    explanation: str
    next_step: str
    severity: Literal["ok", "warning", "problem"]
    verdict: str
    levels: list[Level]


Condition = TerminalState
DialectName = Literal["ascii1987", "bcd1987", "ascii1993"]
Connectivity = Literal["ethernet", "wifi", "cellular"]


Short = Annotated[str, msgspec.Meta(max_length=60)]
DepartmentCode = Annotated[str, msgspec.Meta(max_length=3)]
ServiceName = Annotated[str, msgspec.Meta(max_length=20)]


class ListTerminals(Paged, kw_only=True):
    """Terminals by number, serial number, model, store or city, and by how they are doing."""

    query: Words = ""
    store: Annotated[StoreId, msgspec.Meta(description="A store’s id")] | None = None
    department: DepartmentCode | None = None
    service: ServiceName | None = None
    condition: Condition | None = None


class ListedTerminal(TerminalView, kw_only=True):
    """A terminal in the list; its condition is its state, by the name of the filter."""

    condition: Condition


class TerminalPage(msgspec.Struct):
    """In the order of their numbers."""

    data: list[ListedTerminal]
    next_cursor: str | None = None


class OneTerminal(msgspec.Struct, kw_only=True):
    """A terminal with its state and its standing block."""

    id: TerminalId


class ReadProfile(OneTerminal, kw_only=True):
    """What a technician sets, its level, and who changed what."""


class AssignTerminal(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A terminal by its number on the label, and where it goes."""

    terminal: Short
    store_id: StoreId
    service: ServiceName
    model: Short = ""
    serial: Short = ""
    dialect: Short = "ascii1987"
    idempotency_key: str = ""


class MoveTerminal(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Where it goes, and why."""

    id: TerminalId
    store_id: StoreId
    service: ServiceName
    reason: Why
    idempotency_key: str = ""


class ActivateTerminal(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Put a terminal into service: its next sign-on is welcome. A retired one comes back."""

    id: TerminalId
    reason: Remark = ""
    idempotency_key: str = ""


class RetireTerminal(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Take a terminal out of service: its payments and sign-ons are refused."""

    id: TerminalId
    reason: Why
    idempotency_key: str = ""


class TerminalOptions(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a technician sets; amounts in minor units. No limit for contactless means the scheme's own."""

    dialect: str
    connectivity: str
    tip: bool = False
    tip_percent_max: int | None = None
    preauthorisation: bool = False
    contactless_max: int | None = None


class SetTerminalOptions(TerminalOptions, kw_only=True, forbid_unknown_fields=True):
    """Every option at once: dialect, connectivity, tip, pre-authorisation and contactless limit."""

    id: TerminalId
    revision: Revision
    idempotency_key: str = ""


class TerminalChange(msgspec.Struct):
    """Who changed what of a terminal, and when."""

    at: Timestamp
    kind: str
    by: str
    facts: dict[str, str | int | bool | None]


class TerminalNote(msgspec.Struct):
    """A remark that stays with the terminal or the store."""

    at: Timestamp
    by: str
    text: str


class TerminalProfile(msgspec.Struct, kw_only=True):
    """A terminal as a technician sees it: options, wishes, level, history."""

    id: str
    terminal: str
    model: str
    serial: str | None
    service: str
    store: LocatedStore
    condition: Condition
    options: TerminalOptions
    revision: int  # moves with each change of the options
    activated_at: Timestamp | None
    retired_at: Timestamp | None
    reload_wanted_at: Timestamp | None
    recent_count: int
    recent_declined: int
    usual_count: int
    usual_declined: int
    changes: list[TerminalChange]
    notes: list[TerminalNote]


class AskWall(msgspec.Struct, kw_only=True):
    """Terminals counted by condition: by region and department, or the stores of one department."""

    region: Annotated[str, msgspec.Meta(max_length=2, description="INSEE code")] | None = None
    department: DepartmentCode | None = None
    service: ServiceName | None = None


class WallCounts(msgspec.Struct):
    """Terminals by condition; retired ones are not counted."""

    active: int = 0
    failing: int = 0
    silent: int = 0
    resting: int = 0
    blocked: int = 0
    never_seen: int = 0
    not_active: int = 0


class WallGroup(msgspec.Struct, kw_only=True):
    """A region, a department or a store."""

    code: str
    name: str
    total: int
    troubled: int
    counts: WallCounts
    groups: list["WallGroup"] = []


class WallView(msgspec.Struct, kw_only=True):
    """Regions with their departments, or one department with its stores, the most troubled first."""

    level: Literal["country", "department"]
    department: str | None
    region: str | None
    trading: bool  # whether shops of any place shown are open by the clock of their department
    silent_minutes: int
    total: int
    troubled: int
    counts: WallCounts
    groups: list[WallGroup]
    more: bool = False
    counted_at: str  # over a large estate, up to a minute ago


_ASSIGN: Final = "Add a terminal to a service of a store. It takes payments once it is activated."
_MOVE: Final = "Put a terminal into another store or service; it must sign on anew."
_OPTIONS: Final = "Set dialect, connectivity, tip, pre-authorisation and contactless limit; the terminal is asked to take them."


_DIRECTORY_READ: Final = somewhere(Permission.DIRECTORY_READ)
_TERMINALS_WRITE: Final = somewhere(Permission.TERMINALS_WRITE)
DIAGNOSIS = Operation(
    "transactions.diagnosis",
    Diagnose,
    TransactionDiagnosis,
    somewhere(Permission.TRANSACTIONS_READ),
    http=GET("/transactions/{id}/diagnosis", "Why, and is it usual?"),
)
LIST = Operation(
    "terminals.list", ListTerminals, TerminalPage, _DIRECTORY_READ, http=GET("/terminals", "Search terminals")
)
ONE = Operation(
    "terminals.one", OneTerminal, TerminalView, _DIRECTORY_READ, http=GET("/terminals/{id}", "One terminal")
)
PROFILE = Operation(
    "terminals.profile",
    ReadProfile,
    TerminalProfile,
    _DIRECTORY_READ,
    http=GET("/terminals/{id}/profile", "A terminal’s options and history"),
)
ASSIGN = Operation(
    "terminals.assign",
    AssignTerminal,
    TerminalProfile,
    _TERMINALS_WRITE,
    http=POST("/terminals", "Assign a terminal", _ASSIGN),
    audit=("terminal.assigned",),
)
MOVE = Operation(
    "terminals.move",
    MoveTerminal,
    TerminalProfile,
    _TERMINALS_WRITE,
    http=ACT("/terminals/{id}/move", "Move a terminal", _MOVE),
    audit=("terminal.moved",),
)
ACTIVATE = Operation(
    "terminals.activate",
    ActivateTerminal,
    TerminalProfile,
    _TERMINALS_WRITE,
    http=ACT("/terminals/{id}/activate", "Activate a terminal"),
    audit=("terminal.activated",),
)
RETIRE = Operation(
    "terminals.retire",
    RetireTerminal,
    TerminalProfile,
    _TERMINALS_WRITE,
    http=ACT("/terminals/{id}/retire", "Retire a terminal"),
    audit=("terminal.retired",),
)
SET_OPTIONS = Operation(
    "terminals.set_options",
    SetTerminalOptions,
    TerminalProfile,
    _TERMINALS_WRITE,
    http=ACT("/terminals/{id}/options", "Set a terminal’s options", _OPTIONS),
    audit=("terminal.options",),
    example={"dialect": "ascii1987", "connectivity": "ethernet"},
)
WALL = Operation(
    "wall.read", AskWall, WallView, _DIRECTORY_READ, http=GET("/wall", "The state of the estate")
)
