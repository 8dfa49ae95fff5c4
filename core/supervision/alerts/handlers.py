"""The desk's side of alerts: rules, what stands, who took note."""

from datetime import datetime, timedelta
from typing import Final

import asyncpg
import msgspec

from core.contracts.listing import Nothing, Written
from core.contracts.references import PersonRef
from core.contracts.refusals import Faults, NotFound
from core.contracts.scope import Area, Scope
from core.contracts.supervision import (
    ALERT_RULES_MAX,
    AcknowledgeAlert,
    AddAlertRule,
    Alert,
    AlertDetail,
    AlertHappening,
    AlertPage,
    AlertRule,
    AlertRuleList,
    AlertState,
    ChangeAlertRule,
    ListAlerts,
    ListRules,
    OneAlert,
    RemoveAlertRule,
    RulePreview,
    RuleTerms,
    SnoozeAlert,
)
from core.db.rows import Connection
from core.identity.api import (
    DoneByAnother,
    Permission,
    SignedIn,
    WriteOnce,
    find_doer,
    record_action,
    refuse_if_stale,
)
from core.supervision.alerts import store
from core.supervision.alerts.model import Rule
from core.supervision.alerts.names import shown_name, stored_name
from core.supervision.alerts.rules import PER, PERCENT, clock_text, minute_of_day
from core.supervision.errors import AlertRecovered, FieldRefused, TooManyRules
from core.supervision.rules import covers
from core.values.clock import Clock, to_unix_us
from core.values.cursors import id_in, page_of
from core.values.ids import IdMalformed, decode_id, encode_id
from core.values.regions import DEPARTMENTS
from core.values.timestamps import timestamp, timestamp_or_none

SERVICES: Final = ("pax", "softpos", "onsite", "ecommerce")
PLACES_MAX: Final = 200


