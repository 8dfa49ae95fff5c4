"""What schedules bring to the processes: plans, by which purchases are parted into instalments (SCH-1)."""

from datetime import date, timedelta
from typing import Any, Final

import asyncpg
import msgspec

from core.cards.api import authentications_of, frame_url_of
from core.contracts import (
    card_changes,
    collecting,
    my_orders,
    my_settlements,
    order_mails,
    order_payments,
    order_records,
    orders,
)
from core.contracts import plans as ask
from core.contracts.desk import FieldProblem
from core.contracts.listing import Written
from core.contracts.references import PersonRef
from core.contracts.refusals import FieldRefused, NotFound, Refused
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.identity.api import SignedIn, WriteOnce, record_action, refuse_repeat_of_another, space_url_of
from core.runtime.jobs import Job
from core.runtime.manifest import Names, Parts, Served, Slice, placed, serves
from core.schedules.changing.changing import CardChanges
from core.schedules.changing.handlers import CardChangeHandlers
from core.schedules.clock.handlers import ClockHandlers
from core.schedules.collecting.first_debits import FirstDebits
from core.schedules.collecting.handlers import CollectingHandlers
from core.schedules.mine.handlers import MyOrderHandlers
from core.schedules.mine.store import find_expected
from core.schedules.notices.previewing import OrderMailHandlers
from core.schedules.notices.resending import ResendHandlers
from core.schedules.notices.telling import TellingRound
from core.schedules.orders.desk import OrderHandlers
from core.schedules.orders.merchant import MerchantOrderHandlers
from core.schedules.orders.pages import loopback_of
from core.schedules.orders.pausing import PauseHandlers
from core.schedules.orders.waiting import abandon_waiting
from core.schedules.paying.handlers import PayingHandlers
from core.schedules.paying.paying import Payments
from core.schedules.settlements.handlers import MySettlementHandlers
from core.schedules.settlements.settling import Settlements
from core.schedules.updating.schemes import schemes_of
from core.schedules.updating.updating import CardUpdates
from core.values.clock import Clock, paris_date
from core.values.cursors import name_and_id_in, page_of
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_SQL: Final = load_beside(__file__)
_MONTHS_MAX: Final = 12
WAITING_EVERY_S: Final = 300.0
CARD_CHANGES_EVERY_S: Final = 15.0
CARD_UPDATES_EVERY_S: Final = 60.0
TELL_EVERY_S: Final = 2.0


