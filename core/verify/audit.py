"""Recompute the chain of actions (V9 audit): each link from its row, and each from the one before."""

import asyncpg

from core.db.queries import load_beside
from core.verify.model import EXAMPLES_MAX, Finding

_SQL = load_beside(__file__)
_HASH_DIGITS_SHOWN = 16


async def check_audit(connection: asyncpg.Connection) -> Finding:
    """V9: nobody changed, took out or put in what people did."""
    finding = Finding("V9 audit", "the audit is one chain, every link what its row gives")
    row = await connection.fetchrow(_SQL.broken_links, EXAMPLES_MAX)
    assert row is not None
    finding.checked = row["checked"]
    for number in row["examples"] or ():
        finding.breach(f"action #{number}" if number is not None else "an action without a number")
    finding.breaches = row["breaches"]
    if row["lost_mark"] is not None:
        finding.breach(f"action #{row['lost_mark']} was whole once and is not there any more")
    if row["newest"] is not None:
        finding.note = f"up to #{row['newest']}, hash {row['newest_hash'][:_HASH_DIGITS_SHOWN]}…"
    return finding
