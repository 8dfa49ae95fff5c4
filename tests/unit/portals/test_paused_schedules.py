"""What a paused purchase's customer reads: the days on which debits are made, and not those of the plan."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from typing import Any

import jinja2
import msgspec
import pytest

from portals.customer.app import FACE
from portals.kit.kit import Kit
from portals.kit.process import make_kit
from portals.kit.settings import settings_from

_NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
_PAGE = '{% from "schedule.html" import schedule with context %}{{ schedule(order, whole=true) }}'


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    """The templates and words of the customers' space, with a page of one schedule."""
    folder = tmp_path_factory.mktemp("space")
    kit = make_kit(msgspec.structs.replace(settings_from(os.environ), secret_file=folder / "secret"), FACE)
    loader = kit._templates.loader
    assert loader is not None
    kit._templates.loader = jinja2.ChoiceLoader([jinja2.DictLoader({"page.html": _PAGE}), loader])
    return kit


def _read(kit: Kit, template: str, **facts: Any) -> str:
    session = {"email": "a@exemple.example"}
    shown = kit.render(
        template, kit.words["fr"], {"locale": "fr", "session": session, **facts}, now=_NOW, host="space"
    )
    return re.sub(r"<[^>]+>|\s+", " ", shown).replace("\u00a0", " ").replace("\u202f", " ")


def _part(number: int, due_on: str, next_on: str | None) -> dict[str, Any]:
    state = "paid" if next_on is None else "upcoming"
    amount = {"amount": 4_265, "currency": "EUR"}
    return {"number": number, "due_on": due_on, "next_on": next_on, "amount": amount, "state": state}


def _order(paused_until: str | None) -> dict[str, Any]:
    money = {"amount": 12_795, "currency": "EUR"}
    parts = [
        _part(1, "2026-11-04", None),
        _part(2, "2026-12-04", "2026-12-20"),
        _part(3, "2027-01-03", "2027-01-03"),
    ]
    return {
        "id": "ord_1", "reference": "CMD-1", "shop": "Maison Verte", "state": "in_progress", "email": "a@exemple.example",
        "purchased_on": "2026-11-04", "amount": money, "fee": money, "paused_until": paused_until, "instalments": parts,
        "settling": [_part(1, "2026-12-05", "2026-12-20")],
    }  # fmt: skip


def _days(kit: Kit, paused_until: str | None) -> list[str]:
    shown = re.sub(" +", " ", _read(kit, "page.html", order=_order(paused_until)))
    return re.findall(r"n° \d+ (\d+ \S+ \d{4})", shown)


def test_rows_of_a_paused_schedule_have_the_days_on_which_debits_are_made(kit: Kit) -> None:
    assert _days(kit, None) == ["4 nov. 2026", "4 déc. 2026", "3 janv. 2027", "5 déc. 2026"]
    assert _days(kit, "2026-12-20") == ["4 nov. 2026", "20 déc. 2026", "3 janv. 2027", "20 déc. 2026"]


def test_the_result_of_a_settlement_says_when_its_next_part_is_debited(kit: Kit) -> None:
    part = _part(2, "2026-12-05", "2026-12-20")
    latest = {"state": "running", "first": part["amount"]}
    shown = _read(
        kit, "schedules/settle_result.html", latest=latest, next_part=part, settlement={"order": "ord_1"}
    )
    assert "20 décembre" in shown
    assert "5 décembre" not in shown
