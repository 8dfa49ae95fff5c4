"""A search for a terminal that was retired does not say that there is none."""

from __future__ import annotations

import asyncpg

from tests.integration.portals.conftest import Walk


async def test_a_search_that_matches_a_retired_terminal_says_so_and_leads_to_it(walk: Walk) -> None:
    rows = await asyncpg.connect(walk.dsn)
    await rows.execute(
        "INSERT INTO terminal_profile (terminal_id, retired_at)"
        " SELECT id, now() FROM terminal WHERE terminal = 'T0000006'"
        " ON CONFLICT (terminal_id) DO UPDATE SET retired_at = excluded.retired_at"
    )
    await rows.close()

    async def page(query: str) -> str:
        answer = await walk.client.get(f"/terminals?{query}", headers={"cookie": walk.cookies})
        assert answer.status_code == 200
        return answer.text

    found = await page("query=T0000006")
    assert "Les terminaux retirés ne sont pas dans cette liste" in found
    assert "condition=retired" in found
    assert ">T0000006</a>" in await page("query=T0000006&condition=retired")
    assert "Les terminaux retirés" not in await page("query=T0000005")
