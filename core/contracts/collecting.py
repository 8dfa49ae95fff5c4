"""The daily run as people see and stop it, and the test clock of the sandbox: operations and public shapes (SCH-3, API-3)."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.fees import DateText
from core.contracts.listing import Nothing, Why
from core.contracts.operation import ACT, GET, Operation, everywhere, unplaced
from core.contracts.permissions import Right
from core.contracts.references import BrandName, Money, PersonRef, Timestamp

DebitOutcome = Literal["open", "approved", "declined", "reversed", "not_sent"]
"""Open: under way, or nobody knows yet. Reversed: nobody knew, and it was taken back. Not sent: no host was asked."""

MOVED_BY_S_MAX: Final = 20 * 366 * 86_400


class CollectingRight(Right):
    """What a role may do with the daily run."""

    READ = "collecting.read"
    PAUSE = "collecting.pause"
    CLOCK = "test_clock.move"


class ReadCollecting(msgspec.Struct, kw_only=True):
    """What the run of a day in Paris did, by brand and reason, and what is still due; without `on`, that of today."""

    on: DateText | None = None


class ReadDue(msgspec.Struct, kw_only=True):
    """A run without doing it: what a run of that day would claim as things stand, and what it would not send and why."""

    on: DateText | None = None


class PauseCollecting(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Claim nothing any more until it is resumed; what is under way goes on to its end."""

    reason: Why
    idempotency_key: str = ""


class ResumeCollecting(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Claim again."""

    reason: Why
    idempotency_key: str = ""


class MoveTestClock(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Let schedules live at another time: so many seconds after the real time, before it where negative, 0 for with it."""

    offset_s: Annotated[int, msgspec.Meta(ge=-MOVED_BY_S_MAX, le=MOVED_BY_S_MAX)]
    idempotency_key: str = ""


class CollectedRow(msgspec.Struct, kw_only=True):
    """Debits of a brand that ended alike, for one reason."""

    brand: BrandName
    outcome: DebitOutcome
    reason: str | None
    count: int
    amount: Money


class DueRow(msgspec.Struct, kw_only=True):
    """Instalments of a brand that a run would claim; `reason`: why they would not be sent."""

    brand: BrandName
    reason: str | None
    count: int
    amount: Money


class CollectingPause(msgspec.Struct, kw_only=True):
    """A pause that stands."""

    reason: str
    paused_at: Timestamp
    paused_by: PersonRef


class CollectingDay(msgspec.Struct, kw_only=True):
    """A day with a run, in few words."""

    on: str
    count: int
    approved: int
    amount: Money  # approved


class CollectingReport(msgspec.Struct, kw_only=True):
    """The run of a day. `due` waits to be claimed now, `waiting` is tried again later, or paused; what is under way may be unknown."""

    on: str
    today: str
    began_at: Timestamp | None
    pause: CollectingPause | None
    due: int
    waiting: int
    under_way: int
    rows: list[CollectedRow]
    days: list[CollectingDay]  # the last ones, the newest first


class DueReport(msgspec.Struct, kw_only=True):
    """What a run would claim."""

    on: str
    count: int
    rows: list[DueRow]


class TestClock(msgspec.Struct, kw_only=True):
    """The time at which schedules live. `is_movable`: this is a sandbox; elsewhere it is the real time."""

    now: Timestamp
    today: str  # in Paris
    offset_s: int
    is_movable: bool


REPORT = Operation(
    "collecting.report",
    ReadCollecting,
    CollectingReport,
    unplaced(CollectingRight.READ),
    http=GET("/collecting", "What the daily run did"),
)
DUE = Operation(
    "collecting.due",
    ReadDue,
    DueReport,
    unplaced(CollectingRight.READ),
    http=GET("/collecting/due", "What a run would do"),
)
PAUSE = Operation(
    "collecting.pause",
    PauseCollecting,
    CollectingReport,
    everywhere(CollectingRight.PAUSE),
    http=ACT("/collecting/pause", "Pause the daily run"),
    audit=("collecting.paused",),
)
RESUME = Operation(
    "collecting.resume",
    ResumeCollecting,
    CollectingReport,
    everywhere(CollectingRight.PAUSE),
    http=ACT("/collecting/resume", "Resume the daily run"),
    audit=("collecting.resumed",),
)
SHOW_CLOCK = Operation(
    "test_clock.show",
    Nothing,
    TestClock,
    unplaced(CollectingRight.READ),
    http=GET(
        "/test-clock",
        "The time of schedules",
        "Return the time at which schedules live, and by how much it was moved.",
    ),
)
MOVE_CLOCK = Operation(
    "test_clock.move",
    MoveTestClock,
    TestClock,
    everywhere(CollectingRight.CLOCK),
    http=ACT("/test-clock/move", "Move the time of schedules"),
    audit=("test_clock.moved",),
    example={"offset_s": 0},
)
