"""A form on a request sends what somebody changed, and nothing that a colleague changed meanwhile."""

from __future__ import annotations

import json

from portals.agent.requests.forms import told

SHOWN = {"title": "Terminal muet", "due_on": "2026-12-01", "priority": "normal", "team": "hotline"}
READ = {"was": json.dumps({name: [value] for name, value in SHOWN.items()})}


def test_only_what_was_changed_is_sent() -> None:
    assert told("change", {**READ, **SHOWN, "priority": "high"}) == ("change", {"priority": "high"})
    assert told("change", {**READ, **SHOWN}) == ("change", {})


def test_a_date_can_be_taken_away() -> None:
    assert told("change", {**READ, **SHOWN, "due_on": ""}) == ("change", {"due_on": ""})
