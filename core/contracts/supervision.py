"""Supervision between gateway and core: exports, saved views, alert rules, alerts, activity.

Requests first, then what API v1 shows. Ids arrive as 16 bytes and leave as typed text.
"""

from typing import Final, Literal

import msgspec

from core.contracts.desk_requests import TransactionFilter
from core.contracts.desk_views import BrandName, Figures, PersonRef, StoreRef, Timestamp
from core.contracts.subjects import DESK

EXPORT_ASK = f"{DESK}.export_ask"  # AskExport -> Written (ExportJob)
EXPORTS = f"{DESK}.exports"  # ListExports -> ExportPage
EXPORT = f"{DESK}.export"  # ById -> ExportJob
EXPORT_CANCEL = f"{DESK}.export_cancel"  # ById -> Nothing
EXPORT_CHUNK = f"{DESK}.export_chunk"  # ReadChunk -> ExportChunk
VIEWS = f"{DESK}.views"  # ListViews -> ViewList
VIEW_SAVE = f"{DESK}.view_save"  # SaveView -> Written (SavedView)
VIEW_DELETE = f"{DESK}.view_delete"  # ById -> Nothing
VIEW_DEFAULT = f"{DESK}.view_default"  # ChooseDefault -> Nothing
ALERT_RULES = f"{DESK}.alert_rules"  # Nothing -> AlertRuleList
ALERT_RULE_SAVE = f"{DESK}.alert_rule_save"  # SaveAlertRule -> Written (AlertRule)
ALERT_RULE_DELETE = f"{DESK}.alert_rule_delete"  # ById -> Nothing
ALERT_RULE_PREVIEW = f"{DESK}.alert_rule_preview"  # RuleTerms -> RulePreview
ALERTS = f"{DESK}.alerts"  # ListAlerts -> AlertPage
ALERT = f"{DESK}.alert"  # ById -> AlertDetail
ALERT_ACKNOWLEDGE = f"{DESK}.alert_acknowledge"  # AnswerAlert -> Written (Alert)
ALERT_SNOOZE = f"{DESK}.alert_snooze"  # AnswerAlert -> Written (Alert)
ACTIVITY = f"{DESK}.activity"  # ReadActivity -> Activity

CHUNK_BYTES_MAX: Final = 512 * 1024
EXPORT_OPEN_MAX: Final = 5  # waiting or running, for one agent
VIEWS_MAX: Final = 50  # of one agent
ALERT_RULES_MAX: Final = 100
ACTIVITY_DAYS_MAX: Final = 31

ExportFormat = Literal["csv", "xlsx"]
ExportState = Literal["waiting", "running", "done", "failed", "cancelled", "expired"]
ExportColumn = Literal[
    "received_at",
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


# Requests.


class AskExport(msgspec.Struct):
    """Write the transactions that a filter takes in into a file. `asked` is the filter in its public form."""

    format: ExportFormat
    filter: TransactionFilter
    asked: dict[str, str]
    columns: list[ExportColumn]
    locale: str
    compressed: bool
    idempotency_key: str
    kind: Literal["transactions"] = "transactions"


class ListExports(msgspec.Struct):
    """The caller's own, newest first."""

    limit: int = 50
    before: bytes | None = None


class ReadChunk(msgspec.Struct):
    """The bytes of a finished export from an offset on."""

    id: bytes
    offset: int


class ExportChunk(msgspec.Struct):
    """At most CHUNK_BYTES_MAX bytes; `size` is the whole file's."""

    data: bytes
    size: int
    file_name: str
    media_type: str


class ListViews(msgspec.Struct):
    """Views of one list that the caller may use."""

    list_: ViewedList = msgspec.field(name="list")


class SaveView(msgspec.Struct):
    """A new view, or the caller's own one changed when `id` is set."""

    list_: ViewedList = msgspec.field(name="list")
    name: str
    filters: dict[str, list[str]]
    columns: list[str]
    shared_role: str | None
    id: bytes | None = None
    idempotency_key: str = ""


class ChooseDefault(msgspec.Struct):
    """Open a list with a view from now on; `id` None with none."""

    list_: ViewedList = msgspec.field(name="list")
    id: bytes | None


class RuleTerms(msgspec.Struct, forbid_unknown_fields=True):
    """What a rule looks at and when it speaks. `threshold` is a percentage for rates, else a number of things."""

    kind: RuleKind
    threshold: int
    window_minutes: int
    volume_min: int
    per: Subject
    departments: list[str] | None = None
    stores: list[str] | None = None
    companies: list[str] | None = None
    services: list[str] | None = None
    quiet_from: str | None = None  # "22:00", Paris
    quiet_to: str | None = None


class SaveAlertRule(msgspec.Struct):
    """A new rule, or another state of one when `id` is set."""

    name: str
    severity: Severity
    enabled: bool
    terms: RuleTerms
    id: bytes | None = None
    revision: int | None = None  # what was read; another one means that somebody wrote since
    idempotency_key: str = ""


class ListAlerts(msgspec.Struct):
    """Alerts, newest first; standing ones unless `recovered` is asked for."""

    recovered: bool = False
    limit: int = 100
    before: bytes | None = None


class AnswerAlert(msgspec.Struct):
    """Take note of an alert; `minutes` for how long it shall be quiet, 0 when only acknowledged."""

    id: bytes
    note: str
    minutes: int = 0
    idempotency_key: str = ""


class ReadActivity(msgspec.Struct):
    """Activity of whole hours between two moments, with the same hours a week before beside them."""

    from_us: int
    to_us: int
    store_id: bytes | None = None
    brand: int | None = None


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
    """Something unusual: what was measured against what is usual."""

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
