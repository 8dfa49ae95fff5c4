"""TX1: record a batch of attempts with their armed reversals, then ask their hosts."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

import asyncpg
import msgspec
import structlog
from asyncpg.pgproto.pgproto import UUID

from core.contracts.payment import AUTHORISE, Authorise, AuthoriseReply
from core.contracts.reasons import Reason
from core.contracts.states import State
from core.db.lane import Lane, LaneBroken
from core.transactions.bookings.attempts import candidate_of_asked
from core.transactions.bookings.clocks import SaidAgain, Times, day_of_sending, how_said_again
from core.transactions.bookings.kept_reversals import judge_marks, marks_columns
from core.transactions.bookings.marks import MARKS_JUDGED_MAX
from core.transactions.engine import failpoints
from core.transactions.engine.columns import (
    arming_columns,
    key_columns,
    known_columns,
    repeat_columns,
)
from core.transactions.exchanges.answers import Answering
from core.transactions.exchanges.exchange import Exchange, HostOutcome, Source
from core.transactions.exchanges.exchanges import Exchanges
from core.transactions.exchanges.labels import LabelCache, Labels
from core.transactions.exchanges.requests import request_of_attempt
from core.transactions.rules import REPEAT_DAYS, stored_answer
from core.values.card_numbers import hide_card_numbers
from core.values.clock import Clock, from_unix_us
from core.values.ids import rrn_of

RECEIVED_AGE_MAX_US = 30_000_000
"""An attempt older than this is not recorded any more: its terminal has given up, and the sweeper's watermark
may only pass moments in which nothing can still be recorded."""

RECEIVED_AHEAD_MAX_US = 86_400_000_000
"""How far an edge's clock may be before ours. What it received later than that stands in no list and falls due never."""

SWEPT_LATER_MS = 5_000
"""How long after the host's deadline an attempt that is still sent is reversed: the engine decides its own before."""

STATEMENT_TRIES_MAX = 3
REPEAT_POLL_S = 0.25
REPEAT_WAIT_S = 15.0

_ID_BYTES: Final = 16

_log = structlog.get_logger("core.engine")
_encode = msgspec.msgpack.Encoder().encode

QueuedAttempt = tuple[Authorise, Source]
"""What is asked, and who asks."""


Payment = tuple[Authorise, Labels]
"""What the exchange of a payment is about: all that its summary is made of, so that nothing is read again."""


