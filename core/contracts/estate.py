"""The estate of terminals: diagnosis, the wall, assignments and options, macros. Requests and public shapes."""

from typing import Literal

import msgspec

from core.contracts.desk_requests import FigureName
from core.contracts.desk_views import StoreRef, TerminalState, TerminalView, Timestamp
from core.contracts.subjects import DESK

DIAGNOSIS = f"{DESK}.diagnosis"  # desk_requests.ById -> TransactionDiagnosis

HopAtFault = Literal["terminal", "edge", "core", "link", "host", "issuer"]
LevelOf = Literal["terminal", "store", "network"]
LevelVerdict = Literal["worse", "usual", "too_few"]


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


LIST_TERMINALS = f"{DESK}.list_terminals"  # ListTerminals -> EstatePage
TERMINAL_PROFILE = f"{DESK}.terminal_profile"  # desk_requests.ById -> TerminalProfile
ASSIGN_TERMINAL = f"{DESK}.assign_terminal"  # AssignTerminal -> desk_requests.Written (TerminalProfile)
MOVE_TERMINAL = f"{DESK}.move_terminal"  # MoveTerminal -> desk_requests.Written (TerminalProfile)
ACTIVATE_TERMINAL = f"{DESK}.activate_terminal"  # TerminalAct -> desk_requests.Written (TerminalProfile)
RETIRE_TERMINAL = f"{DESK}.retire_terminal"  # TerminalAct -> desk_requests.Written (TerminalProfile)
SET_TERMINAL_OPTIONS = (
    f"{DESK}.set_terminal_options"  # SetTerminalOptions -> desk_requests.Written (TerminalProfile)
)
WALL = f"{DESK}.wall"  # AskWall -> WallView

Condition = TerminalState

DialectName = Literal["ascii1987", "bcd1987", "ascii1993"]
Connectivity = Literal["ethernet", "wifi", "cellular"]


class ListTerminals(msgspec.Struct):
    """Terminals in the order of their numbers, after `after`; every field that is set narrows the list."""

    query: str = ""
    store_id: bytes | None = None
    department: str | None = None
    service: str | None = None
    condition: Condition | None = None
    limit: int = 50
    after: str = ""


class EstateTerminal(TerminalView, kw_only=True):
    """A terminal in the list; its condition is its state, by the name of the filter."""

    condition: Condition


class EstatePage(msgspec.Struct):
    """In the order of their numbers."""

    data: list[EstateTerminal]
    next_cursor: str | None = None


class AssignTerminal(msgspec.Struct):
    """A new terminal for a service of a store."""

    terminal: str
    store_id: bytes
    service: str
    model: str = ""
    serial: str = ""
    dialect: str = "ascii1987"
    idempotency_key: str = ""


class MoveTerminal(msgspec.Struct):
    """The same terminal at another store or service."""

    id: bytes
    store_id: bytes
    service: str
    reason: str
    idempotency_key: str = ""


class TerminalAct(msgspec.Struct):
    """Activate or retire."""

    id: bytes
    reason: str = ""
    idempotency_key: str = ""


class TerminalOptions(msgspec.Struct, forbid_unknown_fields=True):
    """What a technician sets; amounts in minor units. No limit for contactless means the scheme's own."""

    dialect: str
    connectivity: str
    tip: bool = False
    tip_percent_max: int | None = None
    preauthorisation: bool = False
    contactless_max: int | None = None


class SetTerminalOptions(msgspec.Struct):
    """Every option of a terminal at once."""

    id: bytes
    options: TerminalOptions
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
    store: StoreRef
    condition: Condition
    options: TerminalOptions
    activated_at: Timestamp | None
    retired_at: Timestamp | None
    reload_wanted_at: Timestamp | None
    recent_count: int
    recent_declined: int
    usual_count: int
    usual_declined: int
    changes: list[TerminalChange]
    notes: list[TerminalNote]


class AskWall(msgspec.Struct):
    """The estate; a department shows its stores."""

    department: str | None = None
    region: str | None = None
    service: str | None = None


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
