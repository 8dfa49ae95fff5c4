"""Statements of alerts as typed functions."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import asyncpg
import msgspec

from core.contracts.scope import Area, Scope
from core.contracts.supervision import RulePreview
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.supervision.alerts.model import Measured, Rule, Standing
from core.supervision.alerts.rules import WEEKS_THAT_TRADE
from core.terminals.api import silence_at

SUBJECTS_MAX: Final = 500
PREVIEW_DAYS: Final = 7
_SEEN_WITHIN: Final = timedelta(days=7)
_SQL = load_beside(__file__)
_decode_area: Final = msgspec.json.Decoder(Area).decode


async def list_rules(
    connection: Connection, *, rule_id: bytes | None = None, enabled: bool = False
) -> list[Rule]:
    """Return rules by name."""
    rows = await connection.fetch(_SQL.rules, uuid_or_none(rule_id), enabled)
    return [
        Rule(
            id=row["id"].bytes,
            kind=row["kind"],
            name=row["name"],
            enabled=row["enabled"],
            severity=row["severity"],
            threshold=row["threshold"],
            window_minutes=row["window_minutes"],
            volume_min=row["volume_min"],
            per=row["per"],
            area=_decode_area(row["area"]),
            quiet_from=row["quiet_from"],
            quiet_to=row["quiet_to"],
            updated_at=row["updated_at"],
            standing=row["standing"],
        )
        for row in rows
    ]


async def lock_rules(connection: Connection) -> None:
    """Hold the rules until the end of the transaction."""
    await connection.execute(_SQL.lock_rules)


async def put_rule(connection: Connection, rule: Rule, *, agent_id: bytes, now: datetime) -> bytes | None:
    """Add a rule (its id empty) or change it; None when there is no such rule."""
    common = (
        rule.kind,
        rule.name,
        rule.enabled,
        rule.severity,
        rule.threshold,
        rule.window_minutes,
        rule.volume_min,
        rule.per,
        msgspec.json.encode(rule.area).decode(),
        rule.quiet_from,
        rule.quiet_to,
    )
    if not rule.id:
        made = await connection.fetchval(_SQL.add_rule, *common, uuid_of(agent_id), now)
    else:
        made = await connection.fetchval(_SQL.change_rule, *common, now, uuid_of(rule.id))
    return None if made is None else made.bytes


async def delete_rule(connection: Connection, rule_id: bytes, now: datetime) -> None:
    """Take a rule away; its alerts stay in the history."""
    await connection.execute(_SQL.delete_rule, uuid_of(rule_id), now)


async def recover_of_rule(connection: Connection, rule_id: bytes, agent_id: bytes, now: datetime) -> None:
    """End every alert of a rule that somebody changes."""
    await connection.execute(_SQL.recover_of_rule, uuid_of(rule_id), now, uuid_of(agent_id))


@asynccontextmanager
async def by_paris_clocks(pool: asyncpg.Pool) -> AsyncIterator[Connection]:
    """Give a connection whose days are those of Paris: there, a week ago is the same hour on the wall.

    Counted in hours, every shop would open an hour late or early for the weeks after the clocks change.
    """
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        await connection.execute("SET LOCAL TimeZone = 'Europe/Paris'")
        yield connection


async def measure(connection: Connection, rule: Rule, now: datetime) -> list[Measured]:
    """Return what a rule sees now, one line a subject."""
    area = Scope((rule.area,)).parameter()
    window = timedelta(minutes=rule.window_minutes)
    # The running minute is not full yet, and would look like a drop.
    end = now.replace(second=0, microsecond=0)
    match rule.kind:
        case "decline_rate" | "host_link_down":
            rows = await connection.fetch(_SQL.rates, area, end - window, now, rule.per)
            return [_rate_of(row) for row in rows]
        case "volume_drop" | "store_silence":
            rows = await connection.fetch(_SQL.volumes, area, end - window, end, rule.per)
            return [_volume_of(row, rule) for row in rows]
        case "terminal_silence":
            rows = await connection.fetch(
                _SQL.silent_terminals,
                area,
                now - window,
                now - _SEEN_WITHIN,
                now,
                SUBJECTS_MAX,
                *silence_at(now),
            )
            return [
                Measured(
                    key=row["key"],
                    label=row["label"],
                    measured=round(row["minutes"], 1),
                    volume=0,
                    subject_id=row["subject_id"].bytes,
                    store_id=row["store_id"].bytes,
                )
                for row in rows
            ]
        case "reversal_stuck":
            rows = await connection.fetch(_SQL.stuck_reversals, area, now - window)
            return [Measured(row["key"], row["label"], float(row["stuck"]), row["stuck"]) for row in rows]


async def usual_rates(
    connection: Connection, rule: Rule, keys: Sequence[str], now: datetime
) -> dict[str, float]:
    """Return what the rate of each of a few subjects was over the week before."""
    area = Scope((rule.area,)).parameter()
    end = now - timedelta(minutes=rule.window_minutes)
    rows = await connection.fetch(_SQL.usual_rates, area, end - timedelta(days=7), end, rule.per, list(keys))
    return {row["key"]: round(float(row["usual"]), 1) for row in rows if row["usual"] is not None}


async def list_standing(connection: Connection, rule_id: bytes) -> list[Standing]:
    """Return the alerts of a rule that have not recovered."""
    rows = await connection.fetch(_SQL.standing_of, uuid_of(rule_id))
    return [Standing(row["id"].bytes, row["subject_key"], row["seen_at"]) for row in rows]


async def put_alerts(connection: Connection, rule: Rule, found: Sequence[Measured], now: datetime) -> int:
    """Open alerts, and bring up to date those that stand; return how many opened."""
    opened = await connection.fetch(
        _SQL.put_alerts,
        uuid_of(rule.id),
        rule.severity,
        rule.per,
        now,
        [one.key for one in found],
        [uuid_or_none(one.subject_id) for one in found],
        [one.label for one in found],
        [uuid_or_none(one.store_id) for one in found],
        [one.measured for one in found],
        [one.usual for one in found],
        [one.volume for one in found],
    )
    return len(opened)


async def recover_alerts(connection: Connection, alert_ids: Sequence[bytes], now: datetime) -> None:
    """End alerts."""
    await connection.execute(_SQL.recover_alerts, [uuid_of(one) for one in alert_ids], now)


async def list_alerts(
    connection: Connection,
    scope: Scope,
    whole_rules: Sequence[bytes],
    *,
    alert_id: bytes | None = None,
    recovered: bool | None = None,
    before: bytes | None = None,
    limit: int = 1,
) -> list[asyncpg.Record]:
    """Return alerts that the scope shows, newest first."""
    return await connection.fetch(
        _SQL.alerts,
        scope.parameter(),
        [uuid_of(one) for one in whole_rules],
        uuid_or_none(alert_id),
        recovered,
        uuid_or_none(before),
        limit,
    )


async def answer(
    connection: Connection,
    alert_id: bytes,
    *,
    agent_id: bytes,
    note: str,
    until: datetime | None,
    now: datetime,
) -> bool:
    """Acknowledge an alert, or silence it until a moment; False when it is over, or acknowledged by another."""
    if until is None:
        made = await connection.fetchval(_SQL.acknowledge, uuid_of(alert_id), now, uuid_of(agent_id))
    else:
        made = await connection.fetchval(_SQL.snooze, uuid_of(alert_id), until)
    if made is None:
        return False
    kind = "acknowledged" if until is None else "snoozed"
    await connection.execute(_SQL.note_answer, uuid_of(alert_id), now, kind, uuid_of(agent_id), note)
    return True


async def list_history(connection: Connection, alert_id: bytes) -> list[asyncpg.Record]:
    """Return what happened to an alert, oldest first."""
    return await connection.fetch(_SQL.history, uuid_of(alert_id))


async def preview(connection: Connection, rule: Rule, now: datetime) -> RulePreview:
    """Return how often a rule would have opened an alert in the last week."""
    area = Scope((rule.area,)).parameter()
    end = now.replace(second=0, microsecond=0)
    start = end - timedelta(days=PREVIEW_DAYS)
    window = timedelta(minutes=rule.window_minutes)
    quiet = (rule.quiet_from, rule.quiet_to)
    match rule.kind:
        case "decline_rate" | "host_link_down":
            row = await connection.fetchrow(
                _SQL.preview_rates,
                area,
                start,
                end,
                window,
                rule.per,
                rule.volume_min,
                rule.threshold,
                *quiet,
            )
        case "volume_drop" | "store_silence":
            silence = rule.kind == "store_silence"
            row = await connection.fetchrow(
                _SQL.preview_volumes,
                area,
                start,
                end,
                window,
                rule.per,
                rule.volume_min,
                # Silence is a drop of everything.
                100 if silence else rule.threshold,
                *quiet,
                WEEKS_THAT_TRADE if silence else 1,
            )
        case "reversal_stuck":
            row = await connection.fetchrow(_SQL.preview_reversals, area, start, end, window, rule.threshold)
        case "terminal_silence":
            # Nobody has written down who was connected when.
            return RulePreview(PREVIEW_DAYS, None, None)
    assert row is not None
    return RulePreview(PREVIEW_DAYS, row["fired"], row["subjects"])


def _rate_of(row: asyncpg.Record) -> Measured:
    store_id = row["store_id"]
    return Measured(
        key=row["key"],
        label=row["label"] or "",
        measured=round(row["bad"] * 100 / row["volume"], 1) if row["volume"] else 0.0,
        volume=row["volume"],
        subject_id=None if store_id is None else store_id.bytes,
        store_id=None if store_id is None else store_id.bytes,
    )


def _volume_of(row: asyncpg.Record, rule: Rule) -> Measured:
    store_id, usual, volume = row["store_id"], row["usual"], row["volume"]
    drop = max(0.0, (usual - volume) * 100 / usual) if usual else 0.0
    return Measured(
        key=row["key"],
        label=row["label"] or "",
        measured=float(volume) if rule.kind == "store_silence" else round(drop, 1),
        volume=volume,
        usual=round(usual, 1),
        weeks=row["weeks"],
        subject_id=None if store_id is None else store_id.bytes,
        store_id=None if store_id is None else store_id.bytes,
    )
