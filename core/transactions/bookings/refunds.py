"""Refunds: reserved on the original, asked of the host, posted or given back. One by one, under row locks."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import date
from typing import NamedTuple

import asyncpg
import msgspec
import structlog
from asyncpg.pgproto.pgproto import UUID

from core.contracts.payment import AUTHORISE, HOST_REPLIED, Authorise, AuthoriseReply, HostReply, SealedCard
from core.contracts.reasons import Reason
from core.contracts.states import (
    DeliveryKind,
    EventKind,
    Kind,
    Layer,
    LedgerOperation,
    ReversalFinding,
    State,
)
from core.db.passing import is_passing
from core.identity.api import find_doer
from core.transactions.acts import store as acts
from core.transactions.acts.model import CANCELLED, Act
from core.transactions.bookings import kept_reversals, repeats, sendings, store
from core.transactions.bookings.attempts import NewAttempt, Standing, attempt_of_payment, standing_of
from core.transactions.bookings.clocks import day_of_sending
from core.transactions.bookings.dead_letters import keep_dead_letter
from core.transactions.bookings.naming import describes, lock_original
from core.transactions.bookings.rules import Match
from core.transactions.bookings.store import Connection
from core.transactions.bookings.taking_back import give_back, take_back
from core.transactions.engine.arming import REPEAT_POLL_S, REPEAT_WAIT_S, SWEPT_LATER_MS, stored_reply
from core.transactions.exchanges.answers import Answering
from core.transactions.exchanges.exchange import Exchange, HostOutcome, Source
from core.transactions.exchanges.exchanges import Exchanges
from core.transactions.exchanges.labels import Labels, labels_of
from core.transactions.exchanges.requests import request_of_attempt
from core.transactions.exchanges.rules import cause_of_unknown, outcome_of
from core.transactions.rules import stored_answer
from core.transactions.stored_cards.payment import STORED_CARD_MESSAGE_CLASS
from core.values.clock import Clock, from_unix_us
from core.values.ids import rrn_of
from core.values.zones import zone_of

AGENT_MESSAGE_CLASS = 12
"""Natural keys of what agents cause stand apart from those of the terminals they borrow."""

REFUNDS_IN_FLIGHT_MAX = 1_024

_ORDER = Source("order")
_NO_REQUEST = msgspec.msgpack.encode({})

_log = structlog.get_logger("core.refunds")


class Wanted(NamedTuple):
    """A refund to arm: the attempt to record and the original it takes from; `act` when a person wants it."""

    new: NewAttempt
    original_id: bytes
    original_date: date
    source: Source
    act: Act | None = None
    asked: Authorise | None = None  # what its terminal says of the original besides


class OfDebit(NamedTuple):
    """A refund of a payment by a kept card, written down before: its identifier, number and day stay what they are."""

    id: bytes
    original_id: bytes
    original_date: date
    amount_minor: int
    currency: str
    stan: int
    business_date: date


class Refunds:
    """Refunds that terminals ask the engine for, and those of agents."""

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        clock: Clock,
        answers: Answering,
        exchanges: Exchanges,
        committed: Callable[[], None],
        host_deadline_ms: int,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._answers = answers
        self._exchanges = exchanges
        self._committed = committed
        self._host_deadline_ms = host_deadline_ms
        self._tasks: set[asyncio.Task[None]] = set()
        self.refunds = 0

    def take(self, item: Authorise, source: Source) -> None:
        """Take a refund asked by a terminal."""
        if len(self._tasks) >= REFUNDS_IN_FLIGHT_MAX:
            self._answers.answer(source, _reply(item.id, Reason.SYSTEM_BUSY))
            return
        self._spawn(self._asked(item, source))

    # Acts of people.

    async def refund_by_agent(self, act: Act) -> AuthoriseReply:
        """Arm a refund and send it; the answer NONE says it is under way, anything else why it is not."""
        made_at_us = int.from_bytes(act.id[:6], "big") * 1000
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(store.queries.read_original, UUID(act.target_id), act.target_date)
            if row is None:
                return _reply(act.id, await self._refuse(connection, act, Reason.ORIGINAL_NOT_FOUND))
            business_date = from_unix_us(made_at_us).astimezone(zone_of(row["time_zone"])).date()
            if (answered := await _find_answered(connection, act, business_date)) is not None:
                return answered
            stan: int = (await connection.fetchrow(store.queries.next_agent_stan))["stan"]
        new = _refund_of(
            row,
            act.id,
            business_date,
            message_class=AGENT_MESSAGE_CLASS,
            stan=stan,
            amount_minor=act.amount_minor or 0,
            currency=act.currency or "",
        )
        wanted = Wanted(new, act.target_id, act.target_date, Source(f"agent {act.agent_id.hex()}"), act)
        reason = await self._arm(wanted)
        if reason == Reason.REPEAT_DIFFERS:
            # Somebody repeated it and was faster.
            async with self._pool.acquire() as connection:
                again = await acts.find(connection, act.id)
                answered = None if again is None else await _find_answered(connection, again, business_date)
            return answered or _reply(act.id, reason)
        return _reply(act.id, reason)

    # What orders owe back.

    async def refund_debit(self, asked: OfDebit) -> Reason:
        """Arm a refund and send it. NONE: it is on its way. REPEAT_DIFFERS: it was armed before. Else it is recorded as
        refused, or nothing is recorded: ORIGINAL_NOT_FOUND, without its payment.
        """
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(
                store.queries.read_original, UUID(asked.original_id), asked.original_date
            )
        if row is None:
            return Reason.ORIGINAL_NOT_FOUND
        new = _refund_of(
            row,
            asked.id,
            asked.business_date,
            message_class=STORED_CARD_MESSAGE_CLASS,
            stan=asked.stan,
            amount_minor=asked.amount_minor,
            currency=asked.currency,
        )
        return await self._arm(Wanted(new, asked.original_id, asked.original_date, _ORDER))

    async def cancel_by_agent(self, act: Act) -> AuthoriseReply:
        """Take back an approved payment that is not captured yet. The reply's `id` is the payment's.

        What is taken back or declined already, and not by this person, is no act of theirs: ALREADY_REVERSED.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            outcome = await acts.lock(connection, act.id)
            if outcome is not None:
                return _reply(act.target_id, outcome)
            standing = await store.lock_by_id(connection, act.target_id, act.target_date)
            done = False
            reason = Reason.ORIGINAL_NOT_FOUND if standing is None else await acts.judge(connection, act)
            if standing is not None and reason == Reason.NONE:
                if standing.state in (State.REVERSED, State.DECLINED, State.UNKNOWN):
                    reason = await _repeated(connection, act)
                else:
                    reason = await take_back(
                        connection,
                        standing,
                        cause=Reason.CANCELLED_BY_AGENT,
                        who=f"agent {act.agent_id.hex()}",
                    )
                    done = reason == Reason.APPROVED
            await acts.end(connection, act, reason, done=done, now=self._clock.now())
        self._committed()
        return _reply(act.target_id, reason)

    async def _refuse(self, connection: Connection, act: Act, reason: Reason) -> Reason:
        async with connection.transaction():
            if await acts.lock(connection, act.id) is None:
                await acts.end(connection, act, reason, done=False, now=self._clock.now())
        return reason

    # Arming, asking, deciding.

    async def _asked(self, item: Authorise, source: Source) -> None:
        try:
            await self._ask(item, source)
        except Exception as error:
            if is_passing(error):
                raise
            _log.exception("refund_refused_by_database", trace_id=item.id.hex())
            payload = msgspec.msgpack.encode(msgspec.structs.replace(item, sensitive=b""))
            if await keep_dead_letter(self._pool, AUTHORISE.subject, payload, error):
                self._answers.answer(source, _reply(item.id, Reason.MESSAGE_REFUSED))

    async def _ask(self, item: Authorise, source: Source) -> None:
        if item.date_in_utc:
            async with self._pool.acquire() as connection:
                zone = await store.read_time_zone(connection, item.terminal_id)
            day = day_of_sending(item.transmitted_at, from_unix_us(item.received_at_us), zone)
            item = msgspec.structs.replace(item, business_date=day.toordinal(), date_in_utc=False)
        new = attempt_of_payment(item, state=State.SENT, reason=Reason.NONE)
        # Which payment it is about is found when it is armed, under that payment's lock.
        reason = await self._arm(Wanted(new, b"", new.business_date, source, asked=item))
        if reason == Reason.REPEAT_DIFFERS:
            await self._answer_repeat(item, source)
        elif reason != Reason.NONE:
            self._answers.answer(source, _reply(item.id, reason))

    async def _arm(self, wanted: Wanted) -> Reason:
        """Record, reserve and send. NONE: it is on its way. REPEAT_DIFFERS: its natural key is taken.

        AMOUNT_ABOVE_LIMIT, MESSAGE_REFUSED: no refund is recorded, for whoever asks may not give so much back, alone or
        at all.
        """
        new, act = wanted.new, wanted.act
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                if act is not None and await acts.lock(connection, act.id) is not None:
                    return Reason.REPEAT_DIFFERS
                if wanted.asked is not None:
                    # What repeats it may come at the same moment, under another date.
                    await sendings.lock_number(connection, wanted.asked)
                    if await repeats.find_first(connection, wanted.asked) is not None:
                        return Reason.REPEAT_DIFFERS
                match, original = await _find_original(connection, wanted)
                if original is not None and await sendings.is_recorded(connection, new):
                    # Not left to the insert: it would wait for whoever decides the refund, who waits for us.
                    return Reason.REPEAT_DIFFERS
                reason = _why_not(original, new)
                if (
                    original is not None
                    and wanted.asked is not None
                    and (match.finding != ReversalFinding.NAMED or not describes(wanted.asked, original))
                ):
                    reason = Reason.ORIGINAL_DISAGREES
                if act is not None and reason == Reason.NONE:
                    refusal = await acts.judge(connection, act)
                    if refusal != Reason.NONE:
                        await acts.end(connection, act, refusal, done=False, now=self._clock.now())
                        return refusal
                marked = None
                if reason == Reason.NONE:
                    is_repeat = wanted.asked is not None and wanted.asked.repeat
                    marked = await kept_reversals.find_marked(connection, new, repeat=is_repeat)
                    if marked.is_taken_back:
                        reason = Reason.ALREADY_REVERSED
                if reason == Reason.NONE:
                    reason = await _blocked(connection, new.terminal_id)
                recorded = await store.insert(
                    connection,
                    new._replace(
                        state=State.SENT if reason == Reason.NONE else State.DECLINED,
                        reason=reason,
                        original_id=original.id if original else None,
                        original_date=original.business_date if original else None,
                        reverse_after_ms=self._host_deadline_ms + SWEPT_LATER_MS,
                    ),
                )
                if recorded is None:
                    return Reason.REPEAT_DIFFERS
                if original is None or reason != Reason.NONE:
                    await store.note(
                        connection,
                        new.id,
                        new.business_date,
                        EventKind.REFUSED,
                        state=State.DECLINED,
                        reason=reason,
                        cause=wanted.source.who,
                    )
                    if act is not None:
                        await acts.end(connection, act, reason, done=True, now=self._clock.now())
                    return reason
                if original.state in (State.APPROVED, State.PARTIALLY_APPROVED):
                    # What was bought today is captured tonight; whoever refunds it now captures it first.
                    await store.capture(connection, original, original.approved_minor, cause="refund")
                await store.add_refunded(connection, original, new.amount_minor, final=False)
                for cause in () if marked is None else marked.causes:
                    await store.add_doubt(connection, standing_of(new, *recorded), cause)
                if act is not None:
                    await acts.end(connection, act, Reason.NONE, done=True, now=self._clock.now())
            labels = await read_labels(connection, new.terminal_id)
        self._committed()
        if labels is not None:
            self._ask_host(wanted, labels)
        return Reason.NONE

    def _ask_host(self, wanted: Wanted, labels: Labels) -> None:
        request = request_of_attempt(
            wanted.new,
            labels,
            sensitive=b"" if wanted.asked is None else wanted.asked.sensitive,
            partial_ok=False,
            deadline_at_us=self._clock.unix_us() + self._host_deadline_ms * 1000,
        )
        refund = Exchange(
            request,
            acquirer=labels.acquirer,
            source=wanted.source,
            about=wanted.new,
            settle=self._settle,
        )
        self._exchanges.ask(refund)
        self._exchanges.send()

    def _settle(self, outcomes: list[HostOutcome[NewAttempt]]) -> None:
        for refund, reply in outcomes:
            self._spawn(self._decide(refund, reply))

    async def _decide(self, refund: Exchange[NewAttempt], reply: HostReply) -> None:
        new = refund.about
        outcome = outcome_of(reply, kind=new.kind, amount_minor=new.amount_minor, partial_ok=False)
        async with self._pool.acquire() as connection, connection.transaction():
            standing = await store.lock_by_id(connection, new.id, new.business_date)
            if standing is None or standing.state != State.SENT:
                # Reversed or swept meanwhile: what stands is told, never what the host says now.
                reason: int = Reason.HOST_NO_REPLY
                if standing is not None:
                    reason = stored_answer(standing.state, standing.reason)
                    if reply.result == HOST_REPLIED:
                        await _note_late(connection, standing, reply)
            else:
                await self._write(connection, standing, reply, outcome.state, outcome.reason)
                reason = Reason.HOST_NO_REPLY if outcome.state == State.UNKNOWN else outcome.reason
        self.refunds += 1
        self._committed()
        approved = reason == Reason.APPROVED
        self._answers.tell(
            refund,
            AuthoriseReply(
                new.id,
                reason,
                reply.approval_code if approved else "",
                new.amount_minor if approved else 0,
                refund.request.rrn,
                reply.host_code,
            ),
        )

    async def _write(
        self, connection: Connection, standing: Standing, reply: HostReply, state: State, reason: int
    ) -> None:
        approved_minor = standing.amount_minor if state == State.APPROVED else 0
        await connection.fetchrow(
            store.queries.decide_refund,
            UUID(standing.id),
            standing.business_date,
            int(state),
            int(reason),
            approved_minor,
            reply.host_code,
            reply.approval_code,
            reply.sent_us,
            reply.replied_us,
        )
        kind = EventKind.DECIDED
        if state == State.APPROVED:
            await store.post(connection, standing, LedgerOperation.REFUND, Layer.POSTED, -approved_minor)
            await self._finish_original(connection, standing)
        elif state == State.UNKNOWN:
            # The reservation stays until the host has accepted the reversal.
            kind = EventKind.TIMED_OUT
            await store.owe(
                connection,
                standing.id,
                standing.business_date,
                DeliveryKind.REVERSAL,
                reason=reason,
                amount_minor=standing.amount_minor,
                acquirer_id=standing.acquirer_id,
            )
        else:
            await give_back(connection, standing)
        await store.note(
            connection,
            standing.id,
            standing.business_date,
            kind,
            state=state,
            reason=reason,
            cause=cause_of_unknown(reply) if state == State.UNKNOWN else "",
            detail=reply.messages or None,
        )

    async def _finish_original(self, connection: Connection, refund: Standing) -> None:
        if refund.original_id is None or refund.original_date is None:
            return
        original = await store.lock_by_id(connection, refund.original_id, refund.original_date)
        if original is None:
            return
        state = await store.add_refunded(connection, original, 0, final=True)
        await store.note(
            connection,
            original.id,
            original.business_date,
            EventKind.REFUNDED,
            state=state,
            reason=original.reason,
            cause=f"refund {refund.id.hex()}",
        )

    async def _answer_repeat(self, item: Authorise, source: Source) -> None:
        """The natural key is taken: the first answer, once it is there, or a refusal."""
        while self._clock.unix_us() - item.received_at_us < REPEAT_WAIT_S * 1_000_000:
            async with self._pool.acquire() as connection:
                first = await repeats.find_first(connection, item)
                if first is not None and first.is_same:
                    await sendings.keep_repeat_time(connection, item, first.row, is_late=first.is_late)
            row = None if first is None else first.row
            if first is None or row is None or not first.is_same:
                reversed_before = row is not None and row["state"] == State.REVERSED
                reason = Reason.ALREADY_REVERSED if reversed_before else Reason.REPEAT_DIFFERS
                self._answers.answer(source, _reply(item.id, reason))
                return
            if row["state"] != State.SENT:
                self._answers.answer(source, stored_reply(item.id, row))
                return
            if (exchange := self._exchanges.find(row["id"].bytes)) is not None:
                exchange.wait(item.id, source)
                return
            # Recorded and not yet sent, or another engine's: look again while its terminal may wait.
            await asyncio.sleep(REPEAT_POLL_S)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            # Nothing is told: the refund is recorded and swept, or it is not and the terminal repeats.
            _log.warning("refund_unknown", error=type(error).__name__)