class Arming:
    """Takes batches from the pump; opens an exchange for each attempt that may go to its host.

    `settle` takes the outcomes. `requeue` puts an item back before the pump.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        exchanges: Exchanges,
        answers: Answering,
        settle: Callable[[list[HostOutcome[Payment]]], object],
        requeue: Callable[[QueuedAttempt], object],
        host_deadline_ms: int,
    ) -> None:
        self._clock = clock
        self._exchanges = exchanges
        self._labels = LabelCache()
        self._answers = answers
        self._settle = settle
        self._requeue = requeue
        self._host_deadline_ms = host_deadline_ms
        self._reverse_after_ms = host_deadline_ms + SWEPT_LATER_MS
        self._rechecks: set[asyncio.Task[None]] = set()
        self.armed = 0
        self.refused = 0
        self.repeats = 0
        self.repeats_differing = 0  # of those repeats

    async def __call__(self, lane: Lane, batch: list[QueuedAttempt]) -> None:
        """Arm a batch; never raises for what one item holds."""
        now_us = self._clock.unix_us()
        oldest_us, latest_us = now_us - RECEIVED_AGE_MAX_US, now_us + RECEIVED_AHEAD_MAX_US
        fresh: list[QueuedAttempt] = []
        has_undated = False
        for asked in batch:
            if oldest_us <= asked[0].received_at_us <= latest_us:
                fresh.append(asked)
                has_undated |= asked[0].date_in_utc
            else:
                self._answers.answer(asked[1], _reply(asked[0].id, Reason.SYSTEM_BUSY))
        if has_undated:
            fresh = await self._dated(lane, fresh)
        if fresh:
            await self._arm(lane, fresh)

    async def _dated(self, lane: Lane, batch: list[QueuedAttempt]) -> list[QueuedAttempt]:
        """Return a batch in which what tells no local time is of its store's day, as all else of that store is."""
        await self._load_labels(lane, [asked[0] for asked in batch])
        dated: list[QueuedAttempt] = []
        for item, source in batch:
            labels = self._labels.get(item.terminal_id) if item.date_in_utc else None
            if labels is not None:
                day = day_of_sending(item.transmitted_at, from_unix_us(item.received_at_us), labels.time_zone)
                item = msgspec.structs.replace(item, business_date=day.toordinal(), date_in_utc=False)
            dated.append((item, source))
        return dated

    async def _arm(self, lane: Lane, batch: list[QueuedAttempt]) -> None:
        """Arm what is said for the first time; then what is said again, where its first saying never came."""
        repeats = [asked for asked in batch if asked[0].repeat or asked[0].first_id]
        if not repeats:
            await self._arm_new(lane, batch)
            return
        if firsts := [asked for asked in batch if not (asked[0].repeat or asked[0].first_id)]:
            await self._arm_new(lane, firsts)
        if lost := await self._without_first(lane, repeats):
            await self._arm_new(lane, lost)

    async def _without_first(self, lane: Lane, repeats: list[QueuedAttempt]) -> list[QueuedAttempt]:
        """Answer the repeats whose first stands, on whatever date near theirs; return the others."""
        lost: list[QueuedAttempt] = []
        by_name = [asked for asked in repeats if len(asked[0].first_id) != _ID_BYTES]
        known = [asked for asked in repeats if len(asked[0].first_id) == _ID_BYTES]
        if known:
            # What is under way at edge: it is not taken for new while its first may still be recorded.
            found = await self._look(lane, known, "find_known", *known_columns([asked[0] for asked in known]))
            if found is not None:
                gone = [asked for asked in known if asked[0].id not in found and self._is_gone(asked[0])]
                by_name += [asked for asked in gone if asked[0].repeat]
                lost += [asked for asked in gone if not asked[0].repeat]
                gone_ids = {asked[0].id for asked in gone}
                known = [asked for asked in known if asked[0].id not in gone_ids]
                await self._settle_found(lane, known, found, {}, tried_again=False)
        if by_name:
            items = [asked[0] for asked in by_name]
            found = await self._look(lane, by_name, "find_repeated", *repeat_columns(items), *REPEAT_DAYS)
            if found is not None:
                lost += [asked for asked in by_name if asked[0].id not in found]
                await self._settle_found(
                    lane, [asked for asked in by_name if asked[0].id in found], found, {}, tried_again=False
                )
        return lost

    def _is_gone(self, item: Authorise) -> bool:
        """Whether what is said again was received so long ago that it is not recorded any more: it was lost on its way."""
        first_us = int.from_bytes(item.first_id[:6], "big") * 1000
        return self._clock.unix_us() - first_us > RECEIVED_AGE_MAX_US

    async def _look(
        self, lane: Lane, repeats: list[QueuedAttempt], statement: str, *columns: Any
    ) -> dict[bytes, asyncpg.Record] | None:
        """Return what each of some repeats may say again, by its own id; None: nothing is told, each terminal repeats once more."""
        try:
            rows = await lane.fetch(statement, *columns)
        except LaneBroken:
            _log.warning("repeats_not_read", items=len(repeats))
            return None
        except asyncpg.PostgresError as error:
            await self._one_by_one(lane, repeats, error)
            return None
        return {repeats[row["n"]][0].id: row for row in rows}

    async def _arm_new(self, lane: Lane, batch: list[QueuedAttempt]) -> None:
        items = [asked[0] for asked in batch]
        if failpoints.armed:
            failpoints.reach("tx1-before")
        try:
            recorded, tried_again = await self._insert(lane, items)
        except LaneBroken:
            # Nothing is told: whether the attempts exist is unknown. Terminals repeat, the sweeper reverses.
            _log.warning("arming_unknown", items=len(items))
            return
        except (asyncpg.PostgresError, ValueError, OverflowError) as error:
            # Refused by PostgreSQL, or on the way to it.
            await self._one_by_one(lane, batch, error)
            return
        if failpoints.armed:
            failpoints.reach("tx1-after")
        reasons = _reasons_of(recorded, items)
        self._labels.check_version(recorded["directory_version"])
        if len(reasons) < len(items):
            missing = [asked for asked in batch if asked[0].id not in reasons]
            found = await self._find(lane, missing)
            repeats = [
                asked
                for asked in missing
                if asked[0].id in found or not await self._arm_marked(lane, asked, reasons)
            ]
            await self._settle_found(lane, repeats, found, reasons, tried_again=tried_again)
        await self._load_labels(lane, items)
        self._ask_hosts(batch, reasons)

    async def _arm_marked(self, lane: Lane, asked: QueuedAttempt, reasons: dict[bytes, int]) -> bool:
        """Arm what a reversal may have overtaken, as the rule of bookings judges it; return whether one did.

        A person is shown what goes its way all the same, before its host is asked: where that fails the host is not asked,
        and the sweeper reverses what was recorded.
        """
        item = asked[0]
        try:
            coming = candidate_of_asked(item)
            columns = marks_columns(item.terminal_id, item.message_class, item.stan, coming)
            marks = await lane.fetch("list_marks", *columns)
            if not marks:
                return False
            if len(marks) == MARKS_JUDGED_MAX:
                # More than are judged: whether it was taken back nobody knows, so it does not become a payment.
                _log.error("marks_full", terminal=item.terminal_id.hex(), stan=item.stan)
                reasons[item.id] = Reason.REPEAT_DIFFERS
                return True
            marked = judge_marks(marks, coming, repeat=item.repeat)
            reason = Reason.ALREADY_REVERSED if marked.is_taken_back else Reason.NONE
            recorded, _ = await self._insert(lane, [item], past=[row["id"] for row in marks], reason=reason)
            armed = _reasons_of(recorded, [item])
            if not armed:
                self._recheck_later(asked)  # Its key was taken meanwhile, or one more reversal came.
                return True
            if marked.causes and armed[item.id] == Reason.NONE:
                day = date.fromordinal(item.business_date)
                await lane.fetch("show_marked", UUID(item.id), day, list(marked.causes))
        except LaneBroken:
            _log.warning("arming_unknown", items=1)
            return True
        except asyncpg.PostgresError as error:
            _log.error("attempt_refused_by_database", trace_id=item.id.hex(), error=type(error).__name__)
            return True
        reasons.update(armed)
        return True

    async def _insert(
        self, lane: Lane, items: list[Authorise], *, past: Sequence[UUID] = (), reason: int = Reason.NONE
    ) -> tuple[asyncpg.Record, bool]:
        """Return what was recorded, and whether an earlier try may have recorded the rest.

        `past`: reversals that were judged already, with `reason` for what comes after them.
        """
        columns = arming_columns(items)
        days = [item.business_date for item in items]
        # A duplicate is looked for on the days of the batch and one more on either side of midnight.
        first, last = date.fromordinal(min(days) - 1), date.fromordinal(max(days) + 1)
        for attempt in range(STATEMENT_TRIES_MAX):
            # Tried again, in a batch or by itself: meanwhile others may count on it never being recorded.
            if (attempt > 0 or len(items) == 1) and self._is_too_old(items):
                raise LaneBroken
            try:
                rows = await lane.fetch(
                    "arm_attempts", *columns, self._reverse_after_ms, first, last, list(past), int(reason)
                )
                return rows[0], attempt > 0
            except LaneBroken:
                # Trying again is safe: what the lost commit recorded is found by its key and its own id.
                if attempt == STATEMENT_TRIES_MAX - 1:
                    raise
                await lane.reopen()
        raise LaneBroken

    def _is_too_old(self, items: list[Authorise]) -> bool:
        oldest_us = min(item.received_at_us for item in items)
        return self._clock.unix_us() - oldest_us > RECEIVED_AGE_MAX_US

    async def _one_by_one(self, lane: Lane, batch: list[QueuedAttempt], error: Exception) -> None:
        """A statement that PostgreSQL refuses names no row: find the poisonous one, let the others flow."""
        if len(batch) > 1:
            for asked in batch:
                await self._arm(lane, [asked])
            return
        item, source = batch[0]
        _log.error("attempt_refused_by_database", trace_id=item.id.hex(), error=type(error).__name__)
        self.refused += 1
        self._answers.answer(source, _reply(item.id, Reason.MESSAGE_REFUSED))
        try:
            await lane.fetch(
                "keep_dead_letter",
                "engine",
                AUTHORISE.subject,
                _encode(msgspec.structs.replace(item, sensitive=b"")),
                hide_card_numbers(str(error)),
            )
        except (LaneBroken, asyncpg.PostgresError):
            _log.exception("dead_letter_not_kept", trace_id=item.id.hex())

    async def _find(self, lane: Lane, missing: list[QueuedAttempt]) -> dict[bytes, asyncpg.Record]:
        items = [asked[0] for asked in missing]
        try:
            rows = await lane.fetch("find_attempts", *key_columns(items))
        except (LaneBroken, asyncpg.PostgresError):
            return {}
        return {items[row["n"]].id: row for row in rows}

    async def _settle_found(
        self,
        lane: Lane,
        repeats: list[QueuedAttempt],
        found: dict[bytes, asyncpg.Record],
        reasons: dict[bytes, int],
        *,
        tried_again: bool,
    ) -> None:
        """Answer what is said again, once the times at which it was sent are kept: its reversal may name them."""
        said = {asked[0].id: _how_said(asked[0], found.get(asked[0].id)) for asked in repeats}
        anew = [
            (asked[0], found[asked[0].id])
            for asked in repeats
            if said[asked[0].id] in ("same", "late") and _is_stamped_anew(asked[0], found[asked[0].id])
        ]
        if anew:
            try:
                await lane.fetch(
                    "keep_repeat_times",
                    [row["id"] for _, row in anew],
                    [row["business_date"] for _, row in anew],
                    [item.transmitted_at for item, _ in anew],
                    [item.local_time for item, _ in anew],
                    [said[item.id] == "late" for item, _ in anew],
                )
            except (LaneBroken, asyncpg.PostgresError):
                # Nothing is told of them: each terminal repeats once more.
                _log.warning("repeats_not_kept", items=len(anew))
                unkept = {item.id for item, _ in anew}
                repeats = [asked for asked in repeats if asked[0].id not in unkept]
        for asked in repeats:
            row = found.get(asked[0].id)
            is_same = said[asked[0].id] in ("same", "late")
            self._settle_missing(asked, row, reasons, is_same=is_same, tried_again=tried_again)

    def _settle_missing(
        self,
        asked: QueuedAttempt,
        row: asyncpg.Record | None,
        reasons: dict[bytes, int],
        *,
        is_same: bool,
        tried_again: bool,
    ) -> None:
        """Answer a repeat, or take up an attempt that our own lost commit recorded after all."""
        item, source = asked
        if row is None:
            # Its key is held by a transaction that had not committed: ask again in a moment.
            self._recheck_later(asked)
            return
        found_id: bytes = row["id"].bytes
        if (
            found_id == item.id
            and row["state"] == State.SENT
            and tried_again
            and self._exchanges.find(found_id) is None
        ):
            reasons[item.id] = 0
            return
        # A terminal's repeat, or the bus delivered one message twice: either way the host is not asked again.
        self.repeats += 1
        if row["state"] == State.REVERSED:
            self._answers.answer(
                source, AuthoriseReply(item.id, Reason.ALREADY_REVERSED, "", 0, rrn_of(found_id))
            )
        elif not is_same:
            self.repeats_differing += 1
            # The reference of what stands there is another payment's, and this one is kept nowhere.
            self._answers.answer(source, AuthoriseReply(item.id, Reason.REPEAT_DIFFERS, "", 0, ""))
        elif row["state"] != State.SENT:
            self._answers.answer(source, stored_reply(item.id, row))
        elif (exchange := self._exchanges.find(found_id)) is not None:
            exchange.wait(item.id, source)
        else:
            self._recheck_later(asked)

    def _recheck_later(self, asked: QueuedAttempt) -> None:
        task = asyncio.get_running_loop().create_task(self._recheck(asked))
        self._rechecks.add(task)
        task.add_done_callback(self._rechecks.discard)

    async def _recheck(self, asked: QueuedAttempt) -> None:
        """Put a repeat back in the queue until its first attempt is decided or nobody waits any more."""
        if self._clock.unix_us() - asked[0].received_at_us > REPEAT_WAIT_S * 1_000_000:
            return
        await asyncio.sleep(REPEAT_POLL_S)
        self._requeue(asked)

    async def _load_labels(self, lane: Lane, items: list[Authorise]) -> None:
        unknown = {i.terminal_id for i in items if self._labels.get(i.terminal_id) is None}
        if unknown:
            try:
                await self._labels.load(lane, unknown)
            except LaneBroken:
                # Armed but not sent: the sweeper reverses what was never asked of the host, which accepts that.
                _log.warning("labels_not_read", terminals=len(unknown))

    def _ask_hosts(self, batch: list[QueuedAttempt], reasons: dict[bytes, int]) -> None:
        deadline_us = self._host_deadline_ms * 1000
        exchanges, labels_of, settle = self._exchanges, self._labels.get, self._settle
        has_twice = len(reasons) < len(batch)
        for item, source in batch:
            reason = reasons.get(item.id)
            if reason is None:
                continue
            if reason != 0:
                self.refused += 1
                self._answers.answer(source, _reply(item.id, reason))
                continue
            if has_twice and (exchange := exchanges.find(item.id)) is not None:
                exchange.wait(item.id, source)  # Twice in one batch.
                continue
            labels = labels_of(item.terminal_id)
            if labels is None:
                continue
            request = request_of_attempt(
                item,
                labels,
                sensitive=item.sensitive,
                partial_ok=item.partial_ok,
                deadline_at_us=item.received_at_us + deadline_us,
            )
            exchanges.ask(Exchange(request, labels.acquirer, source, (item, labels), settle))
            self.armed += 1
        exchanges.send()


