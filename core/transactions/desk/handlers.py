"""The desk's queries and commands on transactions."""

from datetime import timedelta
from typing import Final

import asyncpg
import msgspec
from msgspec.structs import replace

from core.bus import Bus
from core.contracts.feed import (
    EVENTS_PAGE_MAX,
    REPLAY_AGE_S_MAX,
    REPLAY_EVENTS_MAX,
    EventsAfter,
    EventsPage,
    Position,
)
from core.contracts.listing import Nothing, Written
from core.contracts.payment import AuthoriseReply
from core.contracts.reasons import Reason
from core.contracts.refusals import NotFound, Refused
from core.contracts.transaction_filter import TransactionFilter, filter_of
from core.contracts.transactions import (
    COUNTED_MINUTES,
    Cancel,
    Counters,
    CountTransactions,
    ListTransactions,
    MinuteCount,
    OneTransaction,
    ReasonCount,
    ReasonText,
    ReasonTexts,
    Refund,
    TransactionDetail,
    TransactionPage,
)
from core.identity.api import EVERYTHING, Claim, Permission, SignedIn, find_doer, once
from core.identity.origin import CALLED_FROM
from core.transactions.acts import store as acts
from core.transactions.acts.model import CANCEL, CANCELLED, REFUND, Act
from core.transactions.approvals.acting import ask_engine
from core.transactions.approvals.asking import ask_refund, find_asked, refund_alone_max_minor
from core.transactions.desk import store, views
from core.transactions.desk.errors import NotCancellable, NotRefundable, PaymentOfOrder, RefundAboveCaptured
from core.transactions.desk.messages import messages_of
from core.transactions.desk.model import DeskTransaction
from core.transactions.desk.periods import is_of_minutes, period_of
from core.transactions.desk.rules import (
    PAID_BY_ORDER,
    actions_of,
    cancel_action,
    customer_of,
    diagnosis_of,
    hops_of,
    refund_action,
    to_check,
)
from core.transactions.exchanges.rules import UNKNOWN_REASONS
from core.transactions.figures import tallies, together
from core.transactions.reasons import REASONS
from core.values.clock import Clock, to_unix_us
from core.values.cursors import id_in, page_of
from core.values.timestamps import timestamp, timestamp_or_none

_REPLAY_AGE: Final = timedelta(seconds=REPLAY_AGE_S_MAX)
_STANDS: Final = frozenset(
    {Reason.NONE, Reason.APPROVED, Reason.PARTIAL_APPROVAL, Reason.CANCELLED_BY_AGENT} | UNKNOWN_REASONS
)


