"""What must hold after every step, asked of the database itself (FAULTS V1, V2, V5, V6)."""

from __future__ import annotations

from core.contracts.states import EventKind, Kind, State
from core.transactions.rules import TRANSITIONS
from core.values.ids import rrn_of
from tests.integration.core.transactions.world import World

UNBALANCED = """
SELECT attempt_id, operation, part, layer, currency, sum(amount_minor) AS off
FROM ledger_entry GROUP BY 1, 2, 3, 4, 5 HAVING sum(amount_minor) <> 0
"""
TWICE = """
SELECT attempt_id, operation, part, leg FROM ledger_entry GROUP BY 1, 2, 3, 4 HAVING count(*) > 1
"""
HELD = """
SELECT a.id, a.kind, a.state, a.approved_minor, a.captured_minor,
    coalesce(sum(l.amount_minor) FILTER (WHERE l.layer = 1 AND l.leg = 1), 0)::bigint AS pending,
    coalesce(sum(l.amount_minor) FILTER (WHERE l.layer = 2 AND l.leg = 1), 0)::bigint AS posted
FROM attempt AS a LEFT JOIN ledger_entry AS l ON l.attempt_id = a.id
GROUP BY a.id, a.kind, a.state, a.approved_minor, a.captured_minor
"""
UNKNOWN_WITHOUT_DELIVERY = """
SELECT a.id FROM attempt AS a
WHERE a.state = 6 AND NOT EXISTS (SELECT FROM delivery AS d WHERE d.attempt_id = a.id AND d.kind = 1)
"""
RESERVED = """
SELECT o.id, o.captured_minor, o.refunded_minor, coalesce(sum(r.amount_minor), 0)::bigint AS standing
FROM attempt AS o LEFT JOIN attempt AS r ON r.original_id = o.id AND r.kind = 4 AND r.state IN (2, 3, 6)
GROUP BY o.id, o.captured_minor, o.refunded_minor
HAVING o.refunded_minor > o.captured_minor OR o.refunded_minor <> coalesce(sum(r.amount_minor), 0)
"""
HELD_STATES = (State.APPROVED, State.PARTIALLY_APPROVED)
HOLDING_KINDS = (Kind.AUTHORISATION, Kind.PURCHASE, Kind.ADVICE)
STATELESS_EVENTS = (
    EventKind.LATE_REPLY,
    EventKind.DELIVERED,
    EventKind.DELIVERY_REFUSED,
)


async def check_invariants(world: World) -> None:
    """Raise AssertionError with the rows that break a rule."""
    owner = world.owner
    assert await owner.fetch(UNBALANCED) == []
    assert await owner.fetch(TWICE) == []
    assert await owner.fetch(UNKNOWN_WITHOUT_DELIVERY) == []
    assert await owner.fetch(RESERVED) == []
    for row in await owner.fetch(HELD):
        held = row["kind"] in HOLDING_KINDS and row["state"] in HELD_STATES
        assert row["pending"] == (row["approved_minor"] if held else 0), f"pending of {dict(row)}"
        posted = row["captured_minor"]
        if row["kind"] == Kind.REFUND:
            posted = -row["approved_minor"] if row["state"] == State.APPROVED else 0
        assert row["posted"] == posted, f"posted of {dict(row)}"
    await check_histories(world)


async def check_histories(world: World) -> None:
    """Every state is where the events lead, by steps that TRANSITIONS knows."""
    rows = await world.owner.fetch(
        """
        SELECT a.id, a.state, a.sent_at IS NOT NULL AS sent,
            array_agg(e.state ORDER BY e.txid, e.seq) FILTER (WHERE e.seq IS NOT NULL) AS states,
            array_agg(e.kind ORDER BY e.txid, e.seq) FILTER (WHERE e.seq IS NOT NULL) AS kinds
        FROM attempt AS a LEFT JOIN event AS e ON e.attempt_id = a.id
        GROUP BY a.id, a.state, a.sent_at
        """
    )
    for row in rows:
        state = State.SENT if row["sent"] else State.RECEIVED
        for kind, told in zip(row["kinds"] or [], row["states"] or [], strict=True):
            if kind in STATELESS_EVENTS or told == state:
                continue
            assert State(told) in TRANSITIONS[state], (
                f"{State(state).name} -> {State(told).name}: {dict(row)}"
            )
            state = State(told)
        assert state == row["state"], f"events lead to {State(state).name}: {dict(row)}"


async def check_books_agree(world: World) -> None:
    """V6: once everything is delivered, the host's book and ours agree reference by reference."""
    assert await world.owner.fetch("SELECT id, state FROM attempt WHERE state IN (1, 2, 6)") == []
    assert await world.owner.fetch("SELECT id, kind FROM delivery WHERE accepted_at IS NULL") == []
    ours: dict[str, tuple[int, int]] = {}
    for row in await world.owner.fetch("SELECT id, kind, state, approved_minor, captured_minor FROM attempt"):
        if row["kind"] in (Kind.COMPLETION, Kind.VERIFICATION) or row["state"] in (
            State.DECLINED,
            State.REVERSED,
        ):
            continue
        captured = row["captured_minor"] if row["kind"] == Kind.AUTHORISATION else 0
        ours[rrn_of(row["id"].bytes)] = (row["approved_minor"], captured)
    theirs = {
        rrn: (line.amount_minor, line.captured_minor)
        for rrn, line in world.host.book.items()
        if not line.reversed and line.amount_minor
    }
    assert ours == theirs
