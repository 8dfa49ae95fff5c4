"""Grids of acquiring fees: operations, requests, and the public shapes of API v1 (MER-5)."""

from typing import Annotated, Final, Literal, get_args

import msgspec

from core.contracts.ids import CompanyId, FeeGridId, FeeVersionId
from core.contracts.listing import Nothing, Remark
from core.contracts.operation import (
    ACT,
    BY_RECORD,
    GET,
    PATCH,
    POST,
    Operation,
    everywhere,
    somewhere,
    unplaced,
)
from core.contracts.permissions import Permission
from core.contracts.references import BrandName, CompanyRef, PersonRef, Timestamp

FEE_ROWS_MAX: Final = 45  # 5 brands, 3 regions, 3 card types
PREVIEW_DAYS_MAX: Final = 92

Region = Literal["eea", "uk", "rest"]
CardType = Literal["debit", "credit", "commercial"]
FeeState = Literal["draft", "submitted", "approved", "in_force", "superseded", "withdrawn"]
FeeAct = Literal["submit", "approve", "send_back", "withdraw"]
DateText = Annotated[
    # Days of this century: the last that Python knows is "for ever" to PostgreSQL, and reads back as no day at all.
    str,
    msgspec.Meta(
        pattern=r"^20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$", description="A day in Paris"
    ),
]


class FeeRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one payment costs: rate in basis points (35 is 0.35 %), plus fixed, never below minimum (minor units)."""

    brand: BrandName
    region: Region
    card_type: CardType
    rate_bp: Annotated[int, msgspec.Meta(ge=0, le=2000)]
    fixed_minor: Annotated[int, msgspec.Meta(ge=0, le=100_000)]
    minimum_minor: Annotated[int, msgspec.Meta(ge=0, le=100_000)]


Rows = Annotated[list[FeeRow], msgspec.Meta(max_length=FEE_ROWS_MAX)]
VersionRevision = Annotated[int, msgspec.Meta(ge=1, description="The version’s `revision` as it was read")]


class OneGrid(msgspec.Struct, kw_only=True):
    """A grid with its versions and who pays by it."""

    id: FeeGridId


class MakeGrid(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A grid and the first draft of its rows."""

    name: Annotated[str, msgspec.Meta(min_length=2, max_length=120, pattern=r"\S")]
    effective_on: DateText
    rows: Rows
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] = "EUR"
    idempotency_key: str = ""


class AssignGrid(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """From now on this company pays by this grid, whatever it paid by before."""

    id: FeeGridId
    company: CompanyId
    idempotency_key: str = ""


class MakeVersion(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Begin a draft with the rows of the newest version."""

    id: FeeGridId
    effective_on: DateText
    idempotency_key: str = ""


class OneVersion(msgspec.Struct, kw_only=True):
    """A version with its rows, its history and its differences from the one in force."""

    id: FeeVersionId


class EditVersion(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Replace every row of a draft, and its date."""

    id: FeeVersionId
    effective_on: DateText
    rows: Rows
    revision: VersionRevision
    idempotency_key: str = ""


class MoveVersion(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Move a version. Whoever made, edited or submitted it cannot approve it."""

    id: FeeVersionId
    act: FeeAct
    reason: Remark = ""
    revision: VersionRevision
    idempotency_key: str = ""


_INCLUDED: Final = msgspec.Meta(description="A day in Paris, included")


class PreviewFees(msgspec.Struct, kw_only=True):
    """Price captured payments under the version in force and under this one; last month without days."""

    id: FeeVersionId
    first: Annotated[DateText, _INCLUDED] | None = None
    last: Annotated[DateText, _INCLUDED] | None = None


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


_LIST: Final = "Every grid with its version in force and the one on its way."
_FEES_READ: Final = unplaced(Permission.FEES_READ)
_FEES_WRITE: Final = everywhere(Permission.FEES_WRITE)
LIST = Operation(
    "fee_grids.list",
    Nothing,
    FeeGridList,
    _FEES_READ,
    http=GET("/fee-grids", "List the grids", _LIST),
)
ONE = Operation(
    "fee_grids.one",
    OneGrid,
    FeeGridDetail,
    _FEES_READ,
    http=GET("/fee-grids/{id}", "One grid"),
)
MAKE = Operation(
    "fee_grids.make",
    MakeGrid,
    FeeGridDetail,
    _FEES_WRITE,
    http=POST("/fee-grids", "Make a grid"),
    audit=("fee_grid.made",),
)
ASSIGN = Operation(
    "fee_grids.assign",
    AssignGrid,
    FeeGridDetail,
    somewhere(Permission.FEES_WRITE),
    http=ACT("/fee-grids/{id}/companies", "Let a company pay by a grid"),
    audit=("company.fees_set",),
)
MAKE_VERSION = Operation(
    "fee_versions.make",
    MakeVersion,
    FeeVersionDetail,
    _FEES_WRITE,
    http=POST("/fee-grids/{id}/versions", "Begin the next version"),
    audit=("fee_version.made",),
)
ONE_VERSION = Operation(
    "fee_versions.one",
    OneVersion,
    FeeVersionDetail,
    _FEES_READ,
    http=GET("/fee-versions/{id}", "One version"),
)
EDIT_VERSION = Operation(
    "fee_versions.edit",
    EditVersion,
    FeeVersionDetail,
    _FEES_WRITE,
    http=PATCH("/fee-versions/{id}", "Edit a draft"),
    audit=("fee_version.edited",),
)
MOVE_VERSION = Operation(
    "fee_versions.move",
    MoveVersion,
    FeeVersionDetail,
    BY_RECORD,
    http=ACT("/fee-versions/{id}/{act}", "Submit, approve, send back or withdraw"),
    audit=tuple(f"fee_version.{act}" for act in get_args(FeeAct)),
)
PREVIEW = Operation(
    "fee_versions.preview",
    PreviewFees,
    FeePreview,
    _FEES_READ,
    http=GET("/fee-versions/{id}/preview", "What a version would have cost"),
)
