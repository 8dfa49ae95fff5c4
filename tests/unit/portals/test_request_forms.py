"""A form on a request sends what somebody changed, and nothing that a colleague changed meanwhile."""

from __future__ import annotations

import json
from typing import Any, cast

from portals.agent.requests.forms import said, told
from portals.kit.i18n import load_words
from portals.kit.visit import Visit

SHOWN = {"title": "Terminal muet", "due_on": "2026-12-01", "priority": "normal", "team": "hotline"}
READ = {"was": json.dumps({name: [value] for name, value in SHOWN.items()})}


def test_only_what_was_changed_is_sent() -> None:
    assert told("change", {**READ, **SHOWN, "priority": "high"}) == ("change", {"priority": "high"})
    assert told("change", {**READ, **SHOWN}) == ("change", {})


def test_a_subject_that_was_emptied_is_told_and_not_kept_silently() -> None:
    assert told("change", {**READ, **SHOWN, "title": " "}) == ("change", {"title": ""})


def test_a_date_can_be_taken_away() -> None:
    assert told("change", {**READ, **SHOWN, "due_on": ""}) == ("change", {"due_on": ""})


def test_whoever_takes_a_request_is_not_said_to_give_it_to_themselves() -> None:
    class Reader:
        words = load_words()["fr"]

    def read(by: str, to: str) -> str:
        entry: dict[str, Any] = {"kind": "assigned", "by": {"name": by}, "facts": {"to": to} if to else {}}
        return said(cast("Visit", Reader()), entry, {})

    assert read("Claire", "Claire") == "a pris la demande"
    assert read("Claire", "Paul") == "a confié la demande à Paul"
    assert read("Claire", "") == "a rendu la demande à l’équipe"
