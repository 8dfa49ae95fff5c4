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
from core.transactions.engine.arming import STATEMENT_TRIES_MAX, Payment, stored_reply
from core.transactions.exchanges.answers import Answering
from core.transactions.exchanges.exchange import HostOutcome
from core.transactions.exchanges.rules import Outcome, cause_of_unknown, outcome_of
from core.values.card_numbers import hide_card_numbers
from core.values.clock import Clock

_log = structlog.get_logger("core.engine")
_encode = msgspec.msgpack.Encoder().encode
_split = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_REASONS = frozenset(Reason)
_DECIDED = int(EventKind.DECIDED)
_NOTHING = b"\x90"
_ONE_MAP, _TWO_MAPS, _THREE_MAPS = b"\x91", b"\x92", b"\x93"


Pair = tuple[HostOutcome[Payment], Outcome]
"""What became of an exchange, and what it decides of its attempt."""


class Deciding:
    """Takes what hosts answered from the pump, commits what it decides, answers."""

    def __init__(
        self,
        *,
        clock: Clock,
        answers: Answering,
        committed: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._answers = answers
        self._committed = committed
        self.decided = 0
        self.declined = 0  # of those decided
        self.timed_out = 0
        self.lost_races = 0

    async def __call__(self, lane: Lane, batch: list[HostOutcome[Payment]]) -> None:
        """Decide a batch; never raises for what one item holds."""
        decided: list[Pair] = []
        unknown: list[Pair] = []
        for answered in batch:
            item = answered.exchange.about[0]
            outcome = outcome_of(
                answered.reply, kind=item.kind, amount_minor=item.amount_minor, partial_ok=item.partial_ok
            )
            (unknown if outcome.state is State.UNKNOWN else decided).append((answered, outcome))
        if decided:
            await self._commit("decide_attempts", lane, decided, self._deciding_columns)
        if unknown:
            await self._commit("time_out_attempts", lane, unknown, _unknown_columns)
        self._committed()

    async def _commit(
        self,
        statement: str,
        lane: Lane,
        pairs: list[Pair],
        columns_of: Callable[[list[Pair]], tuple[Any, ...]],
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
                    # Nobody is answered anything; each attempt is decided or still sent, and the sweeper sees to it.
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
                    {answered.reply.id for answered, _ in pairs}
                    if rows[0]["won"] == len(pairs)
                    else {each.bytes for each in ids or ()}
                )
                break
        if failpoints.armed:
            failpoints.reach("tx2-after")
        if len(won) == len(pairs):
            for answered, outcome in pairs:
                self._tell(answered, outcome)
            return
        await self._answer_losers(lane, pairs, won, tried_again=tried_again)

    async def _one_by_one(
        self,
        statement: str,
        lane: Lane,
        pairs: list[Pair],
        columns_of: Callable[[list[Pair]], tuple[Any, ...]],
        error: Exception,
    ) -> None:
        if len(pairs) > 1:
            for pair in pairs:
                await self._commit(statement, lane, [pair], columns_of)
            return
        answered = pairs[0][0]
        # Left as sent: the sweeper reverses it, which is the safe end of an outcome that cannot be written.
        _log.error(
            "outcome_refused_by_database", trace_id=answered.reply.id.hex(), error=type(error).__name__
        )
        try:
            await lane.fetch(
                "keep_dead_letter",
                "engine",
                "core.in.host",
                msgspec.msgpack.encode(answered.reply),
                hide_card_numbers(str(error)),
            )
        except (LaneBroken, asyncpg.PostgresError):
            _log.exception("dead_letter_not_kept", trace_id=answered.reply.id.hex())

    async def _answer_losers(
        self, lane: Lane, pairs: list[Pair], won: set[bytes], *, tried_again: bool
    ) -> None:
        """Answer winners; read where the others stand, and keep answers of the host that came too late."""
        lost = [pair for pair in pairs if pair[0].reply.id not in won]
        for answered, outcome in pairs:
            if answered.reply.id in won:
                self._tell(answered, outcome)
        self.lost_races += len(lost)
        try:
            rows = await lane.fetch(
                "read_outcomes",
                [UUID(answered.reply.id) for answered, _ in lost],
                [answered.exchange.about[0].business_date for answered, _ in lost],
            )
        except (LaneBroken, asyncpg.PostgresError):
            return
        stands = {row["id"].bytes: row for row in rows}
        late: list[HostReply] = []
        for answered, outcome in lost:
            row = stands.get(answered.reply.id)
            if row is None:
                continue
            if tried_again and row["state"] == outcome.state and row["reason"] == outcome.reason:
                # Our own commit whose answer was lost.
                self._tell(answered, outcome)
                continue
            if answered.reply.result == HOST_REPLIED:
                late.append(answered.reply)
            self._tell_stored(answered, row)
        if late:
            await note_late(lane, late)

    def _deciding_columns(self, pairs: list[Pair]) -> tuple[Any, ...]:
        now_us = self._clock.unix_us()
        days = [answered.exchange.about[0].business_date for answered, _ in pairs]
        return (
            [UUID(answered.reply.id) for answered, _ in pairs],
            days,
            [int(outcome.state) for _, outcome in pairs],
            [int(outcome.reason) for _, outcome in pairs],
            [outcome.approved_minor for _, outcome in pairs],
            [answered.reply.host_code for answered, _ in pairs],
            [answered.reply.approval_code for answered, _ in pairs],
            [answered.reply.sent_us for answered, _ in pairs],
            [answered.reply.replied_us for answered, _ in pairs],
            [_encode(summary_of_payment(answered, outcome, now_us)) for answered, outcome in pairs],
            [_detail(answered) for answered, _ in pairs],
            date.fromordinal(min(days)),
            date.fromordinal(max(days)),
        )

    def _tell(self, answered: HostOutcome[Payment], outcome: Outcome) -> None:
        exchange = answered.exchange
        if outcome.state == State.UNKNOWN:
            self.timed_out += 1
            reply = AuthoriseReply(answered.reply.id, Reason.HOST_NO_REPLY, "", 0, exchange.request.rrn)
        else:
            self.decided += 1
            self.declined += outcome.state == State.DECLINED
            reply = AuthoriseReply(
                answered.reply.id,
                int(outcome.reason),
                answered.reply.approval_code,
                outcome.approved_minor,
                exchange.request.rrn,
                answered.reply.host_code,
            )
        self._answers.tell(exchange, reply)

    def _tell_stored(self, answered: HostOutcome[Payment], row: asyncpg.Record) -> None:
        """Somebody else decided: what stands in the database is the answer, not what the host said."""
        self._answers.tell(answered.exchange, stored_reply(answered.reply.id, row))


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
                    "keep_dead_letter",
                    "engine",
                    each.subject,
                    each.unread.raw,
                    hide_card_numbers(each.unread.error),
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
            [reply.messages for reply in replies],
        )
    except (LaneBroken, asyncpg.PostgresError) as error:
        _log.warning("late_replies_not_kept", replies=len(replies), error=type(error).__name__)


