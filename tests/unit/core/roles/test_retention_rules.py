"""How long rows are kept is configured within bounds, and what is a fact has no such setting."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from core.runtime.retention import ages
from core.slices import RETENTION_RULES
from observability.process import SettingRefused

FACTS = (
    "attempt",
    "event",
    "ledger_entry",
    "delivery",
    "batch_total",
    "approval",
    "action",
    "action_checked",
    "agent",
    "contract_event",
    "fee_event",
)


def test_nothing_configured_is_the_default_of_each() -> None:
    assert ages(RETENTION_RULES, {}) == {
        rule.table: timedelta(days=rule.days) for rule in RETENTION_RULES if rule.setting
    }
    assert ages(RETENTION_RULES, {RETENTION_RULES[0].setting: ""}) == ages(RETENTION_RULES, {})


def test_a_number_of_days_is_taken() -> None:
    assert ages(RETENTION_RULES, {"GUICHET_KEEP_SESSIONS_DAYS": "7"})["session"] == timedelta(days=7)


@pytest.mark.parametrize(
    "text", ["0", "31", "3651", "-40", "forty", "4e2", " 400", "400d", "٤٠٠", "1" * 5_000]
)
def test_what_is_no_number_of_days_or_out_of_bounds_names_its_setting(text: str) -> None:
    with pytest.raises(SettingRefused, match="GUICHET_KEEP_TERMINAL_EVENTS_DAYS"):
        ages(RETENTION_RULES, {"GUICHET_KEEP_TERMINAL_EVENTS_DAYS": text})


def test_no_statement_removes_money_or_the_audit() -> None:
    text = "\n".join(rule.statement for rule in RETENTION_RULES)
    removed = set(re.findall(r"DELETE FROM (\w+)", text))
    assert removed == {rule.table for rule in RETENTION_RULES}
    assert removed.isdisjoint(FACTS)
    assert re.search(r"\b(TRUNCATE|DROP|UPDATE [a-z])", text) is None
