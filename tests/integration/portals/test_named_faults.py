"""What is wrong with a form is named, so that it can be mended."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.integration.portals.conftest import Walk
from tests.support.page_forms import Forms


async def _get(walk: Walk, path: str) -> str:
    answer = await walk.client.get(path, headers={"cookie": walk.cookies})
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.text


async def _send(walk: Walk, page: str, action: str, **typed: str) -> httpx.Response:
    fields = {**dict(Forms(page).of[action]), **typed}
    return await walk.post(action, [(name, value) for name, value in fields.items() if value != "\x00"])


async def test_a_view_without_a_name_is_asked_for_one(walk: Walk) -> None:
    refused = await _send(walk, await _get(walk, "/transactions"), "/views", name=" ")
    assert refused.status_code == 422
    assert "Donnez un nom à la vue." in refused.text


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("sans-arobase", "Écrivez une adresse complète"),
        ("hotline@guichet.example", "est déjà celle d’un agent"),
    ],
)
async def test_an_invitation_says_what_is_wrong_with_the_address(walk: Walk, email: str, said: str) -> None:
    page = await _get(walk, "/agents/invite")
    refused = await _send(
        walk, page, "/agents/invite", email=email, name="Lise Morel", role="hotline", locale="fr"
    )
    assert refused.status_code in (409, 422), refused.status_code
    assert said in refused.text


async def test_a_highest_tip_without_a_tip_is_not_dropped_unsaid(walk: Walk) -> None:
    listed = await _get(walk, "/terminals")
    for address in dict.fromkeys(re.findall(r'href="(/terminals/ter_\w+)"', listed)):
        page = await _get(walk, address)
        if f"{address}/options" in Forms(page).of:
            refused = await _send(
                walk, page, f"{address}/options", tip="\x00", tip_percent_max="12", contactless_max=""
            )
            assert refused.status_code == 422
            assert "Cochez le pourboire, ou videz ce champ." in refused.text
            return
    pytest.fail("no terminal whose options can be set")


async def test_the_faults_of_a_rule_are_told_together(walk: Walk) -> None:
    page = await _get(walk, "/alerts/rules/new")
    for wrong in (
        {"name": "", "departments": "XX", "quiet_from": "22:00", "quiet_to": "", "threshold": "400"},
        # A number that the portal cannot read hides none of the bounds of the others.
        {"threshold": "-1", "window_minutes": "0", "volume_min": "9999999"},
    ):
        typed = {"name": "Refus à Paris", **wrong}
        shown = (await _send(walk, page, "/alerts/rules", **typed)).text
        for name in wrong.keys() - {"quiet_from"}:
            assert f'id="e-{name}"' in shown, name


async def test_every_fault_of_a_plan_is_told_at_once(walk: Walk) -> None:
    page = await _get(walk, "/plans/new")
    wrong = {"name_fr": "", "name_en": "x" * 90, "code": "Ä !", "step_count": "0", "amount_min": "abc"}
    shown = (await _send(walk, page, "/plans/new", **wrong)).text
    for name in wrong:
        assert f'id="e-{name}"' in shown, name
    assert "2 à 40 minuscules sans accent" in shown, "the form that a code has"


async def test_every_fault_of_an_invitation_is_told_at_once(walk: Walk) -> None:
    page = await _get(walk, "/agents/invite")
    shown = (
        await _send(walk, page, "/agents/invite", email="sans-arobase", name="", role="", locale="fr")
    ).text
    for name in ("email", "name", "role"):
        assert f'id="e-{name}"' in shown, name
    known = (
        await _send(
            walk, page, "/agents/invite", email="hotline@guichet.example", name="", role="", locale="fr"
        )
    ).text
    assert "est déjà celle d’un agent" in known
    assert "Saisissez un nom." in known


async def test_every_fault_of_a_role_is_told_at_once(walk: Walk) -> None:
    page = await _get(walk, "/roles")
    shown = (await _send(walk, page, "/roles", code="Ä !", name_fr="", name_en="")).text
    for name in ("code", "name_fr", "name_en"):
        assert f'id="e-{name}"' in shown, name


async def test_what_is_wrong_with_a_row_of_a_grid_is_said_at_its_field(walk: Walk) -> None:
    page = await _get(walk, "/fees/new")
    wrong = {"name": "Grille", "r0.rate": "abc", "r1.fixed": "zz"}
    shown = (await _send(walk, page, "/fees/new", **wrong)).text
    for name in ("r0.rate", "r1.fixed"):
        field = shown.partition(f'id="f-{name}"')[2].partition("</td>")[0]
        assert f'aria-describedby="e-{name}"' in field, name
        assert f'<p class="field-error" id="e-{name}">' in field, name