def known_reason(reason: int) -> int:
    """Return a reason that screens have words for."""
    return reason if reason in _REASONS else Reason.HOST_CODE_UNKNOWN


def _unknown_columns(pairs: list[Pair]) -> tuple[Any, ...]:
    return (
        [UUID(answered.reply.id) for answered, _ in pairs],
        [answered.exchange.about[0].business_date for answered, _ in pairs],
        [int(outcome.reason) for _, outcome in pairs],
        [cause_of_unknown(answered.reply) for answered, _ in pairs],
        [_detail(answered) for answered, _ in pairs],
        [answered.reply.host_code for answered, _ in pairs],
    )


def _detail(answered: HostOutcome[Payment]) -> bytes:
    """Return the messages of the attempt as an event keeps them: the terminal's, then the exchange with the host.

    Shape: msgpack array of one or three maps, put together from encoded parts.
    """
    messages = answered.reply.messages
    request = answered.exchange.about[0].request
    if messages[:1] == _TWO_MAPS:
        detail = _THREE_MAPS + request + messages[1:]
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


def summary_of_payment(answered: HostOutcome[Payment], outcome: Outcome, now_us: int) -> TransactionSummary:
    """Return what the live feed shows of a payment that is decided now."""
    item, labels = answered.exchange.about
    card = item.card
    # By position, as in request_of_attempt: decision 28.
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
        answered.reply.approval_code,
        answered.reply.host_code,
        _DECIDED,
        item.entry_mode,
        labels.service,
        0,
        labels.time_zone,
    )
