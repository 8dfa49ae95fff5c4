"""One state of a terminal, whoever shows it: its page, its store, the lists and their filters, the wall, home, alerts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, get_args

import asyncpg
import pytest

from core.contracts.ids import StoreId, TerminalId
from core.contracts.permissions import Permission
from core.contracts.scope import Area
from core.contracts.terminals import AskWall, ListTerminals, OneTerminal, ReadProfile, TerminalState
from core.identity.api import Grant
from core.supervision.alerts import store as alerts
from core.supervision.alerts.model import Rule
from core.terminals.api import AssigningHandlers, TerminalHandlers, WallHandlers, silent_lately
from deploy.sandbox.demonstration.store import seed
from tests.support.callers import signed_in
from tests.support.clocks import FixedClock
from tests.support.servers import TestDatabase

MORNING: Final = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NIGHT: Final = MORNING.replace(hour=23)
# In Paris it is 10 and midnight, in Guadeloupe 5 and 19, on Réunion 13 and 3, in Tahiti 23 and 13.
OPEN: Final = {
    "Europe/Paris": MORNING,
    "America/Guadeloupe": NIGHT,
    "Indian/Reunion": MORNING,
    "Pacific/Tahiti": NIGHT,
}
EVERYBODY: Final = signed_in(Grant("technician", frozenset({Permission.DIRECTORY_READ}), Area()))
STATES: Final = {
    "T0800001": "active",
    "T0800002": "active",  # gone for ten minutes: may be back in a moment
    "T0800003": "silent",  # for forty minutes
    "T0800004": "silent",  # for three days
    "T0800005": "failing",
    "T0800006": "blocked",
    "T0800007": "never_seen",
    "T0800008": "not_active",
    "T0800009": "retired",
    "T0800010": "not_active",  # its service has stopped, whenever it was seen
    "T0800011": "blocked",  # blocked before anything else
    "T0800012": "silent",  # it failed too before it fell silent
}
_STOPPED: Final = "T0800010"
_AGES: Final = {
    "T0800001": timedelta(0),
    "T0800002": timedelta(minutes=10),
    "T0800003": timedelta(minutes=40),
    "T0800004": timedelta(days=3),
    "T0800005": timedelta(minutes=1),
    "T0800006": timedelta(minutes=40),
    "T0800008": timedelta(minutes=40),
    "T0800009": timedelta(minutes=40),
    _STOPPED: timedelta(minutes=40),
    "T0800011": timedelta(minutes=40),
    "T0800012": timedelta(minutes=20),
}


async def add_terminals(owner: asyncpg.Connection) -> bytes:
    """Write a terminal of every state into one store, as of MORNING, and return the store."""
    first = await owner.fetchrow("SELECT store_id, service_id FROM terminal WHERE terminal = 'T0000007'")
    assert first is not None
    stopped = await owner.fetchval(
        "INSERT INTO service (store_id, kind, active, acquirer_id, currency, brands, transaction_max_minor)"
        " SELECT store_id, 'softpos', false, acquirer_id, currency, brands, transaction_max_minor FROM service"
        " WHERE id = $1 ON CONFLICT (store_id, kind) DO UPDATE SET active = false RETURNING id",
        first["service_id"],
    )
    for terminal, state in STATES.items():
        await owner.execute(
            "INSERT INTO terminal (store_id, service_id, terminal, model, dialect, activated_at, blocked_at)"
            " VALUES ($1, $2, $3, 'A920', 'ascii1987', $4, $5)",
            first["store_id"],
            stopped if terminal == _STOPPED else first["service_id"],
            terminal,
            None if terminal == "T0800008" else MORNING - timedelta(days=30),
            MORNING if state == "blocked" else None,
        )
        if terminal in _AGES:
            await owner.execute(
                "INSERT INTO terminal_presence (terminal_id, edge, connected, last_seen_at)"
                " SELECT id, 'edge', $2, $3 FROM terminal WHERE terminal = $1",
                terminal,
                terminal == "T0800001",
                MORNING - _AGES[terminal],
            )
        if state == "retired" or terminal == "T0800011":
            await owner.execute(
                "INSERT INTO terminal_profile (terminal_id, retired_at) SELECT id, $2 FROM terminal WHERE terminal = $1",
                terminal,
                MORNING if state == "retired" else None,
            )
        if terminal in ("T0800005", "T0800011", "T0800012"):
            await owner.execute(
                "INSERT INTO terminal_level (terminal_id, recent_count, recent_failed, usual_count, usual_failed,"
                " failing, computed_at) SELECT id, 10, 9, 100, 1, true, $2 FROM terminal WHERE terminal = $1",
                terminal,
                MORNING,
            )
    return first["store_id"].bytes


@pytest.mark.parametrize("now", [MORNING, NIGHT], ids=["morning", "night"])
async def test_every_surface_says_the_same_of_a_terminal_in_each_state_by_the_clock_of_its_store(
    database: TestDatabase, now: datetime
) -> None:
    await seed(database.dsn, password="a long demonstration password")
    owner = await asyncpg.connect(database.owner_dsn)
    store_id = await add_terminals(owner)
    await owner.execute(
        "UPDATE terminal_presence SET last_seen_at = last_seen_at + $1::interval", now - MORNING
    )
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=2) as pool:
        for time_zone, opens in OPEN.items():
            await owner.execute("UPDATE store SET time_zone = $1", time_zone)
            await check_every_surface(pool, store_id, now, is_open=opens is now)
    await owner.close()


async def check_every_surface(pool: asyncpg.Pool, store_id: bytes, now: datetime, *, is_open: bool) -> None:
    expected = {
        terminal: "resting" if state == "silent" and not is_open else state
        for terminal, state in STATES.items()
    }
    clock = FixedClock(now)
    terminals, assigning = TerminalHandlers(pool, clock), AssigningHandlers(pool, clock)
    ids: dict[str, TerminalId] = {}
    in_store = await terminals.terminals_of(EVERYBODY, store_id, [])
    for one in in_store[0]:
        ids[one.terminal] = TerminalId.read(one.id)
    assert {one.terminal: one.state for one in in_store[0] if one.terminal in STATES} == expected

    for terminal, state in expected.items():
        page = await terminals.terminal(EVERYBODY, OneTerminal(id=ids[terminal]))
        profile = await assigning.profile(EVERYBODY, ReadProfile(id=ids[terminal]))
        assert (page.state, profile.condition) == (state, state), terminal

    for query in ("", "T08000"):
        for state in get_args(TerminalState):
            listed = await assigning.list_terminals(
                EVERYBODY, ListTerminals(query=query, store=StoreId(store_id), condition=state, limit=200)
            )
            names = {one.terminal for one in listed.data if one.terminal in STATES}
            assert names == {name for name, has in expected.items() if has == state}, state
            assert {(one.state, one.condition) for one in listed.data} <= {(state, state)}

    wall = await WallHandlers(pool, clock).wall(EVERYBODY, AskWall(department="2A"))
    for state in get_args(TerminalState):
        if state != "retired":
            counted = sum(one.state == state for one in in_store[0])
            assert sum(getattr(group.counts, state) for group in wall.groups) == counted, state
            assert getattr(wall.counts, state) == counted, state

    silent = {name for name, state in expected.items() if state == "silent"}
    home = {one.terminal for one in await silent_lately(pool, clock, EVERYBODY, limit=100)}
    assert home & STATES.keys() == silent - {"T0800004"}, "silent for three days is no news"
    async with alerts.by_paris_clocks(pool) as connection:
        measured = await alerts.measure(connection, _rule(window_minutes=5), now)
    assert {one.label.split()[0] for one in measured} & STATES.keys() == silent


def _rule(*, window_minutes: int) -> Rule:
    return Rule(
        id=bytes(16),
        kind="terminal_silence",
        name="Terminal silencieux",
        enabled=True,
        severity="info",
        threshold=1,
        window_minutes=window_minutes,
        volume_min=0,
        per="terminal",
        area=Area(),
        quiet_from=None,
        quiet_to=None,
        updated_at=MORNING,
    )
