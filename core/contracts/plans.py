"""Plans by which a purchase is paid in instalments: operations, requests, and the public shapes of API v1 (SCH-1)."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.fees import DateText
from core.contracts.ids import Id
from core.contracts.listing import Paged, Why
from core.contracts.operation import ACT, GET, POST, Operation, everywhere, unplaced
from core.contracts.permissions import Right
from core.contracts.references import PersonRef, Timestamp

PartCount = Literal[2, 3, 4, 10]
StepUnit = Literal["days", "months"]
PlanState = Literal["coming", "offered", "over"]

Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$", description="ISO 3166-1")]
Code = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{1,39}$")]
Name = Annotated[str, msgspec.Meta(min_length=2, max_length=80, pattern=r"\S")]


class PlanRight(Right):
    """What a role may do with plans."""

    READ = "plans.read"
    WRITE = "plans.write"


class PlanId(Id, kind="plan", prefix="pln"):
    """A version of a plan."""


class ListPlans(Paged, kw_only=True):
    """By the number of payments, then by code, the oldest version first; `on`: those that are offered on a day in Paris."""

    on: DateText | None = None


class OnePlan(msgspec.Struct, kw_only=True):
    """One version."""

    id: PlanId


class PlanAmount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """0 to 1,000,000,000 minor units."""

    amount: Annotated[int, msgspec.Meta(ge=0, le=10**9)]
    currency: Literal["EUR"]


class PlanTerms(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How a purchase is parted, and what it costs the customer: `fee_bp` basis points of it, or `fee` whatever it is.

    `valid_from` is the first day on which it is offered, `valid_to` the first on which it is offered no longer. `markets`:
    the countries of buyers to whom it is.
    """

    code: Code
    name_fr: Name
    name_en: Name
    parts: PartCount
    step_unit: StepUnit
    step_count: Annotated[int, msgspec.Meta(ge=1, le=90)]
    amount_min: PlanAmount
    amount_max: PlanAmount
    valid_from: DateText
    valid_to: DateText | None = None
    fee_bp: Annotated[int, msgspec.Meta(ge=0, le=2_000)] | None = None
    fee: PlanAmount | None = None
    markets: Annotated[list[Country], msgspec.Meta(min_length=1, max_length=30)] = msgspec.field(
        default_factory=lambda: ["FR"]
    )


class MakePlan(PlanTerms, kw_only=True, forbid_unknown_fields=True):
    """A plan, or the next version of one: its days are none of another version's."""

    idempotency_key: str = ""


class RetirePlan(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Offer it no longer from `valid_to` on: without one as soon as may be. What was bought by it stays as it is."""

    id: PlanId
    reason: Why
    valid_to: DateText | None = None
    idempotency_key: str = ""


class Plan(PlanTerms, kw_only=True):
    """A version of a plan; it never changes, but for the day on which it ends."""

    id: str
    name: str  # in the language of the call
    state: PlanState
    made_at: Timestamp
    made_by: PersonRef | None = None


class PlanPage(msgspec.Struct):
    """A page of plans."""

    data: list[Plan]
    next_cursor: str | None = None


_READ: Final = unplaced(PlanRight.READ)
_WRITE: Final = everywhere(PlanRight.WRITE)
LIST = Operation("plans.list", ListPlans, PlanPage, _READ, http=GET("/plans", "List plans"))
ONE = Operation("plans.one", OnePlan, Plan, _READ, http=GET("/plans/{id}", "One plan"))
MAKE = Operation(
    "plans.make",
    MakePlan,
    Plan,
    _WRITE,
    http=POST("/plans", "Make a plan"),
    audit=("plan.made",),
    example={"code": "3x", "fee_bp": 150},
)
RETIRE = Operation(
    "plans.retire",
    RetirePlan,
    Plan,
    _WRITE,
    http=ACT("/plans/{id}/retire", "Retire a plan"),
    audit=("plan.retired",),
)
