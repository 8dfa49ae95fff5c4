"""A role that is made and changed on the page of roles is shown as it was saved."""

from __future__ import annotations

import httpx

from tests.integration.portals.conftest import Walk
from tests.support.page_forms import Forms


async def _send(walk: Walk, page: str, action: str, typed: list[tuple[str, str]]) -> httpx.Response:
    shown = (await walk.client.get(page, headers={"cookie": walk.cookies})).text
    names = {name for name, _ in typed}
    kept = [(name, value) for name, value in Forms(shown).of[action] if name not in names]
    return await walk.post(action, kept + typed)


async def test_a_role_is_created_and_then_given_another_right_and_another_name(walk: Walk) -> None:
    made = [
        ("code", "walked"),
        ("name_fr", "Visite"),
        ("name_en", "Walk"),
        ("permissions", "directory.read"),
    ]
    assert (await _send(walk, "/roles", "/roles", made)).status_code == 303
    page, action = "/roles?change=walked", "/roles/walked"
    changed = [("name_fr", "Tournée"), ("permissions", "transactions.read")]
    assert (await _send(walk, page, action, changed)).status_code == 303
    shown = Forms((await walk.client.get(page, headers={"cookie": walk.cookies})).text).of[action]
    assert [value for name, value in shown if name == "permissions"] == ["transactions.read"]
    assert (dict(shown)["name_fr"], dict(shown)["name_en"]) == ("Tournée", "Walk")