class AlertHandlers:
    """Operations on alerts and their rules."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def rules(self, caller: SignedIn, _request: ListRules) -> AlertRuleList:
        """Return the rules whose whole area the caller sees, by name."""
        scope = caller.scope_of(Permission.ALERTS_READ)
        found = await store.list_rules(self._pool)
        return AlertRuleList(
            [_rule_shown(rule, caller.language) for rule in found if covers(scope, Scope((rule.area,)))]
        )

    async def add_rule(self, caller: SignedIn, request: AddAlertRule) -> Written:
        """Add a rule. Raises: FieldRefused, TooManyRules, KeyReused."""
        return await self._save_rule(caller, request, None)

    async def change_rule(self, caller: SignedIn, request: ChangeAlertRule) -> Written:
        """Put another state in place of a rule: its standing alerts end and it watches anew.

        Raises: NotFound, FieldRefused, ChangedMeanwhile, KeyReused.
        """
        return await self._save_rule(caller, request, request)

    async def _save_rule(
        self, caller: SignedIn, fields: AddAlertRule, change: ChangeAlertRule | None
    ) -> Written:
        scope = caller.scope_of(Permission.ALERTS_WRITE)
        now = self._clock.now()
        rule = _rule_of(fields, b"" if change is None else change.id, now)
        _require_within(scope, rule.area)

        async def effect(connection: Connection) -> bytes:
            await store.lock_rules(connection)
            if change is None:
                if len(await store.list_rules(connection)) >= ALERT_RULES_MAX:
                    raise TooManyRules
            else:
                present = await _find_rule(connection, scope, change.id)
                await refuse_if_stale(
                    connection,
                    target_kind="alert_rule",
                    target_id=change.id,
                    read=change.revision,
                    present=to_unix_us(present.updated_at),
                )
                await store.recover_of_rule(connection, change.id, caller.agent_id, now)
            made = await store.put_rule(connection, rule, agent_id=caller.agent_id, now=now)
            if made is None:
                raise NotFound
            shown = _rule_shown((await store.list_rules(connection, rule_id=made))[0], caller.language)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="alert_rule.added" if change is None else "alert_rule.changed",
                target_kind="alert_rule",
                target_id=made,
                facts={
                    "name": rule.name,
                    "enabled": rule.enabled,
                    "terms": msgspec.to_builtins(shown.terms),
                },
            )
            return msgspec.json.encode(shown)

        return await self._write(caller, fields, effect)

    async def remove_rule(self, caller: SignedIn, request: RemoveAlertRule) -> Nothing:
        """Take a rule away; what it said stays in the history. Raises: NotFound."""
        scope = caller.scope_of(Permission.ALERTS_WRITE)
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            rule = await _find_rule(connection, scope, request.id)
            await store.recover_of_rule(connection, rule.id, caller.agent_id, now)
            await store.delete_rule(connection, rule.id, now)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="alert_rule.deleted",
                target_kind="alert_rule",
                target_id=rule.id,
                facts={"name": rule.name},
            )
        return Nothing()

    async def preview(self, caller: SignedIn, request: RuleTerms) -> RulePreview:
        """Return how often such a rule would have spoken last week. Raises: FieldRefused."""
        now = self._clock.now()
        rule = _rule_of(AddAlertRule(name="-", severity="info", terms=request), b"", now)
        _require_within(caller.scope_of(Permission.ALERTS_WRITE), rule.area)
        async with store.by_paris_clocks(self._pool) as connection:
            return await store.preview(connection, rule, now)

    async def alerts(self, caller: SignedIn, request: ListAlerts) -> AlertPage:
        """Return alerts of the caller's part of the estate, newest first."""
        scope = caller.scope_of(Permission.ALERTS_READ)
        found = await store.list_alerts(
            self._pool,
            scope,
            await whole_rules(self._pool, scope),
            recovered=request.recovered,
            before=id_in("alert", request.cursor),
            limit=request.limit + 1,
        )
        now = self._clock.now()
        shown = [_alert_shown(row, now, caller.language) for row in found]
        return AlertPage(*page_of(shown, request.limit, lambda last: (last.id,)))

    async def alert(self, caller: SignedIn, request: OneAlert) -> AlertDetail:
        """Return one alert with its history. Raises: NotFound."""
        shown = await self._find(
            self._pool, caller.scope_of(Permission.ALERTS_READ), request.id, caller.language
        )
        history = await store.list_history(self._pool, request.id)
        return AlertDetail(
            alert=shown,
            history=[
                AlertHappening(
                    timestamp(row["at"]),
                    row["kind"],
                    _person(row["agent_id"], row["agent_name"]),
                    row["note"],
                )
                for row in history
            ],
        )

    async def acknowledge(self, caller: SignedIn, request: AcknowledgeAlert) -> Written:
        """Take note of an alert. Raises: NotFound, AlertRecovered, DoneByAnother, KeyReused."""
        return await self._answer(caller, request, 0)

    async def snooze(self, caller: SignedIn, request: SnoozeAlert) -> Written:
        """Silence an alert for some minutes. Raises: NotFound, AlertRecovered, KeyReused."""
        return await self._answer(caller, request, request.minutes)

    async def _answer(
        self, caller: SignedIn, request: AcknowledgeAlert | SnoozeAlert, minutes: int
    ) -> Written:
        scope = caller.scope_of(Permission.ALERTS_ACKNOWLEDGE)
        now = self._clock.now()
        until = now + timedelta(minutes=minutes) if minutes else None

        async def effect(connection: Connection) -> bytes:
            await self._find(connection, scope, request.id, caller.language)
            if not await store.answer(
                connection, request.id, agent_id=caller.agent_id, note=request.note, until=until, now=now
            ):
                if (await self._find(connection, scope, request.id, caller.language)).recovered_at is None:
                    raise DoneByAnother(await find_doer(connection, request.id, "alert.acknowledged"))
                raise AlertRecovered
            shown = await self._find(connection, scope, request.id, caller.language)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="alert.acknowledged" if until is None else "alert.snoozed",
                target_kind="alert",
                target_id=request.id,
                facts={"note": request.note, "minutes": minutes, "label": shown.label},
            )
            return msgspec.json.encode(shown)

        return await self._write(caller, request, effect)

    async def _find(self, connection: Connection, scope: Scope, alert_id: bytes, locale: str) -> Alert:
        found = await store.list_alerts(
            connection, scope, await whole_rules(connection, scope), alert_id=alert_id
        )
        if not found:
            raise NotFound
        return _alert_shown(found[0], self._clock.now(), locale)


async def whole_rules(connection: Connection, scope: Scope) -> list[bytes]:
    """Return the rules whose whole area a scope sees: their alerts on areas and acquirers are for it."""
    found = await store.list_rules(connection)
    return [rule.id for rule in found if covers(scope, Scope((rule.area,)))]


async def _find_rule(connection: Connection, scope: Scope, rule_id: bytes) -> Rule:
    found = await store.list_rules(connection, rule_id=rule_id)
    if not found or not covers(scope, Scope((found[0].area,))):
        raise NotFound
    return found[0]


def _require_within(scope: Scope, area: Area) -> None:
    if not covers(scope, Scope((area,))):
        raise FieldRefused("terms.departments", "outside", "within your own scope")


def _rule_of(request: AddAlertRule, rule_id: bytes, now: datetime) -> Rule:
    """Return the rule of a request. Raises: Refused, naming every field that is wrong."""
    terms, faults = request.terms, Faults()
    if not request.name.strip() or not request.name.isprintable():
        faults.note("name", "malformed", "1 to 80 characters")
    if terms.kind in PERCENT and terms.threshold > 100:
        faults.note("terms.threshold", "out_of_range", "1 to 100")
    if terms.per not in PER[terms.kind]:
        faults.note("terms.per", "unknown_value", ", ".join(PER[terms.kind]))
    if (terms.quiet_from is None) != (terms.quiet_to is None):
        faults.note("terms.quiet_to", "missing", "both, or neither")
    if terms.quiet_from is not None and terms.quiet_from == terms.quiet_to:
        faults.note("terms.quiet_to", "malformed", "another time than where quiet begins")
    quiet_from = faults.read(lambda: _minute(terms.quiet_from, "quiet_from"))
    quiet_to = faults.read(lambda: _minute(terms.quiet_to, "quiet_to"))
    area = Area(
        faults.read(lambda: _codes(terms.departments, "departments")),
        faults.read(lambda: _ids(terms.stores, "store", "stores")),
        faults.read(lambda: _ids(terms.companies, "company", "companies")),
        faults.read(lambda: _services(terms.services)),
    )
    faults.refuse()
    return Rule(
        id=rule_id,
        kind=terms.kind,
        name=stored_name(request.name.strip()),
        enabled=request.enabled,
        severity=request.severity,
        threshold=terms.threshold,
        window_minutes=terms.window_minutes,
        volume_min=terms.volume_min,
        per=terms.per,
        area=area,
        quiet_from=quiet_from,
        quiet_to=quiet_to,
        updated_at=now,
    )


