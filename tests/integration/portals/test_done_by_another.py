"""Who acts after a colleague reads in one sentence that it is done, and has nothing to correct or to send again."""

from __future__ import annotations

import re

import asyncpg
import httpx
import pytest

from core.values.ids import encode_id
from portals.kit.i18n import load_words
from tests.integration.portals.conftest import Walk
from tests.support.page_forms import Forms

_WORDS = load_words()["fr"]
_NEVER = (_WORDS("kept.on_page"), _WORDS("kept.back"), _WORDS("form.summary", n=1), "Rechargez la page")


async def _get(walk: Walk, path: str, **headers: str) -> httpx.Response:
    return await walk.client.get(path, headers={"cookie": walk.cookies, **headers})


async def _send(walk: Walk, page: str, action: str, shown: str, **headers: str) -> httpx.Response:
    fields = [
        (name, "vu avec le magasin" if name == "reason" else text) for name, text in Forms(shown).of[action]
    ]
    return await walk.post(action, fields, referer=f"http://portal{page}", **headers)


async def _following(walk: Walk, answer: httpx.Response, **headers: str) -> str:
    assert answer.status_code == 303, (answer.status_code, answer.text[:400])
    kept = "; ".join(one.partition(";")[0] for one in answer.headers.get_list("set-cookie"))
    page = await walk.client.get(
        answer.headers["location"], headers={"cookie": f"{walk.cookies}; {kept}", **headers}
    )
    assert page.status_code == 200
    return page.text


async def _terminal(walk: Walk) -> str:
    listed = (await _get(walk, "/terminals")).text
    found = re.search(r'href="(/terminals/ter_\w+)"', listed)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}])
async def test_a_block_that_a_colleague_set_first_is_told_in_one_sentence(
    walk: Walk, headers: dict[str, str]
) -> None:
    address = await _terminal(walk)
    action = f"{address}/block"
    shown = (await _get(walk, address)).text
    told = {**headers, "hx-current-url": f"http://portal/terminals?open={address.rpartition('/')[2]}"}
    assert (await _send(walk, address, action, shown)).status_code == 303
    late = await _following(walk, await _send(walk, address, action, shown, **told), **headers)
    assert re.search(r"<div>Un blocage est déjà en place\. Fait par [^<]+, \d\d/\d\d \d\d:\d\d\. ", late)
    assert "Votre texte n’a pas été enregistré\u00a0: «\u00a0vu avec le magasin\u00a0»." in late
    assert [one for one in _NEVER if one in late] == []
    assert ("</html>" in late) == (not headers)
    assert f'action="{address}/block"' not in late
    block = next(action for action in Forms(late).of if action.endswith("/unblock"))
    assert (await _send(walk, address, block, late)).status_code == 303
    over = await _following(walk, await _send(walk, address, block, late, **told), **headers)
    assert "Ce blocage est déjà levé. Fait par " in over
    assert [one for one in _NEVER if one in over] == []
    # Said once.
    assert "Fait par " not in (await _get(walk, address)).text


async def test_a_row_to_check_that_a_colleague_closed_first_says_who_and_gives_the_reason_back(
    walk: Walk,
) -> None:
    rows = await asyncpg.connect(walk.dsn)
    made = await rows.fetchval(
        "INSERT INTO host_message (acquirer_id, kind, message_key, reference, terminal, amount_minor, currency, message)"
        " VALUES (1, 1, 'late', 'R00000000009', 'T0000001', 1250, '978', '\\x80') RETURNING id"
    )
    await rows.close()
    page = "/to-check?group=acquirers"
    action = f"/to-check/{encode_id('host_matter', made.bytes)}/close"
    shown = (await _get(walk, page)).text
    assert (await _send(walk, page, action, shown)).status_code == 303
    late = await _following(walk, await _send(walk, page, action, shown))
    assert "C’est déjà réglé\u00a0: il n’y a plus rien à faire. Fait par " in late
    assert "l’acquéreur l’a acceptée" not in late, "nothing is to be guessed"
    assert "Votre texte n’a pas été enregistré\u00a0: «\u00a0vu avec le magasin\u00a0»." in late
    assert [one for one in _NEVER if one in late] == []


async def test_a_right_that_a_colleague_took_first_is_told_in_one_sentence(walk: Walk) -> None:
    listed = (await _get(walk, "/agents")).text
    for address in dict.fromkeys(re.findall(r'href="(/agents/agt_\w+)"', listed)):
        shown = (await _get(walk, address)).text
        for action in Forms(shown).of:
            if action.endswith(("/revoke", "/disable")):
                assert (await _send(walk, address, action, shown)).status_code == 303, action
                late = await _following(walk, await _send(walk, address, action, shown))
                assert "Fait par " in late, action
                assert [one for one in _NEVER if one in late] == []
        if any(action.endswith("/disable") for action in Forms(shown).of):
            return
    pytest.fail("no agent can be disabled")


async def test_what_one_person_was_told_is_shown_to_nobody_after_them(walk: Walk) -> None:
    address = await _terminal(walk)
    action = f"{address}/block"
    shown = (await _get(walk, address)).text
    assert (await _send(walk, address, action, shown)).status_code == 303
    late = await _send(walk, address, action, shown)
    kept = "; ".join(one.partition(";")[0] for one in late.headers.get_list("set-cookie"))
    login = await walk.client.get("/login", headers={"cookie": kept})
    assert login.status_code == 200
    assert "vu avec le magasin" not in login.text
    assert "vu avec le magasin" in await _following(walk, late)
    block = next(
        action for action in Forms((await _get(walk, address)).text).of if action.endswith("/unblock")
    )
    await _send(walk, address, block, (await _get(walk, address)).text)
