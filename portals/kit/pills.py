"""Closed table of states: one word (words/states.toml), one icon, one tone each."""

from __future__ import annotations

from typing import NamedTuple


class Pill(NamedTuple):
    """How a state looks. `tone` is a class of the style sheet: ok, warn, bad, odd, wait or calm."""

    tone: str
    icon: str


TRANSACTION = {
    "received": Pill("wait", "clock"),
    "sent": Pill("wait", "clock"),
    "approved": Pill("ok", "check"),
    "partially_approved": Pill("warn", "split"),
    "declined": Pill("bad", "x"),
    "unknown": Pill("odd", "circle-question-mark"),
    "reversed": Pill("calm", "undo-2"),
    "captured": Pill("ok", "check-check"),
    "refunded": Pill("calm", "rotate-ccw"),
    "settled": Pill("ok", "banknote"),
}

TERMINAL = {
    "active": Pill("ok", "check"),
    "failing": Pill("bad", "triangle-alert"),
    "silent": Pill("warn", "wifi-off"),
    "resting": Pill("calm", "moon"),
    "blocked": Pill("bad", "ban"),
    "never_seen": Pill("calm", "circle-question-mark"),
    "not_active": Pill("calm", "power-off"),
    "retired": Pill("calm", "x"),
}

SCHEDULE = {
    "awaiting_payment": Pill("wait", "clock"),
    "abandoned": Pill("calm", "x"),
    "in_progress": Pill("wait", "calendar-clock"),
    "settled": Pill("ok", "check-check"),
    "unpaid": Pill("bad", "triangle-alert"),
    "being_settled": Pill("warn", "rotate-ccw"),
    "cancelled": Pill("calm", "x"),
}

INSTALMENT = {
    "upcoming": Pill("calm", "calendar-clock"),
    "in_progress": Pill("wait", "clock"),
    "paid": Pill("ok", "check"),
    "unpaid": Pill("bad", "triangle-alert"),
    "cancelled": Pill("calm", "x"),
}

UNKNOWN_STATE = Pill("calm", "circle-question-mark")
"""For a state that is newer than this portal: its code is shown, in grey."""

TABLES = {"transaction": TRANSACTION, "terminal": TERMINAL, "schedule": SCHEDULE, "instalment": INSTALMENT}
