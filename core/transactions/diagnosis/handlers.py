"""The diagnosis of one transaction, with the figures that it rests on."""

from datetime import datetime

import asyncpg

from core.contracts.refusals import NotFound
from core.contracts.terminals import Diagnose, Level, LevelOf, Proof, TransactionDiagnosis
from core.identity.api import Permission, SignedIn
from core.merchants.api import BRAND_NAMES
from core.transactions.desk.rules import diagnosis_of
from core.transactions.desk.store import find_transaction, list_deliveries_of
from core.transactions.desk.views import facts_of
from core.transactions.diagnosis import rules, store
from core.values.clock import Clock
from core.values.ids import encode_id
from core.values.timestamps import timestamp, timestamp_or_none


class DiagnosisHandlers:
    """Operations on diagnoses."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def diagnosis(self, caller: SignedIn, request: Diagnose) -> TransactionDiagnosis:
        """Return the hop at fault and the levels around. Raises: NotFound."""
        scope = caller.scope_of(Permission.TRANSACTIONS_READ)
        english = caller.language == "en"
        counted: dict[LevelOf, rules.Counted] = {}
        async with self._pool.acquire() as connection:
            row = await find_transaction(connection, scope, request.id)
            if row is None:
                raise NotFound
            deliveries = await list_deliveries_of(connection, request.id)
            place = await store.find_place(connection, scope, request.id)
            if place is not None:
                counted = {
                    "terminal": await store.level_of_terminal(connection, scope, place),
                    "store": await store.level_of_store(connection, scope, place),
                    "network": await store.level_of_network(connection, scope, place),
                }
        facts = facts_of(row)
        said = diagnosis_of(facts, deliveries, locale=caller.language, now=self._clock.now())
        hop = rules.hop_at_fault(facts, deliveries)
        levels = [_level(of, one, place, english=english) for of, one in counted.items() if place is not None]
        return TransactionDiagnosis(
            hop=hop,
            hop_text=rules.hop_text(hop, english=english),
            title=said.title,
            explanation=said.explanation,
            next_step=said.next_step,
            severity=said.severity,
            verdict=rules.verdict_text(levels, english=english),
            levels=levels,
        )


def _level(of: LevelOf, counted: rules.Counted, place: asyncpg.Record, *, english: bool) -> Level:
    at: datetime = place["received_at"]
    brand = BRAND_NAMES.get(place["card_brand"], "other")
    labels: dict[LevelOf, str] = {
        "terminal": place["terminal"],
        "store": place["store_name"],
        "network": f"{brand} · {place['acquirer_name'] or ''}",
    }
    return Level(
        of=of,
        label=labels[of],
        verdict=rules.verdict_of(counted),
        recent_count=counted.recent_count,
        recent_declined=counted.recent_declined,
        recent_unknown=counted.recent_unknown,
        usual_count=counted.usual_count,
        usual_declined=counted.usual_declined,
        since=timestamp_or_none(counted.since),
        text=rules.level_text(of, counted, time_zone=place["time_zone"], english=english),
        proof=Proof(
            from_=timestamp(at - rules.RECENT_BEFORE),
            to=timestamp(at + rules.RECENT_AFTER),
            figure="declined",
            terminal=encode_id("terminal", place["terminal_id"].bytes) if of == "terminal" else None,
            store=encode_id("store", place["store_id"].bytes) if of == "store" else None,
            brand=brand if of == "network" else None,
        ),
    )
