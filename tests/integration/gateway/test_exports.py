"""An export is asked for, written in pages by the worker, fetched in chunks, and stops when its owner may no more."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import tracemalloc
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import openpyxl
import pytest

from core.contracts.supervision import CHUNK_BYTES_MAX, EXPORT_OPEN_MAX
from core.supervision.exports import runner as runner_module
from core.supervision.exports.folder import exports_folder
from core.supervision.exports.runner import Exporter
from core.values.ids import decode_id
from observability.process import SystemClock
from tests.support.desk import DeskStack, add_attempt

ROWS = 5_000
PAGE_ROWS = 500


class MovedClock(SystemClock):
    """The machine's clock, set forward."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        """Return the present and more."""
        return super().now() + self._ahead


@pytest.fixture
async def pool(desk_stack: DeskStack, rows: asyncpg.Connection) -> AsyncIterator[asyncpg.Pool]:
    """What the worker has, and no export of an earlier test."""
    await rows.execute("DELETE FROM export_job")
    async with asyncpg.create_pool(desk_stack.database.dsn, min_size=1, max_size=3) as opened:
        yield opened


@pytest.fixture(scope="module")
async def terminal(desk_stack: DeskStack) -> str:
    """A terminal with thousands of payments, one of them at a shop whose name is a formula."""
    connection = await asyncpg.connect(desk_stack.database.owner_dsn)
    first = await add_attempt(connection, terminal="T0000011", amount_minor=123456)
    await connection.execute(
        "INSERT INTO attempt SELECT (made.row).* FROM ("
        " SELECT jsonb_populate_record(a, jsonb_build_object('id', uuidv7(n * interval '-1 second'),"
        "  'stan', 2000000 + n, 'approval_code', CASE WHEN n = 1 THEN '=1+1' ELSE 'A12345' END)) AS row"
        " FROM attempt a, generate_series(1, $2::int) AS n WHERE a.id = $1) AS made",
        uuid.UUID(bytes=first),
        ROWS - 1,
    )
    await connection.close()
    return "T0000011"


async def _ask(client: httpx.AsyncClient, key: str | None = None, **body: Any) -> httpx.Response:
    return await client.post("/v1/exports", json=body, headers={"Idempotency-Key": key or uuid.uuid4().hex})


