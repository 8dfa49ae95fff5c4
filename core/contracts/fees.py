"""Grids of acquiring fees: what the desk is asked, and what it shows of them (MER-5)."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.desk_views import BrandName, CompanyRef, PersonRef, Timestamp
from core.contracts.subjects import DESK

FEE_GRIDS = f"{DESK}.fee_grids"  # Nothing -> FeeGridList
FEE_GRID = f"{DESK}.fee_grid"  # ById -> FeeGridDetail
FEE_GRID_MADE = f"{DESK}.fee_grid_made"  # MakeGrid -> Written (FeeGridDetail)
FEE_GRID_ASSIGNED = f"{DESK}.fee_grid_assigned"  # AssignGrid -> Written (FeeGridDetail)
FEE_VERSION = f"{DESK}.fee_version"  # ById -> FeeVersionDetail
FEE_VERSION_MADE = f"{DESK}.fee_version_made"  # MakeVersion -> Written (FeeVersionDetail)
FEE_VERSION_EDITED = f"{DESK}.fee_version_edited"  # EditVersion -> Written (FeeVersionDetail)
FEE_VERSION_MOVED = f"{DESK}.fee_version_moved"  # MoveVersion -> Written (FeeVersionDetail)
FEE_PREVIEW = f"{DESK}.fee_preview"  # PreviewFees -> FeePreview

FEE_ROWS_MAX: Final = 45  # 5 brands, 3 regions, 3 card types
PREVIEW_DAYS_MAX: Final = 92

Region = Literal["eea", "uk", "rest"]
CardType = Literal["debit", "credit", "commercial"]
FeeState = Literal["draft", "submitted", "approved", "in_force", "superseded", "withdrawn"]
FeeAct = Literal["submit", "approve", "send_back", "withdraw"]
DateText = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", description="A day in Paris")]


class FeeRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one payment costs: rate in basis points (35 is 0.35 %), plus fixed, never below minimum (minor units)."""

    brand: BrandName
    region: Region
    card_type: CardType
    rate_bp: Annotated[int, msgspec.Meta(ge=0, le=2000)]
    fixed_minor: Annotated[int, msgspec.Meta(ge=0, le=100_000)]
    minimum_minor: Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class MakeGrid(msgspec.Struct):
    """A grid and the first draft of its rows."""

    name: str
    currency: str
    effective_on: str
    rows: list[FeeRow]
    idempotency_key: str = ""


class AssignGrid(msgspec.Struct):
    """From now on this company pays by this grid."""

    grid_id: bytes
    company_id: bytes
    idempotency_key: str = ""


class MakeVersion(msgspec.Struct):
    """A draft with the rows of the newest version."""

    grid_id: bytes
    effective_on: str
    idempotency_key: str = ""


class EditVersion(msgspec.Struct):
    """Every row of a draft anew, and its date."""

    id: bytes
    effective_on: str
    rows: list[FeeRow]
    revision: int | None = None  # what was read; another one means that somebody wrote since
    idempotency_key: str = ""


class MoveVersion(msgspec.Struct):
    """Submit, approve, send back, withdraw."""

    id: bytes
    act: FeeAct
    reason: str
    revision: int | None = None  # approving names what was read
    idempotency_key: str = ""


class PreviewFees(msgspec.Struct):
    """What the payments of these days would have cost; both days included, none means last month."""

    id: bytes
    first: str | None = None
    last: str | None = None


class FeeVersionSummary(msgspec.Struct, kw_only=True):
    """A version of a grid in a list."""

    id: str
    version: int
    state: FeeState
    effective_on: DateText
    made_by: PersonRef | None
    made_at: Timestamp


class FeeGridSummary(msgspec.Struct, kw_only=True):
    """A grid in a list."""

    id: str
    name: str
    currency: str
    companies: int
    in_force: FeeVersionSummary | None
    pending: FeeVersionSummary | None


class FeeGridList(msgspec.Struct):
    """In alphabetical order; few enough for one page."""

    data: list[FeeGridSummary]


class FeeGridDetail(FeeGridSummary, kw_only=True):
    """A grid with its history and who pays by it, as far as the agent sees them."""

    versions: list[FeeVersionSummary]
    paying: list[CompanyRef]


class FeeEvent(msgspec.Struct):
    """Who moved a version, and why."""

    at: Timestamp
    act: str
    by: PersonRef | None
    reason: str


class FeeDifference(msgspec.Struct):
    """A row that is not the same in the version in force; None where a side has no such row."""

    brand: BrandName
    region: Region
    card_type: CardType
    before: FeeRow | None
    after: FeeRow | None


class FeeActView(msgspec.Struct):
    """Something that this agent may do with the version now, or why not."""

    act: FeeAct
    allowed: bool
    why: str | None = None


class FeeVersionDetail(FeeVersionSummary, kw_only=True):
    """A version with its rows, its history and what it changes."""

    grid: str
    grid_name: str
    currency: str
    rows: list[FeeRow]
    revision: int  # moves with everything that happens to the version
    events: list[FeeEvent]
    differences: list[FeeDifference]
    submitted_by: PersonRef | None
    approved_by: PersonRef | None
    acts: list[FeeActView]


class FeeEffect(msgspec.Struct):
    """What the payments of one brand cost under the version in force and under this one, in minor units."""

    brand: BrandName
    payments: int
    captured_minor: int
    before_minor: int
    after_minor: int
    difference_minor: int
    without_row_before: int
    without_row_after: int


class FeePreview(msgspec.Struct):
    """The effect of a version on the companies of its grid, within the agent's scope."""

    id: str
    currency: str
    first: DateText
    last: DateText
    companies: int
    compared_with: FeeVersionSummary | None
    brands: list[FeeEffect]
    total: FeeEffect | None
