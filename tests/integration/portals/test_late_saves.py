"""Whoever saves after a colleague keeps the colleague's change, and is told of it; saving again undoes nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.integration.portals.conftest import Walk
from tests.support.page_forms import Forms

_AGENT = Path(__file__).resolve().parents[3] / "portals" / "agent"


class Edit(NamedTuple):
    """A form, by the page that links to it, and two fields of it."""

    way: tuple[str, ...]  # patterns of links to follow from the first page
    action: str
    theirs: tuple[str, str]
    mine: tuple[str, str]


EDITS = {
    "store": Edit(
        ("/stores", r"/stores/sto_\w+", r"/stores/sto_\w+/edit"),
        r"/stores/sto_\w+/edit",
        ("street", "4 rue du Collègue"),
        ("opening", "lundi de 9 h à 12 h"),
    ),
    "company": Edit(
        ("/companies", r"/companies/com_\w+", r"/companies/com_\w+/edit"),
        r"/companies/com_\w+/edit",
        ("street", "4 rue du Collègue"),
        ("city", "Villeneuve"),
    ),
    "macro": Edit(
        ("/macros", r"/macros\?edit=mac_\w+"),
        r"/macros/mac_\w+/save",
        ("name_fr", "Nom du collègue"),
        ("name_en", "My name"),
    ),
    "alert rule": Edit(
        ("/alerts/rules", r"/alerts/rules/(?!new)\w+"),
        r"/alerts/rules",
        ("name", "Règle du collègue"),
        ("volume_min", "33"),
    ),
    "request": Edit(
        ("/requests?box=all", r"/requests/[A-Z]+-?\d[\w-]*"),
        r"/requests/[\w-]+/change",
        ("title", "Titre du collègue"),
        ("priority", "high"),
    ),
}


async def _get(walk: Walk, path: str) -> str:
    answer = await walk.client.get(path, headers={"cookie": walk.cookies})
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
    return answer.text


async def _following(walk: Walk, answer: httpx.Response) -> str:
    """Return the page that an answer leads to, with what it says once."""
    kept = "; ".join(one.partition(";")[0] for one in answer.headers.get_list("set-cookie"))
    page = await walk.client.get(answer.headers["location"], headers={"cookie": f"{walk.cookies}; {kept}"})
    assert page.status_code == 200
    return page.text


async def _open(walk: Walk, edit: Edit) -> tuple[str, str, str]:
    path = edit.way[0]
    page = await _get(walk, path)
    for pattern in edit.way[1:]:
        found = re.search(rf'href="({pattern})"', page)
        assert found, (path, pattern)
        path = found[1]
        page = await _get(walk, path)
    action = next(one for one in Forms(page).of if re.fullmatch(edit.action, one))
    return path, page, action


def _typed(page: str, action: str, field: str, value: str) -> list[tuple[str, str]]:
    return [(name, value if name == field else old) for name, old in Forms(page).of[action]]


@pytest.mark.parametrize("name", [name for name in EDITS if name != "request"])
async def test_a_late_save_that_is_saved_again_keeps_what_the_colleague_changed(
    walk: Walk, name: str
) -> None:
    edit = EDITS[name]
    path, page, action = await _open(walk, edit)
    colleague = await walk.post(action, _typed(await _get(walk, path), action, *edit.theirs))
    assert colleague.status_code == 303, colleague.text[:2000]
    late = await walk.post(action, _typed(page, action, *edit.mine))
    assert late.status_code == 409
    shown = dict(Forms(late.text).of[action])
    assert shown[edit.theirs[0]] == edit.theirs[1], "the colleague's change stands in the form"
    assert shown[edit.mine[0]] == edit.mine[1], "and so does what was typed"
    assert f"<strong>{edit.theirs[1]}</strong>" in late.text, "it is said what the colleague changed"
    assert "à corriger" not in late.text, "nothing is wrong in the form"
    assert 'aria-invalid="true"' not in late.text
    assert "field-error" not in late.text
    assert "Quelqu" not in late.text
    assert re.search(r"Modifié entre-temps par [^<]+, \d\d/\d\d \d\d:\d\d", late.text), "and by whom"
    again = await walk.post(action, Forms(late.text).of[action])
    assert again.status_code == 303, again.text[:2000]
    after = dict(Forms(await _get(walk, path)).of[action])
    assert (after[edit.theirs[0]], after[edit.mine[0]]) == (edit.theirs[1], edit.mine[1])


async def test_a_change_of_another_field_of_a_request_is_simply_made(walk: Walk) -> None:
    edit = EDITS["request"]
    path, page, action = await _open(walk, edit)
    await walk.post(action, _typed(await _get(walk, path), action, *edit.theirs))
    assert (await walk.post(action, _typed(page, action, *edit.mine))).status_code == 303
    after = dict(Forms(await _get(walk, path)).of[action])
    assert (after["title"], after["priority"]) == (edit.theirs[1], edit.mine[1])


@pytest.mark.parametrize("name", ["store", "macro", "request"])
async def test_what_both_changed_is_set_side_by_side(walk: Walk, name: str) -> None:
    edit = EDITS[name]
    path, page, action = await _open(walk, edit)
    field = edit.theirs[0]
    await walk.post(action, _typed(await _get(walk, path), action, field, "De la collègue"))
    late = await walk.post(action, _typed(page, action, field, "De moi"))
    assert late.status_code == 409
    assert 'class="rows clash"' in late.text, "both are shown to their ends"
    assert "<td>De moi</td><td>De la collègue</td>" in late.text
    assert "à corriger" not in late.text
    assert 'aria-invalid="true"' not in late.text
    assert dict(Forms(late.text).of[action])[field] == "De moi"


async def test_an_emptied_subject_is_refused_at_its_field_and_nothing_is_changed(walk: Walk) -> None:
    path, page, action = await _open(walk, EDITS["request"])
    before = dict(Forms(page).of[action])
    refused = await walk.post(action, _typed(page, action, "title", "  "))
    assert refused.status_code == 422, refused.status_code
    assert 'id="e-title"' in refused.text
    assert 'href="#f-title">Objet' in refused.text
    assert refused.text.count('role="alert"') == 1, "said once, at the act"
    assert dict(Forms(await _get(walk, path)).of[action])["title"] == before["title"]


async def test_whoever_saves_a_request_late_reads_who_was_faster_and_when_with_days_as_they_are_said(
    walk: Walk,
) -> None:
    path, page, action = await _open(walk, EDITS["request"])
    await walk.post(action, _typed(await _get(walk, path), action, "due_on", "2031-07-14"))
    late = await walk.post(action, _typed(page, action, "due_on", "2031-08-15"))
    assert late.status_code == 409
    assert re.search(r"Modifié entre-temps par [^<]+, \d\d/\d\d \d\d:\d\d", late.text)
    assert "<td>15\u202faoût\u202f2031</td><td>14\u202fjuil.\u202f2031</td>" in late.text.replace(
        "\xa0", "\u202f"
    )


def test_no_page_has_a_mechanism_of_its_own() -> None:
    for path in sorted(_AGENT.rglob("*.html")):
        assert 'name="was_' not in path.read_text(encoding="utf-8"), path


async def test_a_block_on_what_a_colleague_has_blocked_says_who_was_faster(walk: Walk) -> None:
    edit = Edit(("/stores", r"/stores/sto_\w+"), r"/stores/sto_\w+/block", ("reason", ""), ("reason", ""))
    path, page, action = await _open(walk, edit)
    first = await walk.post(action, _typed(page, action, "reason", "vol du terminal"))
    assert first.status_code == 303, first.text[:2000]
    second = await walk.post(action, _typed(page, action, "reason", "fermeture définitive"))
    assert second.status_code == 303
    told = await _following(walk, second)
    assert re.search(r"déjà[^<]*, \d\d/\d\d \d\d:\d\d", told), "who blocked it, and when"
    unblock = next(one for one in Forms(await _get(walk, path)).of if one.endswith("/unblock"))
    lifted = await walk.post(unblock, _typed(await _get(walk, path), unblock, "reason", "essai terminé"))
    assert lifted.status_code == 303


async def test_taking_a_request_from_a_page_that_is_too_old_says_who_took_it(walk: Walk) -> None:
    edit = Edit(
        ("/requests?box=all", r"/requests/[A-Z]+-?\d[\w-]*"), r"/requests/[\w-]+/assign", ("", ""), ("", "")
    )
    path, page, action = await _open(walk, edit)
    fields = Forms(page).of[action]
    seen = dict(fields)["seen"]
    people = re.findall(r'<option value="(agt_\w+)"', page)
    other, third = [one for one in dict.fromkeys(people) if one != seen][:2]
    given = await walk.post(action, _typed(page, action, "assignee", other))
    assert given.status_code == 303, given.text[:2000]
    late = await walk.post(action, [
        (name, {"assignee": third, "idempotency_key": "late"}.get(name, value)) for name, value in fields
    ])  # fmt: skip
    assert late.status_code == 303
    told = await _following(walk, late)
    assert "éjà" in told
    assert dict(Forms(told).of[action])["seen"] == other, "the page that comes back knows who has it"
    again = await walk.post(action, _typed(told, action, "assignee", third))
    assert again.status_code == 303, "whoever has seen it may take it"
    assert dict(Forms(await _get(walk, path)).of[action])["seen"] == third


async def test_what_a_colleague_deleted_first_is_said_to_be_gone(walk: Walk) -> None:
    page = await _get(walk, "/macros")
    action = [one for one in Forms(page).of if re.fullmatch(r"/macros/mac_\w+/remove", one)][-1]
    for said in ("Supprimé.", "C’était déjà supprimé"):
        removed = await walk.post(action, Forms(page).of[action])
        assert removed.status_code == 303, removed.text[:2000]
        assert said in await _following(walk, removed)


async def test_a_rule_that_a_colleague_deleted_may_be_kept_as_a_new_one(walk: Walk) -> None:
    path, page, action = await _open(walk, EDITS["alert rule"])
    delete = f"{path}/delete"
    assert (await walk.post(delete, Forms(page).of[delete])).status_code == 303
    late = await walk.post(action, _typed(page, action, "name", "Règle gardée"))
    assert late.status_code == 422
    assert "Supprimé entre-temps" in late.text
    shown = Forms(late.text).of[action]
    assert (dict(shown)["name"], dict(shown)["id"]) == ("Règle gardée", "")
    kept = await walk.post(action, shown)
    assert kept.status_code == 303, kept.text[:2000]
    assert "Règle gardée" in await _get(walk, "/alerts/rules")
