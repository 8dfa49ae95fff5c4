"""TX2: record a batch of outcomes with their ledger entries and events, then answer the terminals."""

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

import asyncpg
import msgspec
import structlog
from asyncpg.pgproto.pgproto import UUID

from core.bus import Unread
from core.contracts.feed import TransactionSummary
from core.contracts.payment import HOST_REPLIED, AuthoriseReply, HostReply
from core.contracts.reasons import Reason
from core.contracts.states import EventKind, State
from core.db.lane import Lane, LaneBroken
from core.transactions.engine import failpoints
from core.transactions.engine.arming import STATEMENT_TRIES_MAX, stored_reply
from core.transactions.engine.flight import Flight
from core.transactions.rules import Outcome, cause_of_unknown, outcome_of
from core.values.clock import Clock

_log = structlog.get_logger("core.engine")
_encode = msgspec.msgpack.Encoder().encode
_split = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_REASONS = frozenset(Reason)
_NOTHING = b"\x90"
_ONE_MAP, _TWO_MAPS, _THREE_MAPS = b"\x91", b"\x92", b"\x93"


class Told(NamedTuple):
    """A flight and what its host said."""

    flight: Flight
    reply: HostReply


class Deciding:
    """Takes told flights from the pump, commits their outcomes, answers."""

    def __init__(
        self,
        *,
        clock: Clock,
        answer: Callable[[str, AuthoriseReply], None],
        committed: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._answer = answer
        self._committed = committed
        self.decided = 0
        self.declined = 0  # of those decided
        self.timed_out = 0
        self.lost_races = 0

    async def __call__(self, lane: Lane, batch: list[Told]) -> None:
        """Decide a batch; never raises for what one item holds."""
        outcomes = [
            outcome_of(
                told.reply,
                kind=told.flight.item.kind,
                amount_minor=told.flight.item.amount_minor,
                partial_ok=told.flight.item.partial_ok,
            )
            for told in batch
        ]
        decided = [pair for pair in zip(batch, outcomes, strict=True) if pair[1].state != State.UNKNOWN]
        unknown = [pair for pair in zip(batch, outcomes, strict=True) if pair[1].state == State.UNKNOWN]
        if decided:
            await self._commit("decide_attempts", lane, decided, self._deciding_columns)
        if unknown:
            await self._commit("time_out_attempts", lane, unknown, _unknown_columns)
        self._committed()

    async def _commit(
        self,
        statement: str,
        lane: Lane,
        pairs: list[tuple[Told, Outcome]],
        columns_of: Callable[[list[tuple[Told, Outcome]]], tuple[Any, ...]],
    ) -> None:
        """Run the statement until its outcome is known; a repeat of it changes nothing that is decided."""
        won: set[bytes] = set()
        tried_again = False
        if failpoints.armed:
            failpoints.reach("tx2-before")
        for attempt in range(STATEMENT_TRIES_MAX):
            try:
                rows = await lane.fetch(statement, *columns_of(pairs))
            except LaneBroken:
                if attempt == STATEMENT_TRIES_MAX - 1:
                    # Nobody is told anything; each attempt is decided or still sent, and the sweeper sees to it.
                    _log.warning("deciding_unknown", items=len(pairs))
                    return
                tried_again = True
                await lane.reopen()
            except (asyncpg.PostgresError, ValueError, OverflowError) as error:
                await self._one_by_one(statement, lane, pairs, columns_of, error)
                return
            else:
                ids = rows[0]["won_ids"]
                won = (
                    {told.reply.id for told, _ in pairs}
                    if rows[0]["won"] == len(pairs)
                    else {each.bytes for each in ids or ()}
                )
                break
        if failpoints.armed:
            failpoints.reach("tx2-after")
        if len(won) == len(pairs):
            for told, outcome in pairs:
                self._tell(told, outcome)
            return
        await self._answer_losers(lane, pairs, won, tried_again=tried_again)

    async def _one_by_one(
        self,
        statement: str,
        lane: Lane,
        pairs: list[tuple[Told, Outcome]],
        columns_of: Callable[[list[tuple[Told, Outcome]]], tuple[Any, ...]],
        error: Exception,
    ) -> None:
        if len(pairs) > 1:
            for pair in pairs:
                await self._commit(statement, lane, [pair], columns_of)
            return
        told = pairs[0][0]
        # Left as sent: the sweeper reverses it, which is the safe end of an outcome that cannot be written.
        _log.error("outcome_refused_by_database", trace_id=told.reply.id.hex(), error=type(error).__name__)
        try:
            await lane.fetch(
                "keep_dead_letter", "engine", "core.in.host", msgspec.msgpack.encode(told.reply), str(error)
            )
        except (LaneBroken, asyncpg.PostgresError):
            _log.exception("dead_letter_not_kept", trace_id=told.reply.id.hex())

    async def _answer_losers(
        self, lane: Lane, pairs: list[tuple[Told, Outcome]], won: set[bytes], *, tried_again: bool
    ) -> None:
        """Answer winners; read where the others stand, and keep answers of the host that came too late."""
        lost = [pair for pair in pairs if pair[0].reply.id not in won]
        for told, outcome in pairs:
            if told.reply.id in won:
                self._tell(told, outcome)
        self.lost_races += len(lost)
        try:
            rows = await lane.fetch(
                "read_outcomes",
                [UUID(told.reply.id) for told, _ in lost],
                [told.flight.item.business_date for told, _ in lost],
            )
        except (LaneBroken, asyncpg.PostgresError):
            return
        stands = {row["id"].bytes: row for row in rows}
        late: list[HostReply] = []
        for told, outcome in lost:
            row = stands.get(told.reply.id)
            if row is None:
                continue
            if tried_again and row["state"] == outcome.state and row["reason"] == outcome.reason:
                # Our own commit whose answer was lost.
                self._tell(told, outcome)
                continue
            if told.reply.result == HOST_REPLIED:
                late.append(told.reply)
            self._tell_stored(told, row)
        if late:
            await note_late(lane, late)

    def _deciding_columns(self, pairs: list[tuple[Told, Outcome]]) -> tuple[Any, ...]:
        now_us = self._clock.unix_us()
        days = [told.flight.item.business_date for told, _ in pairs]
        return (
            [UUID(told.reply.id) for told, _ in pairs],
            days,
            [int(outcome.state) for _, outcome in pairs],
            [int(outcome.reason) for _, outcome in pairs],
            [outcome.approved_minor for _, outcome in pairs],
            [told.reply.host_code for told, _ in pairs],
            [told.reply.approval_code for told, _ in pairs],
            [told.reply.sent_us for told, _ in pairs],
            [told.reply.replied_us for told, _ in pairs],
            [_encode(_summary(told, outcome, now_us)) for told, outcome in pairs],
            [_detail(told) for told, _ in pairs],
            date.fromordinal(min(days)),
            date.fromordinal(max(days)),
        )

    def _tell(self, told: Told, outcome: Outcome) -> None:
        flight = told.flight
        if outcome.state == State.UNKNOWN:
            self.timed_out += 1
            reply = AuthoriseReply(flight.item.id, Reason.HOST_NO_REPLY, "", 0, flight.rrn)
        else:
            self.decided += 1
            self.declined += outcome.state == State.DECLINED
            reply = AuthoriseReply(
                flight.item.id,
                int(outcome.reason),
                told.reply.approval_code,
                outcome.approved_minor,
                flight.rrn,
                told.reply.host_code,
            )
        self._say(flight, reply)

    def _tell_stored(self, told: Told, row: asyncpg.Record) -> None:
        """Somebody else decided: what stands in the database is the answer, not what the host said."""
        self._say(told.flight, stored_reply(told.flight.item.id, row))

    def _say(self, flight: Flight, reply: AuthoriseReply) -> None:
        self._answer(flight.reply_to, reply)
        if flight.waiters:
            for waiting_id, reply_to in flight.waiters:
                self._answer(
                    reply_to,
                    AuthoriseReply(
                        waiting_id,
                        reply.reason,
                        reply.approval_code,
                        reply.approved_minor,
                        reply.rrn,
                        reply.host_code,
                        replayed=True,
                    ),
                )


class NotRead(NamedTuple):
    """What came on a subject and has not the shape of its items."""

    subject: str
    unread: Unread


async def keep_aside(lane: Lane, batch: list[HostReply | NotRead]) -> None:
    """Keep what decides nothing: answers that came too late as events, what cannot be read as dead letters."""
    late = [each for each in batch if isinstance(each, HostReply)]
    if late:
        await note_late(lane, late)
    for each in batch:
        if isinstance(each, NotRead):
            try:
                await lane.fetch(
                    "keep_dead_letter", "engine", each.subject, each.unread.raw, each.unread.error
                )
            except (LaneBroken, asyncpg.PostgresError):
                _log.exception("dead_letter_not_kept", trace_id=each.unread.id.hex())


async def note_late(lane: Lane, replies: list[HostReply]) -> None:
    """Keep answers that came after their attempt was decided, as events."""
    try:
        await lane.fetch(
            "note_late_replies",
            [UUID(reply.id) for reply in replies],
            [known_reason(reply.reason) for reply in replies],
            [reply.host_code for reply in replies],
            [reply.exchange for reply in replies],
        )
    except (LaneBroken, asyncpg.PostgresError) as error:
        _log.warning("late_replies_not_kept", replies=len(replies), error=type(error).__name__)


def known_reason(reason: int) -> int:
    """Return a reason that screens have words for."""
    return reason if reason in _REASONS else Reason.HOST_CODE_UNKNOWN


def _unknown_columns(pairs: list[tuple[Told, Outcome]]) -> tuple[Any, ...]:
    return (
        [UUID(told.reply.id) for told, _ in pairs],
        [told.flight.item.business_date for told, _ in pairs],
        [int(outcome.reason) for _, outcome in pairs],
        [cause_of_unknown(told.reply) for told, _ in pairs],
        [_detail(told) for told, _ in pairs],
        [told.reply.host_code for told, _ in pairs],
    )


def _detail(told: Told) -> bytes:
    """Return the messages of the attempt as an event keeps them: the terminal's, then the exchange with the host.

    Shape: msgpack array of one or three maps, put together from encoded parts.
    """
    exchange = told.reply.exchange
    request = told.flight.item.request
    if exchange[:1] == _TWO_MAPS:
        detail = _THREE_MAPS + request + exchange[1:]
        if _is_whole(detail):
            return detail
    detail = _ONE_MAP + request
    return detail if _is_whole(detail) else _NOTHING


def _is_whole(detail: bytes) -> bool:
    """Whether what edge wrote can be taken apart again: an event with half a message could never be shown."""
    try:
        _split(detail)
    except msgspec.DecodeError:
        return False
    return True


def _summary(told: Told, outcome: Outcome, now_us: int) -> TransactionSummary:
    item = told.flight.item
    labels = told.flight.labels
    card = item.card
    return TransactionSummary(
        item.id,
        item.kind,
        int(outcome.state),
        int(outcome.reason),
        item.amount_minor,
        outcome.approved_minor,
        item.currency,
        card.brand,
        card.bin,
        card.last_four,
        labels.terminal,
        item.terminal_id,
        labels.store_id,
        labels.store_name,
        labels.company_id,
        labels.department,
        item.received_at_us,
        now_us,
        item.stan,
        told.reply.approval_code,
        told.reply.host_code,
        int(EventKind.DECIDED),
        item.entry_mode,
        labels.service,
        0,
        labels.time_zone,
    )
