"""Supervision: exports, saved views, alert rules, alerts, activity. Operations, requests, and what API v1 shows."""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from core.contracts.ids import AlertId, AlertRuleId, ExportId, StoreId, ViewId
from core.contracts.listing import Limit, Nothing, Paged, Remark, Revision, Why
from core.contracts.operation import ACT, BY_RECORD, DELETE, GET, PATCH, POST, Operation, Route, somewhere
from core.contracts.permissions import Permission
from core.contracts.references import BrandName, PersonRef, StoreRef, Timestamp
from core.contracts.transaction_filter import TransactionQuery
from core.contracts.transactions import Figures

CHUNK_BYTES_MAX: Final = 512 * 1024
EXPORT_OPEN_MAX: Final = 5  # waiting or running, for one agent
VIEWS_MAX: Final = 50  # of one agent
ALERT_RULES_MAX: Final = 100
ACTIVITY_DAYS_MAX: Final = 31
SNOOZE_MINUTES_MAX: Final = 7 * 1440

ExportFormat = Literal["csv", "xlsx"]
ExportState = Literal["waiting", "running", "done", "failed", "cancelled", "expired"]
ExportColumn = Literal[
    "received_at",
    "received_at_store",
    "state",
    "kind",
    "amount",
    "approved_amount",
    "captured_amount",
    "refunded_amount",
    "refund_pending_amount",
    "net_amount",
    "currency",
    "brand",
    "card_bin",
    "card_last_four",
    "store",
    "department",
    "company",
    "terminal",
    "reason",
    "reason_text",
    "host_code",
    "approval_code",
    "rrn",
    "stan",
    "entry_mode",
    "decided_at",
    "id",
]
ViewedList = Literal["transactions", "terminals"]
RuleKind = Literal[
    "decline_rate", "volume_drop", "store_silence", "terminal_silence", "host_link_down", "reversal_stuck"
]
Severity = Literal["info", "warning", "critical"]
Subject = Literal["area", "store", "terminal", "acquirer"]
AlertState = Literal["open", "acknowledged", "snoozed", "recovered"]

ViewValue = Annotated[str, msgspec.Meta(max_length=80)]


# Requests.