class TransactionHandlers:
    """Operations on transactions for screens."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, bus: Bus) -> None:
        self._pool = pool
        self._clock = clock
        self._bus = bus

    async def transactions(self, caller: SignedIn, request: ListTransactions) -> TransactionPage:
        """Return a page, newest first. Raises: Refused, CursorMalformed."""
        rows = await store.list_transactions(
            self._pool,
            caller.scope_of(Permission.TRANSACTIONS_READ),
            filter_of(request),
            before=id_in("transaction", request.cursor),
            limit=request.limit + 1,
            now=self._clock.now(),
        )
        found = [views.transaction_of(row, caller.language) for row in rows]
        return TransactionPage(*page_of(found, request.limit, lambda last: (last.id,)))

    async def transaction(self, caller: SignedIn, request: OneTransaction) -> TransactionDetail:
        """Return one transaction with everything known about it. Raises: NotFound."""
        locale, scope = caller.language, caller.scope_of(Permission.TRANSACTIONS_READ)
        async with self._pool.acquire() as connection:
            row = await store.find_transaction(connection, scope, request.id)
            if row is None:
                raise NotFound
            day = row["business_date"]
            original = None if row["original_id"] is None else row["original_id"].bytes
            events = await store.list_events_of(connection, request.id, day)
            entries = await store.list_entries_of(connection, request.id, day)
            deliveries = await store.list_deliveries_of(connection, request.id)
            related = await store.list_related(connection, request.id, original)
            reversals = await store.list_reversals_of(connection, request.id)
            is_to_check = await store.has_open_matter(connection, request.id)
        facts = views.facts_of(row)
        now = self._clock.now()
        diagnosis = diagnosis_of(facts, deliveries, locale=locale, now=now)
        summary = msgspec.structs.asdict(views.transaction_of(row, locale))
        return TransactionDetail(
            **summary,
            events=views.first_events_of(row, locale) + [views.event_of(event, locale) for event in events],
            hops=hops_of(facts),
            messages=messages_of(row, events, reversals, locale),
            entries=[views.entry_of(entry) for entry in entries],
            deliveries=[views.delivery_of(delivery) for delivery in deliveries],
            related=[views.related_of(one) for one in related],
            diagnosis=to_check(diagnosis, locale=locale) if is_to_check else diagnosis,
            customer=customer_of(facts, deliveries, locale=locale, now=now),
            actions=actions_of(
                facts,
                deliveries,
                may_refund=_permitted(caller, Permission.TRANSACTIONS_REFUND, row),
                may_cancel=_permitted(caller, Permission.TRANSACTIONS_CANCEL, row),
                now=now,
            ),
        )

    async def counters(self, caller: SignedIn, request: CountTransactions) -> Counters:
        """Return what a filter leaves in figures, over its own times or the last minutes. Raises: Refused."""
        scope = caller.scope_of(Permission.TRANSACTIONS_READ)
        now = self._clock.now()
        asked, minutes = filter_of(request), request.minutes
        if minutes is None and asked == TransactionFilter():
            minutes = COUNTED_MINUTES
        period = period_of(asked, minutes, now)
        wanted = replace(asked, received_from_us=period.from_us, received_to_us=to_unix_us(period.end))
        async with self._pool.acquire() as connection:
            if period.start is not None and is_of_minutes(asked, period):
                summed = await store.sum_minutes(
                    connection,
                    scope,
                    wanted,
                    start=period.start,
                    end=period.end,
                    by_minute=period.by_minute,
                )
            else:
                summed = await store.sum_listed(
                    connection, scope, wanted, now=now, by_minute=period.by_minute
                )
        return Counters(
            from_=timestamp_or_none(period.start),
            to=timestamp(period.end),
            partial=summed.partial,
            by_minute=[
                MinuteCount(minute=timestamp(minute), **tally.shown())
                for minute, tally in (tallies(summed.rows, "minute").items() if period.by_minute else ())
            ],
            by_reason=[ReasonCount(views.reason_code(row["reason"]), row["count"]) for row in summed.reasons],
            **together(summed.rows).shown(),
        )

    async def events_after(self, request: EventsAfter) -> EventsPage:
        """Return events after a position, `too_old` instead when the replay is above its bounds."""
        async with self._pool.acquire() as connection:
            if request.check_age:
                events, oldest_at = await store.replay_size(
                    connection, request.after, limit=REPLAY_EVENTS_MAX + 1
                )
                aged = oldest_at is not None and self._clock.now() - oldest_at > _REPLAY_AGE
                if events > REPLAY_EVENTS_MAX or aged:
                    return EventsPage(items=[], more=False, too_old=True)
            return await store.list_events_after(
                connection, request.after, request.until, limit=min(request.limit, EVENTS_PAGE_MAX)
            )

    async def events_end(self, _request: Nothing) -> Position:
        """Return the newest position."""
        return await store.find_events_end(self._pool)

    async def reasons(self, _request: Nothing) -> ReasonTexts:
        """Return the words of every reason in every language, for who shows the live feed."""
        texts: dict[str, dict[int, ReasonText]] = {}
        for locale in ("fr", "en"):
            texts[locale] = {
                int(reason): ReasonText(
                    meaning.declined_by,
                    meaning.severity,
                    meaning.retry,
                    *meaning.words(locale),
                )
                for reason, meaning in REASONS.items()
            }
        return ReasonTexts(texts)

    async def refund(self, caller: SignedIn, request: Refund) -> Written:
        """Refund, once for each idempotency key; above what one person may give alone, ask for a second one.

        The answer is the refund, or the approval that it waits for.
        Raises: AlreadyWaiting, NotFound, NotRefundable, PaymentOfOrder, RefundAboveCaptured, KeyReused, StillRunning.
        """
        scope, locale = caller.scope_of(Permission.TRANSACTIONS_REFUND), caller.language

        async def effect(claim: Claim) -> bytes:
            refund_id = claim.made_id()
            # A first call may have got through before it died: then its refund is the answer.
            if claim.taken_over and (made := await self._shown(refund_id, locale)) is not None:
                return made
            if claim.taken_over and (
                asked := await find_asked(self._pool, caller, refund_id, self._clock.now())
            ):
                return asked
            row = await store.find_transaction(self._pool, scope, request.id)
            if row is None:
                raise NotFound
            facts = views.facts_of(row)
            action = refund_action(facts, permitted=True)
            if not action.allowed:
                if action.why == PAID_BY_ORDER:
                    raise PaymentOfOrder
                if action.why in ("nothing_left", "refund_pending"):
                    raise RefundAboveCaptured(remaining_minor=0, currency=facts.currency)
                raise NotRefundable(action.why or "wrong_state")
            if request.amount.currency != facts.currency:
                raise NotRefundable("other_currency")
            if request.amount.amount > action.max.amount:
                raise RefundAboveCaptured(remaining_minor=action.max.amount, currency=facts.currency)
            # All that is given back of one payment counts, or a large refund would be several small ones.
            altogether_max_minor = await refund_alone_max_minor(self._pool, caller, row)
            if facts.reserved_minor + request.amount.amount > altogether_max_minor:
                return await ask_refund(
                    self._pool, caller, row, request, approval_id=refund_id, now=self._clock.now()
                )
            act = Act(
                id=refund_id,
                kind=REFUND,
                agent_id=caller.agent_id,
                target_id=request.id,
                target_date=facts.business_date,
                amount_minor=request.amount.amount,
                currency=request.amount.currency,
                reason=request.reason,
                ip=CALLED_FROM.get(),
            )
            await acts.record(self._pool, act, self._clock.now())
            reply = await ask_engine(self._bus, act.id)
            made = await self._shown(refund_id, locale)
            if made is None and reply.reason == Reason.AMOUNT_ABOVE_LIMIT:
                # Another refund of the same payment came in between, and only the engine could see it.
                return await ask_refund(
                    self._pool, caller, row, request, approval_id=refund_id, now=self._clock.now()
                )
            if made is None:
                raise _refusal(reply, remaining_minor=action.max.amount, currency=facts.currency)
            return made

        return await once(self._pool, self._clock, caller, request, effect)

    async def cancel(self, caller: SignedIn, request: Cancel) -> Written:
        """Cancel before capture; what the caller cancelled before is answered alike, what another did is refused.

        Raises: NotFound, NotCancellable, PaymentOfOrder, KeyReused, StillRunning.
        """
        scope, locale = caller.scope_of(Permission.TRANSACTIONS_CANCEL), caller.language

        async def effect(claim: Claim) -> bytes:
            row = await store.find_transaction(self._pool, scope, request.id)
            if row is None:
                raise NotFound
            facts = views.facts_of(row)
            # A first call may have got through before it died: a payment that the caller cancelled is the answer.
            if not await self._is_cancelled_by(caller, facts):
                action = cancel_action(facts, permitted=True)
                if action.why == PAID_BY_ORDER:
                    raise PaymentOfOrder
                if not action.allowed:
                    raise NotCancellable(action.why or "wrong_state")
                act = Act(
                    id=claim.made_id(),
                    kind=CANCEL,
                    agent_id=caller.agent_id,
                    target_id=request.id,
                    target_date=facts.business_date,
                    amount_minor=None,
                    currency=None,
                    reason=request.reason,
                    ip=CALLED_FROM.get(),
                )
                await acts.record(self._pool, act, self._clock.now())
                reply = await ask_engine(self._bus, act.id)
                if reply.reason == Reason.ALREADY_REVERSED:
                    # Somebody else was faster, here or at the till.
                    doer = await find_doer(self._pool, request.id, CANCELLED)
                    raise NotCancellable("was_reversed", doer)
                if reply.reason not in _STANDS:
                    raise NotCancellable(views.reason_code(reply.reason))
            shown = await self._shown(request.id, locale)
            if shown is None:
                raise NotFound
            return shown

        return await once(self._pool, self._clock, caller, request, effect)

    async def _is_cancelled_by(self, caller: SignedIn, facts: DeskTransaction) -> bool:
        """Whether the caller has cancelled it before. Raises: NotCancellable, when another agent has."""
        if facts.reason != Reason.CANCELLED_BY_AGENT:
            return False
        doer = await find_doer(self._pool, facts.id, CANCELLED)
        if doer is None or doer.agent_id != caller.agent_id:
            raise NotCancellable("was_reversed", doer)
        return True

    async def _shown(self, transaction_id: bytes, locale: str) -> bytes | None:
        row = await store.find_transaction(self._pool, EVERYTHING, transaction_id)
        return None if row is None else msgspec.json.encode(views.transaction_of(row, locale))


def _permitted(caller: SignedIn, permission: Permission, row: asyncpg.Record) -> bool:
    """Return whether the caller may do this to the transaction of a row, and not only look at it."""
    return caller.scope_of(permission).sees(
        row["department"] or "",
        row["store_id"].bytes if row["store_id"] else b"",
        row["company_id"].bytes if row["company_id"] else b"",
        row["service"],
    )


def _refusal(reply: AuthoriseReply, *, remaining_minor: int, currency: str) -> Refused:
    if reply.reason == Reason.REFUND_ABOVE_CAPTURED:
        return RefundAboveCaptured(remaining_minor=remaining_minor, currency=currency)
    return NotRefundable(views.reason_code(reply.reason))