def _reasons_of(recorded: asyncpg.Record, items: list[Authorise]) -> dict[bytes, int]:
    """Return the reason of every attempt that the statement recorded, 0 for those that may go to the host."""
    ids = recorded["recorded_ids"]
    reasons = dict.fromkeys([item.id for item in items] if ids is None else [each.bytes for each in ids], 0)
    if recorded["recorded"] == 0:
        return {}
    if recorded["refused_ids"]:
        for refused, reason in zip(recorded["refused_ids"], recorded["refused_reasons"], strict=True):
            reasons[refused.bytes] = reason
    return reasons


def _how_said(item: Authorise, row: asyncpg.Record | None) -> SaidAgain:
    """Return whether what is asked is what stands there, said again: of the same contents and kind, by its times."""
    if row is None or item.body_hash != row["body_hash"] or item.kind != row["kind"]:
        return "other"
    return how_said_again(
        Times(item.transmitted_at, item.local_time, date.fromordinal(item.business_date)),
        Times(row["transmitted_at"], row["local_time"], row["business_date"]),
        repeat=item.repeat or bool(item.first_id),
        apart=from_unix_us(item.received_at_us) - row["received_at"],
    )


def _is_stamped_anew(item: Authorise, row: asyncpg.Record) -> bool:
    return (item.transmitted_at, item.local_time) != (row["transmitted_at"], row["local_time"])


def stored_reply(asked_id: bytes, row: asyncpg.Record) -> AuthoriseReply:
    """Return the answer that stands in the database, for a repeat."""
    reason = stored_answer(row["state"], row["reason"])
    stands = reason == row["reason"]  # Else it was taken back: nothing of the approval is said any more.
    return AuthoriseReply(
        asked_id,
        reason,
        row["approval_code"] if stands else "",
        row["approved_minor"] if stands else 0,
        rrn_of(row["id"].bytes),
        row["host_code"],
        replayed=True,
    )


def _reply(asked_id: bytes, reason: int) -> AuthoriseReply:
    return AuthoriseReply(asked_id, reason, "", 0, rrn_of(asked_id))