def _codes(codes: list[str] | None, field: str) -> tuple[str, ...] | None:
    if not codes:
        return None
    if len(codes) > PLACES_MAX or any(not 2 <= len(code) <= 3 or not code.isalnum() for code in codes):
        raise FieldRefused(f"terms.{field}", "malformed", "codes such as 75, 2A, 971")
    # A place that does not exist would be watched for ever in vain.
    if unknown := sorted(set(codes) - DEPARTMENTS):
        raise FieldRefused(f"terms.{field}", "unknown_value", f"no department: {', '.join(unknown)}")
    return tuple(sorted(set(codes)))


def _ids(texts: list[str] | None, kind: str, field: str) -> tuple[bytes, ...] | None:
    if not texts:
        return None
    if len(texts) > PLACES_MAX:
        raise FieldRefused(f"terms.{field}", "too_long", f"at most {PLACES_MAX}")
    try:
        return tuple(sorted({decode_id(kind, text) for text in texts}))
    except IdMalformed as error:
        raise FieldRefused(f"terms.{field}", "malformed", str(error)) from error


def _services(services: list[str] | None) -> tuple[str, ...] | None:
    if not services:
        return None
    if not set(services) <= set(SERVICES):
        raise FieldRefused("terms.services", "unknown_value", ", ".join(SERVICES))
    return tuple(sorted(set(services)))


def _minute(text: str | None, field: str) -> int | None:
    if text is None:
        return None
    minute = minute_of_day(text)
    if minute is None:
        raise FieldRefused(f"terms.{field}", "malformed", "a time of the day such as 22:00")
    return minute


def _rule_shown(rule: Rule, locale: str) -> AlertRule:
    area = rule.area
    return AlertRule(
        id=encode_id("alert_rule", rule.id),
        name=shown_name(rule.name, locale),
        severity=rule.severity,
        enabled=rule.enabled,
        terms=RuleTerms(
            kind=rule.kind,
            threshold=rule.threshold,
            window_minutes=rule.window_minutes,
            volume_min=rule.volume_min,
            per=rule.per,
            departments=None if area.departments is None else list(area.departments),
            stores=None if area.stores is None else [encode_id("store", one) for one in area.stores],
            companies=None
            if area.companies is None
            else [encode_id("company", one) for one in area.companies],
            services=None if area.services is None else list(area.services),
            quiet_from=clock_text(rule.quiet_from),
            quiet_to=clock_text(rule.quiet_to),
        ),
        standing=rule.standing,
        updated_at=timestamp(rule.updated_at),
        revision=to_unix_us(rule.updated_at),
    )


def _alert_shown(row: asyncpg.Record, now: datetime, locale: str) -> Alert:
    kind, subject_id = row["subject_kind"], row["subject_id"]
    return Alert(
        id=encode_id("alert", row["id"].bytes),
        rule=encode_id("alert_rule", row["rule_id"].bytes),
        rule_name=shown_name(row["rule_name"], locale),
        kind=row["kind"],
        severity=row["severity"],
        state=_state_of(row, now),
        subject_kind=kind,
        subject=encode_id(kind, subject_id.bytes) if subject_id is not None else None,
        label=row["label"],
        measured=row["measured"],
        usual=row["usual"],
        threshold=row["threshold"],
        volume=row["volume"],
        window_minutes=row["window_minutes"],
        opened_at=timestamp(row["opened_at"]),
        seen_at=timestamp(row["seen_at"]),
        recovered_at=timestamp_or_none(row["recovered_at"]),
        acknowledged_at=timestamp_or_none(row["acknowledged_at"]),
        acknowledged_by=_person(row["acknowledged_by"], row["acknowledged_by_name"]),
        snoozed_until=timestamp_or_none(row["snoozed_until"]),
        time_zone=row["time_zone"] or "",
    )


def _state_of(row: asyncpg.Record, now: datetime) -> AlertState:
    if row["recovered_at"] is not None:
        return "recovered"
    if row["snoozed_until"] is not None and row["snoozed_until"] > now:
        return "snoozed"
    return "open" if row["acknowledged_at"] is None else "acknowledged"


def _person(raw: object, name: str | None) -> PersonRef | None:
    return None if raw is None else PersonRef(encode_id("agent", getattr(raw, "bytes", b"")), name or "")
