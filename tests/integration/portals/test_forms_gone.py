"""What was typed into a form that its page offers no more is shown at once, and no one is sent back to it."""

from __future__ import annotations

import re

import httpx
import pytest

from portals.kit.i18n import load_words
from tests.integration.portals.conftest import Walk
from tests.support.page_forms import Forms

_WORDS = load_words()["fr"]
_OPTION = re.compile(r'<option value="(\w+)"(?: selected)?>([^<]*)</option>')


async def _get(walk: Walk, path: str) -> str:
    answer = await walk.client.get(path, headers={"cookie": walk.cookies})
    assert answer.status_code == 200, path
    return answer.text


async def _send(walk: Walk, page: str, action: str, shown: str, **typed: str) -> httpx.Response:
    fields = [(name, typed.get(name, text)) for name, text in Forms(shown).of[action]]
    return await walk.post(action, fields, referer=f"http://portal{page}")


async def test_the_late_status_of_a_closed_request_gives_back_what_was_typed(walk: Walk) -> None:
    listed = await _get(walk, "/requests?box=all")
    for page in dict.fromkeys(re.findall(r'href="(/requests/[A-Z]+-?\d[\w-]*)"', listed)):
        shown, action = await _get(walk, page), f"{page}/status"
        options = dict(_OPTION.findall(shown.partition(f'action="{action}"')[2].partition("</form>")[0]))
        final = next(
            (code for code, name in options.items() if name.endswith(_WORDS("requests.closes") + ")")), None
        )
        still = next((code for code, name in options.items() if code != final and "_" in code), None)
        if action not in Forms(shown).of or final is None or still is None:
            continue
        assert (await _send(walk, page, action, shown, status=final, comment="terminé")).status_code == 303
        late = await _send(walk, page, action, shown, status=still, comment="je le reprends demain")
        assert late.status_code in (409, 422)
        assert _WORDS("kept.form_gone") in late.text
        assert "<li>je le reprends demain</li>" in late.text
        assert f"<li>{options[still]}</li>" in late.text
        assert f"<li>{still}</li>" not in late.text
        assert _WORDS("kept.on_page") not in late.text
        assert _WORDS("kept.back") not in late.text
        return
    pytest.fail("no request can be closed")