async def read_labels(connection: Connection, terminal_id: bytes) -> Labels | None:
    """Return what the host must be told of a terminal."""
    row = await connection.fetchrow(store.queries.read_terminal_labels, UUID(terminal_id))
    return labels_of(row) if row is not None else None


async def _find_original(connection: Connection, wanted: Wanted) -> tuple[Match, Standing | None]:
    """Return the payment that a refund is about, locked: the one that a person chose, or that a terminal describes."""
    if wanted.asked is None:
        original = await store.lock_by_id(connection, wanted.original_id, wanted.original_date)
        return Match(ReversalFinding.NAMED, None), original
    match, original = await lock_original(connection, wanted.asked)
    # What stands under that number instead is another message.
    return match, None if match.finding == ReversalFinding.NONE_STOOD else original


async def _note_late(connection: Connection, standing: Standing, reply: HostReply) -> None:
    await store.note(
        connection,
        standing.id,
        standing.business_date,
        EventKind.LATE_REPLY,
        state=standing.state,
        reason=reply.reason,
        cause=f"host {reply.host_code}",
        detail=reply.messages,
    )


async def _repeated(connection: Connection, act: Act) -> Reason:
    """Return APPROVED where the same person has cancelled it before, whose audit row stands; else ALREADY_REVERSED."""
    doer = await find_doer(connection, act.target_id, CANCELLED)
    return Reason.APPROVED if doer is not None and doer.agent_id == act.agent_id else Reason.ALREADY_REVERSED