async def test_csv_of_five_thousand_rows_is_written_in_pages_and_fetched_in_chunks(
    desk_stack: DeskStack, pool: asyncpg.Pool, terminal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[int] = []
    real = runner_module.list_transactions

    async def counted(*parts: Any, **named: Any) -> list[asyncpg.Record]:
        found = await real(*parts, **named)
        pages.append(len(found))
        return found

    monkeypatch.setattr(runner_module, "list_transactions", counted)
    async with desk_stack.client(await desk_stack.log_in()) as client:
        asked = await _ask(client, format="csv", locale="fr", filter={"terminal": terminal})
        assert (asked.status_code, asked.json()["state"]) == (202, "waiting"), asked.text
        address = f"/v1/exports/{asked.json()['id']}"
        early = await client.get(f"{address}/download")
        assert (early.status_code, early.json()["code"]) == (409, "export_not_ready")
        tracemalloc.start()
        exporter = Exporter(pool, SystemClock(), exports_folder(os.environ), page_rows=PAGE_ROWS)
        assert await exporter.round() is True
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        done = (await client.get(address)).json()
        answer = await client.get(f"{address}/download")
    assert (done["state"], done["rows_done"], done["rows_total"]) == ("done", ROWS, ROWS)
    assert pages == [PAGE_ROWS] * (ROWS // PAGE_ROWS) + [0]
    # All the rows at once would be four times that.
    assert peak_bytes < 5 * 1024 * 1024
    assert len(answer.content) == done["bytes"] > CHUNK_BYTES_MAX
    assert 'filename="transactions-' in answer.headers["content-disposition"]
    text = answer.content.decode()
    assert text.startswith('\ufeff"Reçue le (Paris)";"Reçue le (au magasin)";"État";')
    table = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert len({line["Identifiant"] for line in table}) == ROWS
    assert {line["Montant"] for line in table} == {"1234,56"}
    assert {line["Autorisation"] for line in table} == {"A12345", "'=1+1"}
    assert {(line["BIN"], line["Quatre derniers"]) for line in table} == {("497010", "0014")}


async def test_a_workbook_holds_numbers_and_dates_that_a_spreadsheet_can_add(
    desk_stack: DeskStack, pool: asyncpg.Pool, terminal: str
) -> None:
    async with desk_stack.client(await desk_stack.log_in()) as client:
        asked = await _ask(
            client,
            format="xlsx",
            locale="en",
            filter={"terminal": terminal, "stan": "999999"},
            columns=["received_at", "amount", "state"],
        )
        # No row has that STAN: the head stands alone.
        other = await _ask(client, format="xlsx", filter={"terminal": terminal}, columns=["amount", "rrn"])
        exporter = Exporter(pool, SystemClock(), exports_folder(os.environ))
        while await exporter.round():
            pass
        empty = await client.get(f"/v1/exports/{asked.json()['id']}/download")
        full = await client.get(f"/v1/exports/{other.json()['id']}/download")
    assert [len(line) for line in _lines(empty.content)] == [3]
    lines = _lines(full.content)
    assert len(lines) == ROWS + 1
    amount, rrn = lines[1]
    assert (amount.value, amount.number_format) == (1234.56, "#,##0.00")
    assert rrn.data_type == "s"


def _lines(content: bytes) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    (sheet,) = book.worksheets
    return list(sheet.iter_rows())


async def test_a_killed_worker_is_replaced_and_the_export_begins_anew(
    desk_stack: DeskStack, pool: asyncpg.Pool, rows: asyncpg.Connection, terminal: str
) -> None:
    folder = exports_folder(os.environ)
    async with desk_stack.client(await desk_stack.log_in()) as client:
        asked = (await _ask(client, format="csv", compressed=True, filter={"terminal": terminal})).json()
        job = uuid.UUID(bytes=decode_id("export", asked["id"]))
        # As a worker leaves it that was killed at the third page.
        await rows.execute(
            "UPDATE export_job SET state = 'running', runs = 1, rows_done = 1500, heartbeat_at = now() WHERE id = $1",
            job,
        )
        assert await Exporter(pool, SystemClock(), folder).round() is False
        later = Exporter(pool, MovedClock(timedelta(minutes=2)), folder)
        assert await later.round() is True
        answer = await client.get(f"/v1/exports/{asked['id']}/download")
    assert gzip.decompress(answer.content).decode().count("\n") == ROWS + 1
    assert await rows.fetchval("SELECT runs FROM export_job WHERE id = $1", job) == 2
    assert sorted(path.name for path in folder.glob(f"{job.hex}*")) == [f"{job.hex}.csv.gz"]


async def test_a_file_is_gone_after_a_day(desk_stack: DeskStack, pool: asyncpg.Pool, terminal: str) -> None:
    folder = exports_folder(os.environ)
    async with desk_stack.client(await desk_stack.log_in()) as client:
        asked = (await _ask(client, format="csv", filter={"terminal": terminal})).json()
        await Exporter(pool, SystemClock(), folder).round()
        await Exporter(pool, MovedClock(timedelta(hours=23)), folder).clean()
        assert (await client.get(f"/v1/exports/{asked['id']}")).json()["state"] == "done"
        await Exporter(pool, MovedClock(timedelta(hours=25)), folder).clean()
        assert (await client.get(f"/v1/exports/{asked['id']}")).json()["state"] == "expired"
        assert (await client.get(f"/v1/exports/{asked['id']}/download")).status_code == 409
    assert list(folder.glob(f"{decode_id('export', asked['id']).hex()}*")) == []


async def test_somebody_who_lost_the_right_gets_neither_rows_nor_file(
    desk_stack: DeskStack, pool: asyncpg.Pool, rows: asyncpg.Connection, terminal: str
) -> None:
    exporter = Exporter(pool, SystemClock(), exports_folder(os.environ))
    agent = await rows.fetchval("SELECT id FROM agent WHERE email = 'backoffice@guichet.example'")
    narrow = "UPDATE agent_grant SET departments = $2::text[] WHERE agent_id = $1"
    async with desk_stack.client(await desk_stack.log_in("backoffice@guichet.example")) as client:
        done = (await _ask(client, format="csv", filter={"terminal": terminal})).json()
        await exporter.round()
        waiting = (await _ask(client, format="csv", filter={"terminal": terminal})).json()
        try:
            await rows.execute(narrow, agent, ["69"])
            refused = await client.get(f"/v1/exports/{done['id']}/download")
            await exporter.round()
            failed = (await client.get(f"/v1/exports/{waiting['id']}")).json()
        finally:
            await rows.execute(narrow, agent, None)
        again = await client.get(f"/v1/exports/{done['id']}/download")
    assert (refused.status_code, refused.json()["code"]) == (403, "export_out_of_scope")
    assert (failed["state"], failed["failure"], failed["rows_done"]) == ("failed", "rights_changed", 0)
    assert again.status_code == 200
    kinds = await rows.fetch(
        "SELECT kind FROM action WHERE target_id = $1 ORDER BY seq",
        uuid.UUID(bytes=decode_id("export", done["id"])),
    )
    assert [row["kind"] for row in kinds] == ["export.asked", "export.downloaded"]


async def test_an_export_is_its_owners_alone_and_a_cancelled_one_stays_cancelled(
    desk_stack: DeskStack, pool: asyncpg.Pool, terminal: str
) -> None:
    async with (
        desk_stack.client(await desk_stack.log_in()) as mine,
        desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as other,
        desk_stack.client(await desk_stack.log_in("commercial@guichet.example")) as seller,
    ):
        asked = (await _ask(mine, key="one-export", format="csv", filter={"terminal": terminal})).json()
        again = await _ask(mine, key="one-export", format="csv", filter={"terminal": terminal})
        assert again.json()["id"] == asked["id"]
        assert again.headers["Idempotent-Replayed"] == "true"
        address = f"/v1/exports/{asked['id']}"
        assert (await other.get(address)).status_code == 404
        assert (await other.delete(address)).status_code == 404
        assert (await other.get("/v1/exports")).json()["data"] == []
        assert (await seller.get("/v1/exports")).status_code == 403
        assert (await mine.delete(address)).status_code == 204
        assert await Exporter(pool, SystemClock(), exports_folder(os.environ)).round() is False
        assert (await mine.get(address)).json()["state"] == "cancelled"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"format": "pdf"}, "format"),
        ({"format": "csv", "columns": ["card_number"]}, "columns"),
        ({"format": "csv", "filter": {"statte": "approved"}}, "statte"),
        ({"format": "csv", "filter": {"state": "aproved"}}, "state"),
        ({"format": "csv", "filter": {"store": "sto_1"}}, "store"),
    ],
)
async def test_a_wrong_field_is_named(
    desk_stack: DeskStack, rows: asyncpg.Connection, body: dict[str, Any], field: str
) -> None:
    async with desk_stack.client(await desk_stack.log_in()) as client:
        answer = await _ask(client, **body)
    assert answer.status_code in (400, 422), answer.text
    assert re.search(field, answer.text), answer.text


async def test_an_agent_may_have_only_so_many_under_way(
    desk_stack: DeskStack, pool: asyncpg.Pool, terminal: str
) -> None:
    async with desk_stack.client(await desk_stack.log_in("superviseur@guichet.example")) as client:
        made = [await _ask(client, format="csv") for _ in range(EXPORT_OPEN_MAX + 1)]
    assert [answer.status_code for answer in made] == [202] * EXPORT_OPEN_MAX + [429]
