"""Pages say what is so of files, contracts, refunds and payments: rendered with the records they are made for."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from core.contracts.operations import RIGHTS
from core.contracts.references import StateName
from portals.agent.app import make_kit
from portals.agent.approvals import page as approvals
from portals.agent.contracts import page as contracts
from portals.kit.kit import Kit
from portals.kit.lists import ListPage, Shown
from portals.kit.settings import settings_from

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
_TAG = re.compile(r"<[^>]+>")


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    """The templates and words of the agents' portal."""
    folder = tmp_path_factory.mktemp("portal")
    return make_kit(msgspec.structs.replace(settings_from(os.environ), secret_file=folder / "secret"))


def _shown(kit: Kit, template: str, **facts: Any) -> str:
    may = list(RIGHTS).__contains__
    page = kit.render(
        template, kit.words["fr"], {"locale": "fr", "may": may, **facts}, now=NOW, host="portal"
    )
    return " ".join(_TAG.sub(" ", page).split())


def _listed(page: ListPage, *rows: dict[str, Any]) -> Shown:
    return Shown(page, {}, "", [*rows], None, {}, "", None)


def _file(*, received: list[str], iban: str) -> dict[str, Any]:
    names = ("merchant", "company", "stores", "contacts", "services", "documents", "review")
    return {
        "id": "onb_1",
        "state": "draft",
        "steps": [{"name": name, "complete": True, "problems": []} for name in names],
        "answers": {
            "company": {"iban": iban},
            "documents": {"wanted": ["registration", "identity"], "received": received},
        },
    }


@pytest.mark.parametrize(
    ("received", "iban", "steps", "review"),
    [
        (
            ["registration"],
            "",
            ("IBAN à indiquer", "1 pièce à recevoir"),
            ("IBAN : pas encore indiqué", "à recevoir"),
        ),
        (["registration", "identity"], "FR76", (), ("Le dossier est complet.",)),
    ],
)
def test_a_file_that_lacks_documents_or_an_iban_is_not_called_complete(
    kit: Kit, received: list[str], iban: str, steps: tuple[str, ...], review: tuple[str, ...]
) -> None:
    record = _file(received=received, iban=iban)
    listed = _shown(kit, "onboarding/steps.html", record=record, step="review")
    assert [one for one in steps if one not in listed] == []
    assert listed.count("complet") == 7 - len(steps)
    said = _shown(kit, "onboarding/review.html", x=record, a=record["answers"], files={})
    assert [one for one in review if one not in said] == []
    assert ("Le dossier est complet" in said) == (not steps)


def test_the_review_of_a_file_names_each_field_and_the_act_that_comes_next(kit: Kit) -> None:
    record: dict[str, Any] = {**_file(received=[], iban=""), "state": "submitted"}
    said = _shown(kit, "onboarding/review.html", x=record, a=record["answers"], files={})
    assert "Le dossier peut être validé" in said
    assert "peut être soumis" not in said
    steps: list[dict[str, Any]] = record["steps"]
    company = next(step for step in steps if step["name"] == "company")
    company["problems"] = [
        {"field": f"company.{name}", "code": "missing", "detail": "Ce champ manque."}
        for name in ("legal_name", "street")
    ]
    lacking = _shown(kit, "onboarding/review.html", x=record, a=record["answers"], files={})
    assert "Société et compte, Raison sociale" in lacking
    assert "Société et compte, Rue" in lacking


def test_the_review_of_an_empty_file_names_the_step_and_no_field_of_another(kit: Kit) -> None:
    record = _file(received=[], iban="")
    for name, code, detail in (
        ("contacts", "contacts_missing", "Ajoutez une personne."),
        ("stores", "stores_missing", "Ajoutez un magasin."),
    ):
        step = next(one for one in record["steps"] if one["name"] == name)
        step["problems"] = [{"field": f"{name}.0.name", "code": code, "detail": detail}]
    said = _shown(kit, "onboarding/review.html", x=record, a=record["answers"], files={})
    assert "Contacts : Ajoutez une personne." in said
    assert "Magasins : Ajoutez un magasin." in said
    contacts = next(one for one in record["steps"] if one["name"] == "contacts")
    contacts["problems"] = [{"field": "contacts.0.name", "code": "missing", "detail": "Ce champ manque."}]
    said = _shown(kit, "onboarding/review.html", x=record, a=record["answers"], files={})
    assert "Contacts, Nom : Ce champ manque." in said


