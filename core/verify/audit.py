"""Recompute the chain of actions (V9 audit): each link from its row, and each from the one before."""

import asyncpg

from core.db.queries import load_beside
from core.verify.model import EXAMPLES_MAX, Finding, Said

_SQL = load_beside(__file__)
_HASH_DIGITS_SHOWN = 16


async def check_audit(connection: asyncpg.Connection) -> Finding:
    """V9: nobody changed, took out or put in what people did."""
    finding = Finding("V9 audit")
    row = await connection.fetchrow(_SQL.broken_links, EXAMPLES_MAX)
    assert row is not None
    finding.checked = row["checked"]
    for number in row["examples"] or ():
        if number is None:
            finding.breach("chain.without_number")
        else:
            finding.breach("chain.link", number=number)
    finding.breaches = row["breaches"]
    if row["lost_mark"] is not None:
        finding.breach("chain.lost", number=row["lost_mark"])
    if row["newest"] is not None:
        digits: str = row["newest_hash"][:_HASH_DIGITS_SHOWN]
        finding.remark = Said("note.chain", {"number": row["newest"], "digits": digits})
    return finding
