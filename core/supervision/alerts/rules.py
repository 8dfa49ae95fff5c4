"""Pure decisions on alerts: over the threshold or not, when one opens, when it recovers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, NamedTuple, assert_never

from core.contracts.supervision import RuleKind, Subject
from core.supervision.alerts.model import Measured, Rule, Standing
from core.values.clock import PARIS

RECOVERS_BELOW: Final = 0.8
"""An open alert is over below four fifths of its threshold: a figure that trembles around it opens one alert."""

TOO_FEW_PAYMENTS_KEEPS: Final = timedelta(minutes=30)
"""An alert about which too few payments say anything stays for so long, or for two windows."""

WEEKS_THAT_TRADE: Final = 2
PER: Final[dict[RuleKind, tuple[Subject, ...]]] = {
    "decline_rate": ("store", "area"),
    "volume_drop": ("area", "store"),
    "store_silence": ("store",),
    "terminal_silence": ("terminal",),
    "host_link_down": ("acquirer",),
    "reversal_stuck": ("acquirer",),
}
"""What one alert of a kind may be about; the first is the usual choice."""

PERCENT: Final[frozenset[RuleKind]] = frozenset({"decline_rate", "volume_drop", "host_link_down"})


class Verdict(Enum):
    """What a measurement says."""

    OVER = "over"
    HOLDING = "holding"  # over what ends an alert, under what opens one: it stays as it is
    UNDER = "under"
    TOO_FEW_PAYMENTS = "too_few_payments"  # to say anything


class Changes(NamedTuple):
    """What to write for one rule."""

    put: list[Measured]  # open, or bring up to date
    recover: list[bytes]


def verdict(rule: Rule, measured: Measured) -> Verdict:
    """Return what a measurement says about its subject."""
    match rule.kind:
        case "decline_rate" | "host_link_down":
            if measured.volume < max(rule.volume_min, 1):
                return Verdict.TOO_FEW_PAYMENTS
            return _against(rule.threshold, measured.measured)
        case "volume_drop":
            if measured.weeks < 1 or (measured.usual or 0.0) < max(rule.volume_min, 1):
                return Verdict.TOO_FEW_PAYMENTS
            return _against(rule.threshold, measured.measured)
        case "store_silence":
            if measured.volume > 0:
                return Verdict.UNDER
            trades = measured.weeks >= WEEKS_THAT_TRADE and (measured.usual or 0.0) >= max(rule.volume_min, 1)
            return Verdict.OVER if trades else Verdict.TOO_FEW_PAYMENTS
        case "terminal_silence":
            return Verdict.OVER
        case "reversal_stuck":
            return Verdict.OVER if measured.measured >= rule.threshold else Verdict.UNDER
        case _:
            assert_never(rule.kind)


def decide(rule: Rule, measured: Sequence[Measured], standing: Sequence[Standing], now: datetime) -> Changes:
    """Return what opens, what is brought up to date and what recovers."""
    open_keys = {alert.key for alert in standing}
    verdicts = {one.key: verdict(rule, one) for one in measured}
    quiet = is_quiet(rule, now)
    put = [
        one for one in measured if verdicts[one.key] is Verdict.OVER and (one.key in open_keys or not quiet)
    ]
    recover = [alert.id for alert in standing if _recovers(rule, verdicts.get(alert.key), alert, now)]
    return Changes(put, recover)


def is_quiet(rule: Rule, now: datetime) -> bool:
    """Return whether nothing new opens at this hour of the day in Paris."""
    if rule.quiet_from is None or rule.quiet_to is None:
        return False
    local = now.astimezone(PARIS)
    minute = local.hour * 60 + local.minute
    if rule.quiet_from <= rule.quiet_to:
        return rule.quiet_from <= minute < rule.quiet_to
    return minute >= rule.quiet_from or minute < rule.quiet_to


def minute_of_day(text: str) -> int | None:
    """Return minutes since midnight of `22:30`, None for what is no time of the day."""
    hour, colon, minute = text.partition(":")
    if not colon or len(hour) != 2 or len(minute) != 2 or not (hour + minute).isascii():
        return None
    if not (hour + minute).isdigit() or int(hour) > 23 or int(minute) > 59:
        return None
    return int(hour) * 60 + int(minute)


def clock_text(minute: int | None) -> str | None:
    """Return `22:30` of minutes since midnight."""
    return None if minute is None else f"{minute // 60:02d}:{minute % 60:02d}"


def _against(threshold: int, measured: float) -> Verdict:
    if measured >= threshold:
        return Verdict.OVER
    return Verdict.UNDER if measured < threshold * RECOVERS_BELOW else Verdict.HOLDING


def _recovers(rule: Rule, said: Verdict | None, alert: Standing, now: datetime) -> bool:
    if said is Verdict.UNDER:
        return True
    if said is None and rule.kind in {"terminal_silence", "reversal_stuck"}:
        # These list everything that is wrong: what is not on the list is well again.
        return True
    if said is None or said is Verdict.TOO_FEW_PAYMENTS:
        return now - alert.seen_at > max(TOO_FEW_PAYMENTS_KEEPS, 2 * timedelta(minutes=rule.window_minutes))
    return False
