"""Rows add up: what stands in each row of a list, a file or the feed sums to the figure above them."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import os
import uuid

import asyncpg

from core.contracts.states import Kind, State
from core.supervision.exports.folder import exports_folder
from core.supervision.exports.runner import Exporter
from observability.process import SystemClock
from portals.kit.i18n import load_words
from portals.kit.kit import Formats
from tests.support.desk import DeskStack, add_attempt

TERMINAL = "T0000003"


async def test_the_rows_of_a_list_and_of_a_file_sum_to_the_net_above_them(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    await rows.execute("DELETE FROM export_job")
    # Each of them partly approved, or partly taken back since.
    for number, (kind, state) in enumerate(itertools.product(Kind, State)):
        made = await add_attempt(rows, terminal=TERMINAL, kind=kind, state=state, amount_minor=5_000 + number)
        await rows.execute(
            "UPDATE attempt SET approved_minor = $2 WHERE id = $1", uuid.UUID(bytes=made), 3_000 + number
        )
    truth: dict[str, int] = {
        str(row["id"]): row["net"]
        for row in await rows.fetch(
            "SELECT f.id, f.gross_minor - f.refunded_minor AS net FROM attempt_figure f"
            " JOIN terminal t ON t.id = f.terminal_id WHERE t.terminal = $1",
            TERMINAL,
        )
    }
    async with (
        desk_stack.client(await desk_stack.log_in()) as client,
        asyncpg.create_pool(desk_stack.database.dsn, min_size=1, max_size=2) as pool,
    ):
        listed = (await client.get("/v1/transactions", params={"terminal": TERMINAL, "limit": 200})).json()
        figures = (await client.get("/v1/counters", params={"terminal": TERMINAL})).json()
        asked = await client.post(
            "/v1/exports",
            json={"format": "csv", "locale": "en", "filter": {"terminal": TERMINAL}},
            headers={"Idempotency-Key": uuid.uuid4().hex},
        )
        exporter = Exporter(pool, SystemClock(), exports_folder(os.environ))
        while await exporter.round():
            pass
        file = await client.get(f"/v1/exports/{asked.json()['id']}/download")
    (net,) = [money["net"]["amount"] for money in figures["money"]]
    assert sum(row["net_amount"]["amount"] for row in listed["data"]) == net == sum(truth.values())
    content = gzip.decompress(file.content) if file.content[:2] == b"\x1f\x8b" else file.content
    lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert round(sum(float(line["Net amount"]) for line in lines) * 100) == net


def test_a_row_shows_what_stands_and_what_was_asked_beside_it() -> None:
    formats = Formats(load_words()["fr"], SystemClock().now(), lambda name, label="": name)  # pyright: ignore[reportArgumentType]

    def row(kind: str, state: str, net: int) -> tuple[str, str]:
        return formats.standing(
            {
                "kind": kind,
                "state": state,
                "amount": {"amount": 5_000, "currency": "EUR"},
                "net_amount": {"amount": net, "currency": "EUR"},
            }
        )

    assert row("purchase", "captured", 5_000) == ("50,00\u00a0€", "")
    assert row("purchase", "partially_approved", 3_000) == ("30,00\u00a0€", "demandé 50,00\u00a0€")
    assert row("purchase", "declined", 0) == ("", "demandé 50,00\u00a0€")
    assert row("authorisation", "approved", 0) == ("", "réservé 50,00\u00a0€")
    assert row("refund", "approved", -5_000) == ("−50,00\u00a0€", "")