async def _blocked(connection: Connection, terminal_id: bytes) -> Reason:
    row = await connection.fetchrow(store.queries.read_standing_block, UUID(terminal_id))
    return Reason(row["reason"]) if row is not None else Reason.TERMINAL_UNKNOWN


def _refund_of(
    row: asyncpg.Record,
    refund_id: bytes,
    business_date: date,
    *,
    message_class: int,
    stan: int,
    amount_minor: int,
    currency: str,
) -> NewAttempt:
    """Return a refund to arm, at the terminal of its original, dated by its identifier."""
    made_at_us = int.from_bytes(refund_id[:6], "big") * 1000
    moment = from_unix_us(made_at_us)
    return NewAttempt(
        id=refund_id,
        business_date=business_date,
        terminal_id=row["terminal_id"].bytes,
        received_at_us=made_at_us,
        state=State.SENT,
        reason=Reason.NONE,
        kind=Kind.REFUND,
        message_class=message_class,
        stan=stan,
        body_hash=0,
        amount_minor=amount_minor,
        approved_minor=0,
        currency=currency,
        card=SealedCard(
            row["card_ciphertext"],
            row["card_fingerprint"],
            row["card_bin"],
            row["card_last_four"],
            row["card_expiry"],
            row["card_brand"],
        ),
        entry_mode=row["entry_mode"],
        transmitted_at=moment.strftime("%m%d%H%M%S"),
        local_time=moment.astimezone(zone_of(row["time_zone"])).strftime("%m%d%H%M%S"),
        approval_code="",
        request=_NO_REQUEST,
    )