def test_a_contract_given_up_before_it_began_is_not_called_terminated(kit: Kit) -> None:
    def state(ends_on: str | None) -> str:
        row = {"id": "ctr_1", "number": "C-1", "state": "terminated", "ends_on": ends_on, "company": {}}
        return _shown(kit, "contracts/contracts.html", list=_listed(contracts.LIST, row))

    assert "abandonné" in state(None)
    assert "résilié" not in state(None)
    assert "résilié" in state("2026-11-01")


def test_a_refund_that_waits_for_approval_is_of_a_positive_amount(kit: Kit) -> None:
    asked = {"id": "apr_1", "amount": {"amount": 60000, "currency": "EUR"}, "state": "waiting", "may": {}}
    shown = _shown(kit, "approvals/approvals.html", list=_listed(approvals.LIST, asked), view="to_decide")
    assert "Remboursement de 600,00" in shown


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        ("Rien à faire.", "Rien à faire."),
        ("Rien à faire : elle est renvoyée.", "Rien à faire : elle est renvoyée."),
        ("Attendez quelques secondes.", "À faire : Attendez quelques secondes."),
    ],
)
def test_nothing_to_do_is_not_announced_as_something_to_do(kit: Kit, step: str, shown: str) -> None:
    transaction = {
        "id": "txn_1",
        "amount": {"amount": 100, "currency": "EUR"},
        "state": "approved",
        "actions": {},
        "card": {"expiry": ""},
        "diagnosis": {"severity": "ok", "title": "Payé", "explanation": "Payé.", "next_step": step},
    }
    page = _shown(kit, "transaction/record.html", record={"tx": transaction, "levels": {}})
    assert shown in page
    assert ("À faire :" in page) == shown.startswith("À faire")


@pytest.mark.parametrize("state", get_args(StateName))
def test_what_nobody_has_approved_shows_no_approved_amount(kit: Kit, state: str) -> None:
    transaction = {
        "id": "txn_1",
        "amount": {"amount": 6100, "currency": "EUR"},
        "approved_amount": {"amount": 0, "currency": "EUR"},
        "state": state,
        "actions": {},
        "card": {"expiry": ""},
    }
    page = _shown(kit, "transaction/record.html", record={"tx": transaction, "levels": {}})
    stands = state in ("approved", "partially_approved", "captured", "refunded", "settled")
    assert ("Accordé" in page) == stands


def test_home_shows_a_status_as_a_pill_and_a_number_in_groups(kit: Kit) -> None:
    row = {"title": "REQ-1", "link": "/requests/REQ-1", "status": "En cours", "about": "", "late": False}
    file = {"title": "920000023", "link": "/onboarding/onb_1", "status": "returned", "about": "920000023"}
    sections = [
        {"code": code, "count": 1, "rows": [one], "link": "/", "more": False}
        for code, one in (("mine_requests", row), ("onboardings", file))
    ]
    facts = {"locale": "fr", "may": list(RIGHTS).__contains__, "session": {"name": "Inès"}}
    page = kit.render(
        "home/home.html",
        kit.words["fr"],
        {**facts, "sections": sections, "watches": False, "only": ""},
        now=NOW,
        host="portal",
    )
    assert re.search(r'<span class="pill wait">.*?En cours</span>', page)
    assert "920000023" not in _TAG.sub(" ", page)


def test_a_brand_agrees_with_all_of_them() -> None:
    folder = Path(__file__).resolve().parents[3] / "portals" / "agent"
    for name in ("transactions/filters.html", "activity/activity.html"):
        text = (folder / name).read_text(encoding="utf-8")
        choice = text[text.index('id="f-brand"') :].partition("</option>")[0]
        assert "filters.all_brands" in choice, name
