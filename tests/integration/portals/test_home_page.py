"""The tiles of the home page say what is so."""

from __future__ import annotations

import asyncpg

from core.contracts.states import State
from portals.kit.i18n import load_words
from tests.integration.portals.conftest import Walk
from tests.support.desk import add_attempt

_WORDS = load_words()["fr"]


async def test_what_had_no_answer_and_was_reversed_is_not_said_to_have_been_answered(walk: Walk) -> None:
    rows = await asyncpg.connect(walk.dsn)
    try:
        standing = await rows.fetchval(
            "SELECT count(*) FROM attempt WHERE kind IN (1, 2, 5)"
            " AND (state = $1 OR state = $2 AND approved_minor = 0 AND sent_at IS NOT NULL)",
            int(State.UNKNOWN),
            int(State.REVERSED),
        )
        assert standing == 0
        before = (await walk.client.get("/", headers={"cookie": walk.cookies})).text
        assert _WORDS("home.nothing_unanswered") in before
        await add_attempt(rows, state=State.REVERSED)
        reversed_since = (await walk.client.get("/", headers={"cookie": walk.cookies})).text
        assert _WORDS("home.nothing_unanswered") not in reversed_since
        assert _WORDS("home.unknown_none") in reversed_since
        assert 'href="/transactions?figure=unknown&amp;period=7d"' in reversed_since
        await add_attempt(rows, state=State.UNKNOWN)
        unknown = (await walk.client.get("/", headers={"cookie": walk.cookies})).text
        assert _WORDS("home.unknown_none") not in unknown
        assert _WORDS("home.nothing_unanswered") not in unknown
    finally:
        await rows.close()
