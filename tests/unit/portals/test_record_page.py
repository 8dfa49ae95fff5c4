"""The anatomy of a record: which acts are at hand, what is copied, what a section says when it cannot be read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import pytest

from core.contracts.operations import RIGHTS
from portals.agent.app import make_kit
from portals.agent.record.sections import FAILED
from portals.kit.kit import Kit
from portals.kit.lists import ListPage
from portals.kit.page_forms import PageForms
from portals.kit.record_page import Field, RecordAct, RecordPage
from portals.kit.settings import settings_from

NOW: Final = datetime(2026, 11, 28, 12, tzinfo=UTC)
_EVERY_RIGHT: Final = list(RIGHTS)
_STORE: Final[dict[str, Any]] = {
    "id": "sto_1",
    "name": "Magasin du Port",
    "siret": "81234567600012",
    "company": {"id": "com_1", "name": "Société du Port"},
    "contacts": [{"id": "ctc_1", "name": "Anne Roy", "role": "manager", "phone": "+33612345678"}],
    "services": [],
    "terminals": [],
    "time_zone": "Europe/Paris",
}


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    """The templates and words of the agents' portal."""
    folder = tmp_path_factory.mktemp("portal")
    return make_kit(msgspec.structs.replace(settings_from(os.environ), secret_file=folder / "secret"))


def _store(
    kit: Kit,
    *,
    rights: Iterable[str] = _EVERY_RIGHT,
    sent: PageForms | None = None,
    **sections: Any,
) -> str:
    record = {"store": _STORE, "standing": {}, "macros": [], "company": {}, "alerts": None}
    record |= dict.fromkeys(("payments", "requests", "contracts", "documents", "changes")) | sections
    facts = {
        "locale": "fr",
        "may": list(rights).__contains__,
        "record": record,
        "forms": sent or PageForms(),
    }
    return kit.render("stores/record.html", kit.words["fr"], facts, now=NOW, host="portal")


def test_the_first_acts_are_buttons_and_the_others_wait_in_a_menu(kit: Kit) -> None:
    at_hand, _, menu = (
        _store(kit).partition('<div class="acts actions">')[2].partition('class="menu more-acts"')
    )
    assert 'href="/stores/sto_1/edit"' in at_hand
    assert len(re.findall(r'<(?:a|summary) class="button', at_hand)) == 3
    assert 'href="/journals/sto_1"' in menu


def test_an_act_that_the_reader_may_not_do_is_not_there(kit: Kit) -> None:
    page = _store(kit, rights=["directory.read", "requests.use"])
    assert "/stores/sto_1/block" not in page
    assert "/stores/sto_1/edit" not in page
    assert "more-acts" not in page, "two acts need no menu"


def test_an_act_that_was_refused_is_open_with_what_is_wrong(kit: Kit) -> None:
    assert '<details class="act over" open>' not in _store(kit)
    sent = [("reason", "x")]
    page = _store(kit, sent=PageForms("/stores/sto_1/block", sent, "refused", {"reason": "Dites pourquoi."}))
    opened = page.partition('<details class="act over" open>')[2].partition("</details>")[0]
    assert 'action="/stores/sto_1/block"' in opened
    assert "Dites pourquoi." in opened
    assert 'value="x"' in opened


def test_identifiers_are_shown_in_groups_and_marked_to_be_copied(kit: Kit) -> None:
    marked = re.findall(r"data-copy>(.*?)</(?:dd|span)>", _store(kit))
    shown = [re.sub(r"<[^>]+>", "", one).replace("\u00a0", " ") for one in marked]
    assert {"812 345 676 00012", "+33 6 12 34 56 78", "sto_1"} <= set(shown)


@pytest.mark.parametrize("name", ["payments", "requests", "contracts", "documents", "changes"])
def test_a_section_that_could_not_be_read_says_so_and_one_that_may_not_be_is_not_there(
    kit: Kit, name: str
) -> None:
    said = kit.words["fr"]("record.unread")
    failed: dict[str, Any] = {name: FAILED}
    assert _store(kit, **failed).count(said) == 1
    without = _store(kit)
    assert said not in without
    assert without.count('<section class="part') == 3, "terminals, services and contacts stand"


def test_the_contacts_of_the_company_stand_beside_those_of_its_store(kit: Kit) -> None:
    theirs = [{"id": "ctc_2", "name": "Jean Le Gall", "role": "owner", "email": "jean@port.example"}]
    page = _store(kit, company={"id": "com_1", "contacts": theirs})
    assert "Jean Le Gall" in page
    assert "/contacts/ctc_1/edit?of=sto_1" in page
    assert "/contacts/ctc_2/edit" not in page, "they are changed at the company"


def test_of_two_declared_acts_only_the_refused_one_is_open_with_its_error_and_what_was_typed(
    kit: Kit,
) -> None:
    reason = (Field("reason"),)
    page = RecordPage(
        ListPage("/plans", "plans.title"),
        (),
        acts=(
            RecordAct("retire", "plans.retire", "plans.retire_effect", "plans.write", reason),
            RecordAct("renew", "plans.new", "plans.retire_effect", "plans.write", reason),
        ),
    )
    facts = {
        "locale": "fr",
        "may": _EVERY_RIGHT.__contains__,
        "page": page,
        "record": {"id": "pln_1", "name": "En 4 fois", "state": "open"},
        "forms": PageForms("/plans/pln_1/renew", [("reason", "x")], "refused", {"reason": "Dites pourquoi."}),
    }
    shown = kit.render("record_page.html", kit.words["fr"], facts, now=NOW, host="portal")
    ids = re.findall(r' id="([^"]+)"', shown)
    assert sorted(ids) == sorted(set(ids))
    assert 'href="#f-renew-reason"' in shown
    retire, renew = re.findall(r'<details class="act over".*?</details>', shown, re.DOTALL)
    assert " open>" not in retire.partition("<summary")[0]
    assert " open>" in renew.partition("<summary")[0]
    assert "Dites pourquoi." not in retire
    assert 'value="x"' not in retire
    assert 'aria-describedby="e-renew-reason"' in renew
    assert 'id="e-renew-reason"' in renew
    assert 'value="x"' in renew
    assert {"f-retire-reason", "f-renew-reason"} <= set(ids)
