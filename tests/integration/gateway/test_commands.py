"""`guichet clock` and `guichet collect` over the real API: what they move, say and refuse."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

from core.runtime.calendar import READ_EVERY_S
from core.values.clock import PARIS
from deploy.cli import clock, collect
from deploy.cli.agent_api import AGENT, AgentApi, log_in
from deploy.cli.common import Common
from deploy.cli.main import main
from deploy.local.errors import LocalError
from tests.integration.gateway.test_administration import People, people
from tests.support.desk import PASSWORD, DeskStack
from tests.support.plain_http import NO_AUTHORITIES

__all__ = ["people"]

FRENCH = Common(lang="fr")
WINTER = datetime(2026, 1, 15, 12, 30, tzinfo=UTC)


@pytest.fixture
async def api(people: People) -> AsyncIterator[AgentApi]:
    _, client = await people.add("administrator")
    async with client:
        yield AgentApi(client)
        await client.post("/v1/test-clock/move", json={"offset_s": 0})
        await asyncio.sleep(2 * READ_EVERY_S)  # until every process is back, for the tests that come next
        await client.post("/v1/collecting/resume", json={"reason": "the test has ended"})


async def test_the_clock_moves_by_days_of_the_calendar(api: AgentApi) -> None:
    # Six months on it is summer, where the same hour is two hours before that of UTC.
    await clock.move(api, real=True, now=WINTER)
    moved = await clock.move(api, days=181, now=WINTER)
    assert timedelta(seconds=moved["offset_s"]) == timedelta(days=181) - timedelta(hours=1)
    on = await clock.move(api, days=-181, now=WINTER)
    assert on["offset_s"] == 0


async def test_the_clock_moves_to_a_date_and_back(api: AgentApi) -> None:
    now = datetime.now(UTC)
    day = now.astimezone(PARIS).date() + timedelta(days=40)
    moved = await clock.move(api, to=day, now=now)
    assert moved["today"] == day.isoformat()
    assert await clock.move(api, now=now) | {"now": ""} == moved | {"now": ""}
    assert "déplacée de +40" in clock.line_of(FRENCH, moved)
    back = await clock.move(api, real=True, now=now)
    assert (back["offset_s"], "heure réelle" in clock.line_of(FRENCH, back)) == (0, True)


async def test_a_clock_too_far_away_is_refused_in_words(api: AgentApi) -> None:
    with pytest.raises(LocalError, match="offset_s"):
        await clock.move(api, to=date(2199, 1, 1), now=datetime.now(UTC))
    assert (await clock.move(api, now=datetime.now(UTC)))["offset_s"] == 0


async def test_without_anything_due_a_run_ends_at_once(
    api: AgentApi, capsys: pytest.CaptureFixture[str]
) -> None:
    report = await collect.run(FRENCH, api, wait_s=5)
    assert (report["due"], report["under_way"]) == (0, 0)
    assert "0 à prélever" in capsys.readouterr().out


async def test_a_run_that_is_paused_is_refused_while_something_waits(
    api: AgentApi, rows: asyncpg.Connection
) -> None:
    await api.post("/v1/collecting/pause", {"reason": "the acquirer is upset"})
    order = await add_due(rows)
    try:
        with pytest.raises(LocalError) as refused:
            await collect.run(FRENCH, api, wait_s=5)
        assert "the acquirer is upset" in refused.value.said("fr")
        would = await api.get("/v1/collecting/due")
        assert collect.due_lines(FRENCH, would)[1].split() == ["1", "42,66", "€", "visa", "envoyées"]
        report = await api.get("/v1/collecting")
        assert any("SUSPENDUS" in line for line in collect.report_lines(FRENCH, report))
    finally:
        await rows.execute("DELETE FROM instalment WHERE order_id = $1", order)
        await rows.execute("DELETE FROM purchase_order WHERE id = $1", order)


async def test_what_the_api_refuses_is_said_in_its_words(api: AgentApi) -> None:
    await api.post("/v1/collecting/pause", {"reason": "once"})
    with pytest.raises(LocalError, match="déjà suspendus"):
        await api.post("/v1/collecting/pause", {"reason": "twice"})


async def test_a_session_is_opened_once_and_kept_for_its_owner_alone(
    desk_stack: DeskStack, tmp_path: Path
) -> None:
    await desk_stack._forget_codes(AGENT)
    (tmp_path / "demo-password").write_text(PASSWORD)
    tokens = []
    for _ in range(2):
        async with httpx.AsyncClient(base_url=desk_stack.gateway_url, verify=NO_AUTHORITIES) as client:
            await log_in(client, tmp_path, AGENT, "fr")
            tokens.append(client.headers["Authorization"])
    assert tokens[0] == tokens[1]
    kept = tmp_path / "command-sessions.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.write_text(json.dumps({AGENT: "nonsense"}))
    await desk_stack._forget_codes(AGENT)
    async with httpx.AsyncClient(base_url=desk_stack.gateway_url, verify=NO_AUTHORITIES) as client:
        await log_in(client, tmp_path, AGENT, "fr")
        assert client.headers["Authorization"] != tokens[0]


async def test_without_a_demonstration_nobody_is_asked(tmp_path: Path) -> None:
    async with httpx.AsyncClient(base_url="http://127.0.0.1:9", verify=NO_AUTHORITIES) as client:
        with pytest.raises(LocalError) as refused:
            await log_in(client, tmp_path / "secrets", AGENT, "fr")
    assert refused.value.code == "no-demonstration"


def test_a_clock_that_cannot_be_moved_says_so() -> None:
    shown = {"now": "2026-01-15T12:30:00Z", "offset_s": 0, "is_movable": False}
    assert "ne se déplace pas ici" in clock.line_of(FRENCH, shown)
    assert "cannot be moved here" in clock.line_of(Common(lang="en"), shown)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("clock", "--to", "2027-02-30"), "n’est pas une date"),
        (("clock", "--to", "2027-02-01", "--days", "3"), "s’excluent"),
        (("clock", "--days", "many"), "guichet clock --help"),
        (("collect", "--dry-run", "--resume"), "s’excluent"),
        (("collect", "--on", "demain"), "n’est pas une date"),
    ],
)
def test_misuse_is_said_before_anything_is_asked(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--lang", "fr"])
    assert (ended.value.code, said in capsys.readouterr().err) == (2, True)


async def add_due(rows: asyncpg.Connection) -> object:
    """Return an order of which one instalment is due."""
    terminal = await rows.fetchrow(
        "SELECT t.id, s.company_id FROM terminal t JOIN store s ON s.id = t.store_id WHERE t.terminal = 'T0000001'"
    )
    assert terminal is not None
    card = await rows.fetchval(
        "INSERT INTO stored_card (token_id, company_id, ciphertext, fingerprint, bin, last_four, expiry, brand,"
        " network_transaction_id, stored_at, verified_at)"
        " VALUES (uuidv7(), $1, '\\x01', 7, '497010', '0014', '9912', 2, 'abcdefghij', now(), now()) RETURNING id",
        terminal["company_id"],
    )
    order = await rows.fetchval(
        "INSERT INTO purchase_order (company_id, reference, plan_id, currency, amount_minor, fee_minor, email,"
        " email_key, customer_name, language, purchased_on, made_at, activated_at, card_id, terminal_id, state)"
        " SELECT $1, uuidv7()::text, p.id, 'EUR', 12796, 0, 'odette@example.com', 'odette@example.com', 'Odette',"
        " 'fr', current_date, now(), now(), $2, $3, 'in_progress' FROM plan AS p LIMIT 1 RETURNING id",
        terminal["company_id"],
        card,
        terminal["id"],
    )
    await rows.execute(
        "INSERT INTO instalment (order_id, number, due_on, amount_minor, state)"
        " VALUES ($1, 2, current_date - 1, 4266, 'upcoming')",
        order,
    )
    return order
