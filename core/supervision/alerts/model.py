"""Rules, and what was measured for them."""

from datetime import datetime

import msgspec

from core.contracts.scope import Area
from core.contracts.supervision import RuleKind, Severity, Subject


class Rule(msgspec.Struct, frozen=True):
    """One row of alert_rule. Quiet hours are minutes of the day in Paris."""

    id: bytes
    kind: RuleKind
    name: str
    enabled: bool
    severity: Severity
    threshold: int
    window_minutes: int
    volume_min: int
    per: Subject
    area: Area
    quiet_from: int | None
    quiet_to: int | None
    updated_at: datetime
    standing: int = 0


class Measured(msgspec.Struct, frozen=True):
    """One subject of a rule, now. `usual` None where the past says nothing, or was not asked for."""

    key: str
    label: str
    measured: float
    volume: int
    usual: float | None = None
    weeks: int = 0  # how many of the four weeks before have the same window with payments in it
    subject_id: bytes | None = None
    store_id: bytes | None = None


class Standing(msgspec.Struct, frozen=True):
    """An alert that has not recovered."""

    id: bytes
    key: str
    seen_at: datetime
