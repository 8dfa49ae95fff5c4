"""The rows of the matrix that kill, slow down or repeat: each injects its fault under load and heals it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import asyncpg

from core.db.lane import DOWN_AFTER_S
from deploy.local.postgres import ADMIN_ROLE, DATABASE
from tests.faults.repeater import repeating
from tests.faults.rig import BACK_S_MAX, HOST_DEADLINE_MS, Load, Outcome, Rig, until

CORE = ("core-engine", "core-desk", "core-worker")
_chance = random.Random(20_261_122)


async def under_load(
    rig: Rig, row: str, fault: str, injected: str, inject: Callable[[Load], Awaitable[None]]
) -> Outcome:
    """Load, inject and heal, measure how long until payments flow again, drain, verify."""
    async with rig.load() as load:
        await load.steady()
        await asyncio.sleep(rig.size.before_s)
        await inject(load)
        back = await load.back_within(2 * BACK_S_MAX)
        await rig.ready()
        await asyncio.sleep(rig.size.after_s)
        summary = await load.finish()
    return Outcome(row, fault, injected, back, await rig.verify(), summary)


async def edge_killed(rig: Rig) -> Outcome:
    """Row 1."""

    async def inject(_load: Load) -> None:
        await asyncio.sleep(_chance.random())
        rig.stack.kill("edge")

    return await under_load(rig, "1", "kill -9 edge at a random moment", "SIGKILL", inject)


async def core_killed_at(rig: Rig, point: str) -> Outcome:
    """Row 2, one named point."""
    count = 20 if point.startswith("tx") else 3

    async def inject(_load: Load) -> None:
        await rig.arm_fail_point(point, count)
        pid = rig.stack.pid("core-engine")
        # It may have died already: then another pid runs, or none.

        async def died() -> bool:
            return pid is None or rig.stack.pid("core-engine") != pid

        await until(died, timeout_s=BACK_S_MAX)

    return await under_load(rig, "2", "kill -9 core at a step", point, inject)


async def core_killed_in_flight(rig: Rig) -> Outcome:
    """Row 2, while every payment is at the host."""

    async def inject(_load: Load) -> None:
        await rig.acquirer(delay_ms=400)
        await asyncio.sleep(1.0)
        rig.stack.kill("core-engine")
        await rig.acquirer(delay_ms=0)

    return await under_load(rig, "2", "kill -9 core at a step", "sent, host answers in 400 ms", inject)


async def nats_killed(rig: Rig) -> Outcome:
    """Row 3."""

    async def inject(_load: Load) -> None:
        rig.stack.kill("nats")

    return await under_load(rig, "3", "kill -9 NATS", "SIGKILL", inject)


async def postgres_killed(rig: Rig) -> Outcome:
    """Row 4, with a look at every index afterwards."""

    async def inject(_load: Load) -> None:
        rig.stack.kill("postgres", with_children=True)

    outcome = await under_load(rig, "4", "kill -9 PostgreSQL and its children", "SIGKILL", inject)
    outcome.facts["indexes"] = await check_indexes(rig)
    return outcome


async def postgres_killed_while_nobody_pays(rig: Rig) -> Outcome:
    """Row 4 at night: every connection idles as it goes, and the first payment of the morning is approved."""
    async with rig.load() as load:
        await load.steady()
        await load.finish()
    await asyncio.sleep(DOWN_AFTER_S + 1.0)
    rig.stack.kill("postgres", with_children=True)
    await asyncio.sleep(DOWN_AFTER_S + 1.0)
    await rig.ready()
    async with rig.load() as load:
        back = await load.back_within(2 * BACK_S_MAX)
        await asyncio.sleep(rig.size.after_s)
        summary = await load.finish()
    return Outcome(
        "4", "kill -9 PostgreSQL and its children", "SIGKILL, nobody pays", back, await rig.verify(), summary
    )


async def everything_killed(rig: Rig) -> Outcome:
    """Row 5: all of ours and both servers; the acquirer is somebody else's machine."""

    async def inject(_load: Load) -> None:
        for name in ("postgres", "nats", "edge", *CORE):
            rig.stack.kill(name, with_children=name == "postgres")

    return await under_load(rig, "5", "all of them at once", "SIGKILL", inject)