class PlanHandlers:
    """Operations on plans. They are the institution's own, so that no place bounds them."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def plans(self, caller: SignedIn, request: ask.ListPlans) -> ask.PlanPage:
        """Return a page of plans. Raises: CursorMalformed, FieldRefused."""
        after = name_and_id_in("plan", request.cursor)
        on = None if request.on is None else _day(request.on, "on")
        found = await self._find(self._pool, caller, on=on, after=after, limit=request.limit + 1)
        return ask.PlanPage(
            *page_of(found, request.limit, lambda last: (f"{last.parts:02d} {last.code}", last.id))
        )

    async def plan(self, caller: SignedIn, request: ask.OnePlan) -> ask.Plan:
        """Return one plan. Raises: NotFound."""
        return await self._one(self._pool, caller, request.id)

    async def make(self, caller: SignedIn, request: ask.MakePlan) -> Written:
        """Make a version. Raises: FieldRefused, Refused, KeyReused, StillRunning."""
        now = self._clock.now()
        valid_from = _day(request.valid_from, "valid_from")
        valid_to = None if request.valid_to is None else _day(request.valid_to, "valid_to")
        if problems := _problems(request, valid_from, valid_to, paris_date(now)):
            raise Refused("invalid_request", errors=problems)

        async def effect(connection: Connection) -> bytes:
            made: Any = await connection.fetchval(
                _SQL.add_plan,
                request.code,
                request.name_fr.strip(),
                request.name_en.strip(),
                request.parts,
                request.step_unit,
                request.step_count,
                request.amount_min.currency,
                request.amount_min.amount,
                request.amount_max.amount,
                valid_from,
                valid_to,
                request.fee_bp,
                None if request.fee is None else request.fee.amount,
                list(dict.fromkeys(request.markets)),
                uuid_of(caller.agent_id),
                now,
            )
            if made is None:
                other = await connection.fetchrow(_SQL.overlapping_plan, request.code, valid_from, valid_to)
                raise FieldRefused("valid_from", "taken", _offered(other, caller.language) if other else "")
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="plan.made",
                target_kind="plan",
                target_id=made.bytes,
                facts={"name": request.name_fr, "effective_on": request.valid_from},
            )
            return msgspec.json.encode(await self._one(connection, caller, made.bytes))

        return await self._write(caller, request, effect)

    async def retire(self, caller: SignedIn, request: ask.RetirePlan) -> Written:
        """Let a version end: what was offered yesterday or today stays so.

        Raises: NotFound, FieldRefused, DoneByAnother, KeyReused.
        """
        now = self._clock.now()
        wanted = None if request.valid_to is None else _day(request.valid_to, "valid_to")

        async def effect(connection: Connection) -> bytes:
            plan = await connection.fetchrow(_SQL.lock_plan, uuid_of(request.id))
            if plan is None:
                raise NotFound
            if plan["valid_to"] is not None and wanted in (None, plan["valid_to"]):
                await refuse_repeat_of_another(connection, caller, request.id, "plan.retired")
                return msgspec.json.encode(await self._one(connection, caller, request.id))
            first = max(paris_date(now) + timedelta(days=1), plan["valid_from"])
            ends = wanted or first
            last = None if plan["valid_to"] is None else plan["valid_to"] - timedelta(days=1)
            if ends < first or (last is not None and ends > last):
                raise FieldRefused("valid_to", "out_of_range", _days(first, last))
            await connection.execute(_SQL.retire_plan, uuid_of(request.id), ends)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="plan.retired",
                target_kind="plan",
                target_id=request.id,
                facts={"effective_on": ends.isoformat(), "reason": request.reason},
            )
            return msgspec.json.encode(await self._one(connection, caller, request.id))

        return await self._write(caller, request, effect)

    async def _one(self, connection: Connection, caller: SignedIn, plan_id: bytes) -> ask.Plan:
        found = await self._find(connection, caller, plan_id=plan_id)
        if not found:
            raise NotFound
        return found[0]

    async def _find(
        self,
        connection: Connection,
        caller: SignedIn,
        *,
        plan_id: bytes | None = None,
        on: date | None = None,
        after: tuple[str, bytes] = ("", bytes(16)),
        limit: int = 1,
    ) -> list[ask.Plan]:
        parts_and_code, last = after
        rows = await connection.fetch(
            _SQL.plans, uuid_or_none(plan_id), on, parts_and_code, uuid_of(last), limit
        )
        today = paris_date(self._clock.now()).isoformat()
        return [_plan_of(row, today, caller.language) for row in rows]


def _problems(
    wanted: ask.MakePlan, valid_from: date, valid_to: date | None, today: date
) -> list[FieldProblem]:
    """Return what no bound of a single field says."""
    smallest = wanted.parts  # each part is a cent at least
    problems = (
        (valid_from < today, "valid_from", "past", ""),
        (
            valid_to is not None and valid_to <= valid_from,
            "valid_to",
            "out_of_range",
            _days(valid_from + timedelta(days=1), None),
        ),
        (
            wanted.step_unit == "months" and wanted.step_count > _MONTHS_MAX,
            "step_count",
            "out_of_range",
            f"1 to {_MONTHS_MAX}",
        ),
        (wanted.amount_min.amount < smallest, "amount_min", "out_of_range", f"at least {smallest} EUR cents"),
        (
            wanted.amount_max.amount < wanted.amount_min.amount,
            "amount_max",
            "out_of_range",
            f"at least {wanted.amount_min.amount} EUR cents",
        ),
        (wanted.fee_bp is None and wanted.fee is None, "fee_bp", "missing", "a share or a fixed fee"),
        (wanted.fee_bp is not None and wanted.fee is not None, "fee", "twice", "a share or a fixed fee"),
    )
    return [FieldProblem(field, code, detail) for is_so, field, code, detail in problems if is_so]


def _days(first: date, last: date | None) -> str:
    return f"from {first} on" if last is None else f"from {first} to {last}"


def _offered(plan: asyncpg.Record, language: str) -> str:
    """Return which version has some of the days, and when it is offered."""
    last = None if plan["valid_to"] is None else plan["valid_to"] - timedelta(days=1)
    name = plan["name_en"] if language == "en" else plan["name_fr"]
    return f"offered {_days(plan['valid_from'], last)}: {name}"


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FieldRefused(field, "malformed") from error


def _plan_of(row: asyncpg.Record, today: str, language: str) -> ask.Plan:
    by_id, currency = row["made_by"], row["currency"]
    is_over = row["valid_to"] is not None and row["valid_to"] <= max(today, row["valid_from"])
    same = (
        "code",
        "name_fr",
        "name_en",
        "parts",
        "step_unit",
        "step_count",
        "valid_from",
        "valid_to",
        "fee_bp",
        "markets",
    )
    return ask.Plan(
        **{name: row[name] for name in same},
        id=encode_id("plan", row["id"].bytes),
        name=row["name_en"] if language == "en" else row["name_fr"],
        amount_min=ask.PlanAmount(row["amount_min_minor"], currency),
        amount_max=ask.PlanAmount(row["amount_max_minor"], currency),
        fee=None if row["fee_minor"] is None else ask.PlanAmount(row["fee_minor"], currency),
        state="over" if is_over else "coming" if row["valid_from"] > today else "offered",
        made_at=timestamp(row["made_at"]),
        made_by=None if by_id is None else PersonRef(encode_id("agent", by_id.bytes), row["made_by_name"]),
    )


def _operations(parts: Parts) -> list[Served]:
    return [
        *_of_plans(parts),
        *_of_agents(parts),
        *_of_merchants(parts),
        *_of_payments(parts),
        *_of_customers(parts),
        *_of_card_changes(parts),
        *_of_collecting(parts),
    ]


def _of_plans(parts: Parts) -> list[Served]:
    handlers = PlanHandlers(parts.pool, parts.calendar)
    return [
        serves(ask.LIST, handlers.plans),
        serves(ask.ONE, handlers.plan),
        serves(ask.MAKE, handlers.make),
        serves(ask.RETIRE, handlers.retire),
    ]


def _of_customers(parts: Parts) -> list[Served]:
    mine = MyOrderHandlers(parts.pool, parts.clock, parts.calendar, parts.environment)
    return [
        serves(my_orders.SUMMARY, mine.summary),
        serves(my_orders.LIST, mine.orders),
        serves(my_orders.ONE, mine.order),
        serves(my_orders.PRINT, mine.print_order),
        *_of_settlements(parts),
    ]


def _of_settlements(parts: Parts) -> list[Served]:
    frame_url = frame_url_of(parts.environment)
    settlements = Settlements(
        parts.pool,
        parts.clock,
        parts.calendar,
        authentications_of(parts),
        _first_debits(parts),
        frame_url=frame_url,
        space_url=space_url_of(parts.environment),
    )
    handlers = MySettlementHandlers(parts.pool, parts.clock, parts.calendar, settlements)
    return [
        serves(my_settlements.SHOW, handlers.show),
        serves(my_settlements.OPEN_FRAME, handlers.open_frame),
        serves(my_settlements.PAY, handlers.pay),
        serves(my_settlements.GO_ON, handlers.go_on),
    ]


def _of_card_changes(parts: Parts) -> list[Served]:
    frame_url = frame_url_of(parts.environment)
    changes = CardChangeHandlers(
        parts.pool, parts.clock, parts.calendar, _card_changes(parts), frame_url=frame_url
    )
    return [
        serves(card_changes.OPEN, changes.open),
        serves(card_changes.ONE, changes.one),
        serves(card_changes.CONTINUE, changes.go_on),
        serves(card_changes.COLLECT_NOW, changes.collect_now),
    ]


def _card_changes(parts: Parts) -> CardChanges:
    return CardChanges(
        parts.pool,
        parts.bus,
        parts.clock,
        parts.calendar,
        authentications_of(parts),
        parts.queue_mail,
        space_url=space_url_of(parts.environment),
    )


def _of_collecting(parts: Parts) -> list[Served]:
    run = CollectingHandlers(parts.pool, parts.clock, parts.calendar)
    clock = ClockHandlers(parts.pool, parts.clock, parts.calendar)
    return [
        serves(collecting.REPORT, run.report),
        serves(collecting.DUE, run.due),
        serves(collecting.PAUSE, run.pause),
        serves(collecting.RESUME, run.resume),
        serves(collecting.SHOW_CLOCK, clock.show),
        serves(collecting.MOVE_CLOCK, clock.move),
    ]


def _of_agents(parts: Parts) -> list[Served]:
    handlers = OrderHandlers(parts.pool, parts.clock, parts.calendar)
    pauses = PauseHandlers(parts.pool, parts.clock, parts.calendar)
    resending = ResendHandlers(parts.pool, parts.clock, parts.calendar)
    mails = OrderMailHandlers(parts.pool, parts.clock, space_url_of(parts.environment), parts.contact_lines)
    return [
        serves(order_records.LIST, handlers.orders),
        serves(order_records.ONE, handlers.order),
        serves(order_records.CANCEL, handlers.cancel),
        serves(order_records.MOVE, handlers.move),
        serves(order_records.PAUSE, pauses.pause),
        serves(order_records.RESUME, pauses.resume),
        serves(order_records.RESEND, resending.resend),
        serves(order_records.SEE, handlers.see),
        serves(order_mails.PREVIEW, mails.preview),
    ]


def _of_merchants(parts: Parts) -> list[Served]:
    handlers = MerchantOrderHandlers(parts.pool, parts.calendar, loopback=loopback_of(parts.environment))
    return [
        serves(orders.OFFERED, handlers.plans),
        serves(orders.PREVIEW, handlers.preview),
        serves(orders.MAKE, handlers.make),
        serves(orders.LIST, handlers.orders),
        serves(orders.CANCEL, handlers.cancel),
        serves(orders.REFUND, handlers.refund),
        serves(orders.PAY_AHEAD, handlers.pay_ahead),
    ]


def _of_payments(parts: Parts) -> list[Served]:
    frame_url, loopback = frame_url_of(parts.environment), loopback_of(parts.environment)
    payments = Payments(
        parts.pool,
        parts.clock,
        parts.calendar,
        authentications_of(parts),
        _first_debits(parts),
        loopback=loopback,
    )
    handlers = PayingHandlers(
        parts.pool, parts.clock, parts.calendar, payments, frame_url=frame_url, loopback=loopback
    )
    return [
        serves(orders.ONE, handlers.order),
        serves(order_payments.OPEN_FRAME, handlers.open_frame),
        serves(order_payments.PAY, handlers.pay),
    ]


def _first_debits(parts: Parts) -> FirstDebits:
    return FirstDebits(parts.pool, parts.bus, parts.clock, parts.calendar)


def _jobs(parts: Parts) -> list[Job]:
    return [
        Job("orders_waiting", WAITING_EVERY_S, lambda: _abandon(parts)),
        Job("card_changes", CARD_CHANGES_EVERY_S, _card_changes(parts).take_up),
        *_card_updates(parts),
        Job("order_notices", TELL_EVERY_S, TellingRound(parts.pool, parts.calendar).round),
    ]


def _card_updates(parts: Parts) -> list[Job]:
    schemes = schemes_of(parts.environment)
    if schemes is None:
        return []
    return [Job("card_updates", CARD_UPDATES_EVERY_S, CardUpdates(parts.pool, parts.calendar, schemes).round)]


async def _abandon(parts: Parts) -> None:
    await abandon_waiting(parts.pool, parts.calendar)


SLICE: Final = Slice(
    "schedules",
    operations=_operations,
    jobs=_jobs,
    names=Names(frozenset({"plan", "order"}), _SQL.record_names, read_by=placed),
    expected_by=find_expected,
)