def _why_not(original: Standing | None, new: NewAttempt) -> Reason:
    if original is None:
        return Reason.ORIGINAL_NOT_FOUND
    if original.card_fingerprint != new.card.fingerprint:
        return Reason.ORIGINAL_NOT_FOUND  # Money goes back to the card that paid, and to no other.
    if original.kind not in (Kind.PURCHASE, Kind.AUTHORISATION, Kind.ADVICE):
        return Reason.ORIGINAL_NOT_CAPTURABLE
    if original.kind == Kind.AUTHORISATION and original.state not in (State.CAPTURED, State.REFUNDED):
        return Reason.ORIGINAL_NOT_CAPTURABLE
    if original.state in (State.APPROVED, State.PARTIALLY_APPROVED):
        available_minor = original.approved_minor
    elif original.state in (State.CAPTURED, State.REFUNDED, State.SETTLED):
        available_minor = original.captured_minor - original.refunded_minor
    else:
        return Reason.ORIGINAL_NOT_CAPTURABLE
    if new.currency != original.currency or not 0 < new.amount_minor <= available_minor:
        return Reason.REFUND_ABOVE_CAPTURED
    return Reason.NONE


async def _find_answered(connection: Connection, act: Act, business_date: date) -> AuthoriseReply | None:
    """Return what was answered to an act before; None when it was not carried out yet."""
    seen = await connection.fetchrow(store.queries.read_refund_outcome, UUID(act.id), business_date)
    if seen is not None:
        return stored_reply(act.id, seen)
    return None if act.outcome is None else _reply(act.id, act.outcome)


def _reply(asked_id: bytes, reason: int) -> AuthoriseReply:
    return AuthoriseReply(asked_id, reason, "", 0, rrn_of(asked_id))
