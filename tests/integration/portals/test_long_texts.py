"""A text is kept as it was typed, or refused in words: never cut without a word."""

from __future__ import annotations

import re

import httpx

from tests.integration.portals.conftest import Walk
from tests.support.page_forms import Forms

_LONG = "L" * 1_990 + " fin des deux mille " + "M" * 1_400 + " FIN"


async def _send(walk: Walk, page: str, action: str, typed: dict[str, str]) -> httpx.Response:
    shown = (await walk.client.get(page, headers={"cookie": walk.cookies})).text
    fields = [(name, value) for name, value in Forms(shown).of[action] if name not in typed]
    return await walk.post(action, [*fields, *typed.items()])


async def test_a_long_text_is_kept_whole(walk: Walk) -> None:
    page, action = "/requests/new?type=information", "/requests/new"
    made = await _send(walk, page, action, {"title": "Un long texte", "details": _LONG})
    assert made.status_code == 303, made.text[:2000]
    shown = (await walk.client.get(made.headers["location"], headers={"cookie": walk.cookies})).text
    assert _LONG in shown


async def test_a_text_beyond_what_is_taken_is_refused_in_words_and_stays_in_its_field(walk: Walk) -> None:
    page, action = "/requests/new?type=information", "/requests/new"
    refused = await _send(walk, page, action, {"title": "T" * 300, "details": _LONG})
    assert refused.status_code == 422
    assert re.search(r"\d+ caractères au plus", refused.text)
    assert dict(Forms(refused.text).of[action])["title"] == "T" * 300