class AskExport(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to write into a file. Without columns: the usual ones."""

    format: ExportFormat
    kind: Literal["transactions"] = "transactions"
    filter: TransactionQuery = msgspec.field(default_factory=TransactionQuery)
    columns: Annotated[list[ExportColumn], msgspec.Meta(min_length=1, max_length=40)] | None = None
    locale: Literal["fr", "en"] | None = None
    compressed: bool = False
    idempotency_key: str


class ListExports(Paged, kw_only=True):
    """Exports with how far each one is."""


class OneExport(msgspec.Struct, kw_only=True):
    """One of the caller's exports."""

    id: ExportId


class CancelExport(OneExport, kw_only=True):
    """Stop it, or give its file back; doing it twice changes nothing."""


class ReadChunk(OneExport, kw_only=True):
    """The bytes of a finished export from an offset on."""

    offset: int


class ExportChunk(msgspec.Struct):
    """At most CHUNK_BYTES_MAX bytes; `size` is the whole file's."""

    data: bytes
    size: int
    file_name: str
    media_type: str


_VIEWED: Final = msgspec.Meta(description="Which list the view is of")


class ListViews(msgspec.Struct, kw_only=True):
    """One's own views and those shared with one's roles, by name."""

    list_: Annotated[ViewedList, _VIEWED] = msgspec.field(name="list")


class AddView(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Filters as in the address of the list's page, each with its values; dates only where they belong to the view."""

    list_: ViewedList = msgspec.field(name="list")
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    filters: Annotated[
        dict[str, Annotated[list[ViewValue], msgspec.Meta(max_length=20)]], msgspec.Meta(max_length=20)
    ] = {}
    columns: Annotated[list[ViewValue], msgspec.Meta(max_length=20)] = []
    shared_role: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z_]{1,39}$")] | None = None
    idempotency_key: str = ""


class ChangeView(AddView, kw_only=True, forbid_unknown_fields=True):
    """Put another state in place of one of one's own views, as it was at the revision that is named."""

    id: ViewId
    revision: Revision


class RemoveView(msgspec.Struct, kw_only=True):
    """Delete one of one's own views."""

    id: ViewId


class ChooseDefault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Open a list with a view from now on, or plainly."""

    list_: ViewedList = msgspec.field(name="list")
    view: ViewId | None


class ListRules(msgspec.Struct, kw_only=True):
    """The rules whose whole area the caller sees, by name."""


class RuleTerms(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a rule looks at and when it speaks. `threshold` is a percentage for rates, else a number of things."""

    kind: RuleKind
    threshold: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    window_minutes: Annotated[int, msgspec.Meta(ge=5, le=1440)]
    volume_min: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    per: Subject
    departments: list[str] | None = None
    stores: list[str] | None = None
    companies: list[str] | None = None
    services: list[str] | None = None
    quiet_from: str | None = None  # "22:00", Paris
    quiet_to: str | None = None


class AddAlertRule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A rule: what it looks at, when it speaks and how loudly."""

    name: Annotated[str, msgspec.Meta(max_length=80)]
    severity: Severity
    terms: RuleTerms
    enabled: bool = True
    idempotency_key: str = ""


class ChangeAlertRule(AddAlertRule, kw_only=True, forbid_unknown_fields=True):
    """A rule as it shall be; another revision than the present one means that somebody wrote since."""

    id: AlertRuleId
    revision: Revision


class RemoveAlertRule(msgspec.Struct, kw_only=True):
    """Stop watching; what the rule said stays in the history."""

    id: AlertRuleId


class ListAlerts(Paged, kw_only=True):
    """What stands, or what has recovered."""

    recovered: bool = False
    limit: Limit = 100


class OneAlert(msgspec.Struct, kw_only=True):
    """An alert with its history."""

    id: AlertId


class AcknowledgeAlert(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is known or done about it."""

    id: AlertId
    note: Why
    idempotency_key: str = ""


class SnoozeAlert(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """For how long it shall be quiet, and why."""

    id: AlertId
    minutes: Annotated[int, msgspec.Meta(ge=5, le=SNOOZE_MINUTES_MAX)]
    note: Remark = ""
    idempotency_key: str = ""


class ReadActivity(msgspec.Struct, kw_only=True):
    """Whole hours of at most 31 days: volume, approval rate and latency, by store, brand and reason too."""

    from_: Annotated[datetime, msgspec.Meta(description="24 hours before `to` by default")] | None = (
        msgspec.field(name="from", default=None)
    )
    to: Annotated[datetime, msgspec.Meta(description="Now by default")] | None = None
    store: Annotated[StoreId, msgspec.Meta(description="A store’s id")] | None = None
    brand: BrandName | None = None


# Views.


class ExportJob(msgspec.Struct):
    """An export and how far it is. `rows_total` is known once it runs."""

    id: str
    kind: Literal["transactions"]
    format: ExportFormat
    compressed: bool
    state: ExportState
    failure: str | None
    rows_done: int
    rows_total: int | None
    bytes: int | None
    filter: dict[str, str]
    columns: list[str]
    locale: str
    created_at: Timestamp
    finished_at: Timestamp | None
    expires_at: Timestamp | None


class ExportPage(msgspec.Struct):
    """Exports, newest first."""

    data: list[ExportJob]
    next_cursor: str | None


class SavedView(msgspec.Struct):
    """A list as somebody likes to see it."""

    id: str
    list_: ViewedList = msgspec.field(name="list")
    name: str
    filters: dict[str, list[str]]
    columns: list[str]
    shared_role: str | None
    owner: PersonRef
    mine: bool
    default: bool
    revision: int  # moves with each change


class ViewList(msgspec.Struct):
    """Views in the order of their names."""

    data: list[SavedView]


class AlertRule(msgspec.Struct):
    """A rule and its state."""

    id: str
    name: str
    severity: Severity
    enabled: bool
    terms: RuleTerms
    standing: int  # alerts of this rule that have not recovered
    updated_at: Timestamp
    revision: int  # moves with each change


class AlertRuleList(msgspec.Struct):
    """Rules in the order of their names."""

    data: list[AlertRule]


class RulePreview(msgspec.Struct):
    """How often a rule would have opened an alert; None when the past does not tell (who was connected when)."""

    days: int
    fired: int | None
    subjects: int | None


class Alert(msgspec.Struct):
    """Something unusual: what was measured against what is usual. `time_zone`: of the store that it is about."""

    id: str
    rule: str
    rule_name: str
    kind: RuleKind
    severity: Severity
    state: AlertState
    subject_kind: Subject
    subject: str | None
    label: str
    measured: float
    usual: float | None
    threshold: int
    volume: int
    window_minutes: int
    opened_at: Timestamp
    seen_at: Timestamp
    recovered_at: Timestamp | None
    acknowledged_at: Timestamp | None
    acknowledged_by: PersonRef | None
    snoozed_until: Timestamp | None
    time_zone: str = ""


class AlertPage(msgspec.Struct):
    """Alerts, newest first."""

    data: list[Alert]
    next_cursor: str | None


class AlertHappening(msgspec.Struct):
    """One line of an alert's history."""

    at: Timestamp
    kind: Literal["opened", "acknowledged", "snoozed", "recovered"]
    by: PersonRef | None
    note: str


class AlertDetail(msgspec.Struct):
    """An alert with its history, oldest first."""

    alert: Alert
    history: list[AlertHappening]


class ActivityPoint(Figures, kw_only=True):
    """One hour, or all of them. Percentiles are None where nothing was decided."""

    at: Timestamp
    latency_p50_ms: float | None
    latency_p95_ms: float | None


class StoreActivity(Figures, kw_only=True):
    """What one store did in the time asked for."""

    store: StoreRef


class BrandActivity(Figures, kw_only=True):
    """What one brand did in the time asked for."""

    brand: BrandName


class ReasonActivity(msgspec.Struct):
    """How often payments were declined for a reason."""

    reason: str
    count: int


class Activity(msgspec.Struct):
    """Hours in order, the same hours a week before, and the busiest stores, the brands and the reasons."""

    from_: Timestamp = msgspec.field(name="from")
    to: Timestamp
    total: ActivityPoint
    total_week_before: ActivityPoint
    hours: list[ActivityPoint]
    week_before: list[ActivityPoint]
    stores: list[StoreActivity]
    brands: list[BrandActivity]
    reasons: list[ReasonActivity]


_ASK: Final = (
    "Ask for a file of every transaction that the filter takes in and the caller sees now; "
    "ask for it again by its id."
)
_ADD_VIEW: Final = "Keep filters and columns under a name, for oneself or for a role that one holds."
_CHANGE_RULE: Final = (
    "Put another state in place; what stood by the old one is over. "
    "Refused when somebody else wrote after the revision that is named."
)
_ACKNOWLEDGE: Final = "Say that somebody looks after it: the bell counts it no more."
_SNOOZE: Final = "Keep it quiet for some minutes; it speaks again afterwards if it still stands."
_PREVIEW: Final = (
    "Say how often such a rule would have opened an alert in the last seven days. Nothing is kept."
)

_TRANSACTIONS_EXPORT: Final = somewhere(Permission.TRANSACTIONS_EXPORT)
_ALERTS_READ: Final = somewhere(Permission.ALERTS_READ)
_ALERTS_WRITE: Final = somewhere(Permission.ALERTS_WRITE)
_ALERTS_ACKNOWLEDGE: Final = somewhere(Permission.ALERTS_ACKNOWLEDGE)
EXPORT = Operation(
    "exports.ask",
    AskExport,
    ExportJob,
    _TRANSACTIONS_EXPORT,
    http=Route("POST", 202, "/exports", "Export transactions", _ASK),
    audit=("export.asked",),
)
EXPORTS = Operation(
    "exports.list",
    ListExports,
    ExportPage,
    _TRANSACTIONS_EXPORT,
    http=GET("/exports", "The caller’s exports, newest first"),
)
ONE_EXPORT = Operation(
    "exports.one", OneExport, ExportJob, _TRANSACTIONS_EXPORT, http=GET("/exports/{id}", "One export")
)
CANCEL_EXPORT = Operation(
    "exports.cancel",
    CancelExport,
    Nothing,
    _TRANSACTIONS_EXPORT,
    http=DELETE("/exports/{id}", "Cancel an export"),
    audit=("export.cancelled",),
)
EXPORT_CHUNK = Operation(
    "exports.chunk", ReadChunk, ExportChunk, _TRANSACTIONS_EXPORT, audit=("export.downloaded",)
)
# A view belongs to its list, and so does the right to it.
VIEWS = Operation("views.list", ListViews, ViewList, BY_RECORD, http=GET("/views", "Saved views of a list"))
ADD_VIEW = Operation(
    "views.add",
    AddView,
    SavedView,
    BY_RECORD,
    http=POST("/views", "Save a view", _ADD_VIEW),
    audit=("view.added",),
)
CHANGE_VIEW = Operation(
    "views.change",
    ChangeView,
    SavedView,
    BY_RECORD,
    http=PATCH("/views/{id}", "Change a view"),
    audit=("view.changed",),
    example={"list": "transactions", "name": "Refus du jour"},
)
REMOVE_VIEW = Operation(
    "views.remove",
    RemoveView,
    Nothing,
    BY_RECORD,
    http=DELETE("/views/{id}", "Delete a view"),
    audit=("view.deleted",),
)
DEFAULT_VIEW = Operation(
    "views.choose_default",
    ChooseDefault,
    Nothing,
    BY_RECORD,
    http=Route("POST", 204, "/views/default", "Choose how a list opens"),
    audit=("view.default_chosen",),
)
RULES = Operation(
    "alert_rules.list", ListRules, AlertRuleList, _ALERTS_READ, http=GET("/alert-rules", "Alert rules")
)
ADD_RULE = Operation(
    "alert_rules.add",
    AddAlertRule,
    AlertRule,
    _ALERTS_WRITE,
    http=POST("/alert-rules", "Add an alert rule", "Watch something more, within one's own scope."),
    audit=("alert_rule.added",),
)
CHANGE_RULE = Operation(
    "alert_rules.change",
    ChangeAlertRule,
    AlertRule,
    _ALERTS_WRITE,
    http=PATCH("/alert-rules/{id}", "Change an alert rule", _CHANGE_RULE),
    audit=("alert_rule.changed",),
    example={
        "name": "Refus du soir",
        "severity": "info",
        "terms": {
            "kind": "decline_rate",
            "per": "area",
            "threshold": 50,
            "window_minutes": 60,
            "volume_min": 10,
            "departments": ["90"],
        },
    },
)
REMOVE_RULE = Operation(
    "alert_rules.remove",
    RemoveAlertRule,
    Nothing,
    _ALERTS_WRITE,
    http=DELETE("/alert-rules/{id}", "Delete an alert rule"),
    audit=("alert_rule.deleted",),
)
PREVIEW_RULE = Operation(
    "alert_rules.preview",
    RuleTerms,
    RulePreview,
    _ALERTS_WRITE,
    http=ACT("/alert-rules/preview", "Try an alert rule on last week", _PREVIEW),
)
ALERTS = Operation(
    "alerts.list", ListAlerts, AlertPage, _ALERTS_READ, http=GET("/alerts", "Alerts, newest first")
)
ONE_ALERT = Operation(
    "alerts.one", OneAlert, AlertDetail, _ALERTS_READ, http=GET("/alerts/{id}", "One alert")
)
ACKNOWLEDGE = Operation(
    "alerts.acknowledge",
    AcknowledgeAlert,
    Alert,
    _ALERTS_ACKNOWLEDGE,
    http=ACT("/alerts/{id}/acknowledge", "Take note of an alert", _ACKNOWLEDGE),
    audit=("alert.acknowledged",),
)
SNOOZE = Operation(
    "alerts.snooze",
    SnoozeAlert,
    Alert,
    _ALERTS_ACKNOWLEDGE,
    http=ACT("/alerts/{id}/snooze", "Silence an alert for a while", _SNOOZE),
    audit=("alert.snoozed",),
)
ACTIVITY = Operation(
    "activity.read",
    ReadActivity,
    Activity,
    somewhere(Permission.TRANSACTIONS_READ),
    http=GET("/activity", "Activity by hour, and a week before"),
)