async def late_answers(rig: Rig) -> Outcome:
    """Row 15: every answer comes after the deadline, for a while."""

    async def inject(_load: Load) -> None:
        await rig.acquirer(default="late", late_ms=HOST_DEADLINE_MS + 1_000)
        await asyncio.sleep(3.0)
        await rig.acquirer(default="approve")

    injected = f"{(HOST_DEADLINE_MS + 1_000) / 1000:.0f} s for {HOST_DEADLINE_MS / 1000:.0f} s allowed"
    outcome = await under_load(rig, "15", "acquirer answers after the deadline", injected, inject)
    outcome.facts["late"] = await rig.fetch("SELECT count(*) FROM event WHERE kind = 4")
    outcome.facts["timed_out"] = await rig.fetch("SELECT count(*) FROM event WHERE kind = 3")
    outcome.facts["revived"] = await rig.fetch(
        "SELECT count(*) FROM event AS e JOIN attempt AS a ON a.id = e.attempt_id WHERE e.kind = 3 AND a.state <> 7"
    )
    return outcome


async def reversals_ignored(rig: Rig) -> Outcome:
    """Row 16: payments get no answer and their reversals none either, for a while."""
    seen = 0.0

    async def inject(_load: Load) -> None:
        await rig.acquirer(reversals="ignore", default="no-reply")
        await asyncio.sleep(2.0)
        await rig.acquirer(default="approve")
        # The gauge is read every five seconds, and its alert looks at it.

        async def measured() -> bool:
            nonlocal seen
            seen = await rig.metric("core-worker", "guichet_reversal_backlog")
            return seen > 0

        await until(measured, timeout_s=30.0)
        await rig.acquirer(reversals="accept")

    outcome = await under_load(
        rig, "16", "reversals not answered for a while", "ignored, then accepted", inject
    )
    outcome.facts["backlog"] = seen
    return outcome


async def hosts_say_anything(rig: Rig) -> Outcome:
    """Row 27: half of the answers are odd, by chance, and the host says things on its own, for a while."""

    async def inject(_load: Load) -> None:
        await rig.acquirer(odd_rate=0.5, own_every_ms=100)
        await asyncio.sleep(4.0)
        await rig.acquirer(odd_rate=0.0, own_every_ms=0)

    outcome = await under_load(rig, "27", "hosts that answer anything", "half of the answers", inject)
    for name, reasons in (("unclear", [58]), ("differing", [59])):
        outcome.facts[name] = await rig.fetch(
            "SELECT count(DISTINCT e.attempt_id) FROM event AS e WHERE e.kind = 3 AND e.reason = ANY ($1::smallint[])",
            reasons,
        )
    outcome.facts["settled"] = await rig.fetch(
        "SELECT count(*) FROM attempt AS a WHERE a.reason IN (58, 59) AND a.state <> 7"
    )
    outcome.facts["approved_otherwise"] = await rig.fetch(
        "SELECT count(*) FROM attempt AS a WHERE a.host_code IN ('08', '11', '16') AND a.state IN (3, 8)"
    )
    outcome.facts["kept"] = await rig.fetch("SELECT count(*) FROM host_message")
    return outcome


async def messages_repeated(rig: Rig) -> Outcome:
    """Row 17: whatever edge, core and the links say to each other arrives five times."""
    async with rig.bus("edge") as edge, rig.bus("core") as core, repeating(edge, core, times=4) as counted:

        async def inject(load: Load) -> None:
            before = load.approved
            await asyncio.sleep(max(3.0, rig.size.before_s))
            assert load.approved > before

        outcome = await under_load(
            rig, "17", "every message delivered five times", "repeated on the bus", inject
        )
    outcome.facts["repeated"] = dict(counted)
    return outcome


async def check_indexes(rig: Rig) -> int:
    """Return how many B-tree indexes amcheck found sound. Raises: asyncpg.PostgresError for a damaged one."""
    connection = await asyncpg.connect(rig.stack.database_url(ADMIN_ROLE), database=DATABASE)
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
        rows = await connection.fetch(
            "SELECT bt_index_check(c.oid::regclass, true) FROM pg_class AS c JOIN pg_am AS m ON m.oid = c.relam"
            " WHERE m.amname = 'btree' AND c.relkind = 'i' AND c.relnamespace = 'public'::regnamespace"
        )
        return len(rows)
    finally:
        await connection.close()


async def odd_terminals(rig: Rig) -> Outcome:
    """Row 26: four time zones, wrong clocks, no field 7, counters reset, parts taken back; edge dies meanwhile."""
    kinds = {"parts": 0.1, "resets": 0.1, "cancellations": 0.1}
    async with rig.load(**kinds) as load:
        await load.steady()
        await asyncio.sleep(rig.size.before_s)
        rig.stack.kill("edge")
        back = await load.back_within(2 * BACK_S_MAX)
        await rig.ready()
        await asyncio.sleep(rig.size.after_s)
        summary = await load.finish()
    report = await rig.verify()
    outcome = Outcome(
        "26", "terminals of four zones and wrong clocks", "SIGKILL of edge", back, report, summary
    )
    outcome.facts["reversals"] = report.finding("V10").checked
    return outcome
