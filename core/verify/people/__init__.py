"""What people did has people behind it (V12): each refund, cancellation, block, limit, right and closed matter."""

import asyncpg
import msgspec

from core.db.queries import load_beside
from core.verify.model import EXAMPLES_MAX, Finding, Said

_SQL = load_beside(__file__)
_decode = msgspec.json.Decoder(Said).decode


async def check_people(connection: asyncpg.Connection) -> Finding:
    """V12: each has the action of a person, and each large refund an approval by a second one who owes the first nothing.

    Refunds of terminals are not looked at here: they are under keys that the engine lets only terminals use, as what
    people cause is under keys of its own.
    """
    finding = Finding("V12")
    for statement in (
        _SQL.refunds_by_people,
        _SQL.cancellations_by_people,
        _SQL.blocks_by_people,
        _SQL.limits_by_people,
        _SQL.rights_by_people,
        _SQL.closed_matters_by_people,
        _SQL.acts_without_outcome,
    ):
        row = await connection.fetchrow(statement)
        assert row is not None
        finding.checked += row["checked"]
        finding.breaches += row["breaches"]
        finding.found += [_decode(each) for each in row["examples"] or []]
    del finding.found[EXAMPLES_MAX:]
    return finding
