"""Reversals, advices and completions reach the host, however often it takes."""

from datetime import UTC, datetime
from typing import Any, Literal

import asyncpg
import msgspec
import structlog
from asyncpg.pgproto.pgproto import UUID

from core.bus import Bus, BusRefused, publish_batch
from core.contracts.payment import (
    DELIVERY_ACCEPTED,
    DELIVERY_NO_ORIGINAL,
    DELIVERY_REFUSED,
    HOST_REPLIED,
    HostReply,
    HostRequest,
)
from core.contracts.reasons import Reason
from core.contracts.states import DeliveryKind, EventKind, Kind
from core.contracts.subjects import core_inbox, host
from core.transactions.bookings import store as bookings
from core.transactions.bookings.rules import moment_near
from core.transactions.hosts.settling import settle_reversal
from core.transactions.reading import UNREADABLE, read_each
from core.transactions.upkeep.store import queries
from core.values.clock import Clock, to_unix_us
from core.values.ids import rrn_of
from core.values.zones import zone_of

LEASED_MAX = 200
REPLY_DEADLINE_MS = 5_000

_ACCEPTED = frozenset({Reason.APPROVED, Reason.DUPLICATE_AT_HOST})
"""The host has it, or had it already."""

_BOOKED_HERE = frozenset({Kind.ADVICE, Kind.COMPLETION})
"""What was approved before any host heard of it."""

_log = structlog.get_logger("core.deliveries")
_REVERSALS = frozenset({"0420", "0421"})


class Deliveries:
    """`round` leases and sends what is due; answers come back on this process's inbox."""

    def __init__(self, pool: asyncpg.Pool, bus: Bus, clock: Clock, *, instance: str) -> None:
        self._pool = pool
        self._bus = bus
        self._clock = clock
        self._inbox = core_inbox(instance, "worker")
        self._encode = msgspec.msgpack.Encoder().encode
        self._sent: dict[tuple[bytes, str], DeliveryKind] = {}
        self.sent = 0
        self.accepted = 0
        self.refused = 0
        self.backlog = 0
        self.oldest_s = 0.0

    async def round(self) -> int:
        """Send what is due; return how many left."""
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            leased = await connection.fetch(queries.lease_deliveries, now, LEASED_MAX)
            if not leased:
                return 0
            attempts = await read_each(
                lambda ids, days: connection.fetch(queries.read_delivered, ids, days),
                [(row["attempt_id"], row["business_date"]) for row in leased],
            )
        by_acquirer: dict[str, list[HostRequest]] = {}
        for lease in leased:
            attempt = attempts.get(lease["attempt_id"])
            if attempt is None:
                _log.error("delivery_without_attempt", trace_id=lease["attempt_id"].hex)
                continue
            try:
                request = request_of(lease, attempt, now)
            except UNREADABLE:
                # Due again, ever later, and seen in the backlog; the others leave.
                _log.exception("delivery_not_composed", trace_id=lease["attempt_id"].hex)
                continue
            self._sent[request.id, request.message] = DeliveryKind(lease["kind"])
            by_acquirer.setdefault(attempt["acquirer"], []).append(request)
        for acquirer, requests in by_acquirer.items():
            try:
                publish_batch(self._bus, self._encode, host(acquirer), requests, self._inbox)
                self.sent += len(requests)
            except BusRefused:
                # Leased for a while, then due again.
                _log.warning("deliveries_not_sent", acquirer=acquirer, deliveries=len(requests))
        return len(leased)

    async def measure(self) -> None:
        """Read the backlog, for the gauge and its alert."""
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(queries.count_deliveries)
        if row is not None:
            self.backlog, self.oldest_s = row["backlog"], row["oldest_s"]

    async def told(self, replies: list[HostReply]) -> None:
        """Take the host's answers: what it accepted is done, what it refused for good waits for a person.

        The rest is due again, ever later.
        """
        for reply in replies:
            kind = self._sent.pop((reply.id, reply.message), None)
            if reply.message in _REVERSALS:
                in_part = reply.replacement_minor >= 0
                kind = DeliveryKind.PARTIAL_REVERSAL if in_part else DeliveryKind.REVERSAL
            if kind is None:
                continue
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    await self._take(connection, reply, kind)
            except (
                ValueError,
                OverflowError,
                LookupError,
                asyncpg.DataError,
                asyncpg.IntegrityConstraintViolationError,
            ):
                # Due again: the host accepts a repeat. The answers behind this one are taken.
                _log.exception("host_answer_not_taken", trace_id=reply.id.hex())

    async def _take(
        self, connection: asyncpg.pool.PoolConnectionProxy, reply: HostReply, kind: DeliveryKind
    ) -> None:
        delivery = UUID(reply.id), int(kind)
        if reply.result != HOST_REPLIED:
            await connection.execute(queries.note_delivery_result, *delivery, "no reply")
            return
        owed = await connection.fetchrow(queries.find_delivery, *delivery)
        if owed is None:
            return
        # The attempt first, then its deliveries: the order in which a reversal takes them.
        standing = await bookings.lock_by_id(connection, reply.id, owed["business_date"])
        if standing is None:
            return
        approved = owed["approved_late"] or is_approved_there(standing, delivered=owed["delivered"])
        match verdict_of(reply, kind, approved=approved):
            case "accepted":
                if await connection.fetchrow(queries.accept_delivery, *delivery, _result(reply)) is None:
                    return  # A second answer to the same message.
                self.accepted += 1
                state, event = standing.state, EventKind.DELIVERED
                if kind == DeliveryKind.REVERSAL:
                    event = EventKind.REVERSAL_ACCEPTED
                    state = await settle_reversal(connection, standing)
                await _note(connection, reply, standing, event, state)
            case "refused":
                if (
                    await connection.fetchrow(queries.keep_refused_delivery, *delivery, _result(reply))
                    is None
                ):
                    return
                self.refused += 1
                await _note(connection, reply, standing, EventKind.DELIVERY_REFUSED, standing.state)
            case "again":
                await connection.execute(queries.refuse_delivery, *delivery, _result(reply))


async def _note(
    connection: asyncpg.pool.PoolConnectionProxy,
    reply: HostReply,
    standing: bookings.Standing,
    event: EventKind,
    state: int,
) -> None:
    await bookings.note(
        connection,
        reply.id,
        standing.business_date,
        event,
        state=state,
        reason=standing.reason,
        cause=f"host {reply.host_code}",
        detail=reply.exchange or None,
    )


def is_approved_there(standing: bookings.Standing, *, delivered: bool) -> bool:
    """Whether the host has said that it approved this attempt, or took it when it was `delivered`."""
    if standing.kind in _BOOKED_HERE:
        return delivered
    return standing.approved_minor > 0 or bool(standing.approval_code) or standing.host_code == "00"


def verdict_of(
    reply: HostReply, kind: DeliveryKind, *, approved: bool
) -> Literal["accepted", "refused", "again"]:
    """Return what an answer of the host makes of a delivery; `approved`: it had approved what is delivered about.

    A reversal of what the host never had is done: there is nothing to undo. From a host that had approved it, the same
    words mean that it cannot find what it holds, and a person must look. To an advice or a completion they are a
    refusal, for there the host must book something.
    """
    if reply.delivery == DELIVERY_NO_ORIGINAL or (
        not reply.delivery and reply.reason == Reason.ORIGINAL_NOT_FOUND
    ):
        if kind == DeliveryKind.REVERSAL and not approved:
            return "accepted"
        return "refused" if reply.delivery else "again"
    if reply.delivery == 0:  # An edge of the version before says only the reason.
        return "accepted" if reply.reason in _ACCEPTED else "again"
    if reply.delivery == DELIVERY_ACCEPTED:
        return "accepted"
    return "refused" if reply.delivery == DELIVERY_REFUSED else "again"


def _result(reply: HostReply) -> str:
    if reply.differs:
        return f"answer differs: {reply.differs}"
    return f"code {reply.host_code}".rstrip()


def request_of(lease: Any, attempt: Any, now: datetime) -> HostRequest:
    """Return the message that a delivery sends, the repeat form of it from the second try on."""
    kind: int = lease["kind"]
    now_us = to_unix_us(now)
    local_time = attempt["local_time"]
    # A host takes no impossible date, though the terminal that sent it must find it again.
    transmitted_at = _sent_at(attempt["transmitted_at"], attempt["received_at"], now)
    if moment_near(local_time, now.date()) is None:
        local_time = attempt["received_at"].astimezone(zone_of(attempt["time_zone"])).strftime("%m%d%H%M%S")
    amount_minor, replacement_minor = lease["amount_minor"], -1
    attempt_id: bytes = attempt["id"].bytes
    repeat = lease["tries"] > 1
    rrn = rrn_of(attempt_id)
    stan: int = attempt["stan"]
    original_stan, original_transmitted_at = stan, transmitted_at
    original_message = _message_of(attempt["kind"], attempt["message_class"])
    if kind in (DeliveryKind.REVERSAL, DeliveryKind.PARTIAL_REVERSAL):
        # A host knows the repeat of an advice or a completion by its number and time, so both stay those of the
        # terminal's message: with the time of each try a hold was captured once a try. A reversal names its original.
        message = "0421" if repeat else "0420"
        transmitted_at = now.astimezone(UTC).strftime("%m%d%H%M%S")
        local_time = now.astimezone(zone_of(attempt["time_zone"])).strftime("%m%d%H%M%S")
        if kind == DeliveryKind.PARTIAL_REVERSAL:
            amount_minor, replacement_minor = attempt["amount_minor"], amount_minor
            stan = stan_of_part(stan)
    elif kind == DeliveryKind.COMPLETION:
        message = "0221" if repeat else "0220"
        rrn = rrn_of(attempt["original_id"].bytes)
        original_stan = attempt["original_stan"]
        original_transmitted_at = _sent_at(
            attempt["original_transmitted_at"], attempt["original_received_at"], now
        )
        original_message = _message_of(attempt["original_kind"], 1)
    else:
        message = (
            ("0121" if repeat else "0120")
            if attempt["message_class"] == 1
            else ("0221" if repeat else "0220")
        )
        original_message, original_stan, original_transmitted_at = "", 0, ""
    return HostRequest(
        attempt_id,
        message,
        "200000" if attempt["kind"] == Kind.REFUND else "000000",
        amount_minor,
        attempt["currency"],
        attempt["card_ciphertext"],
        attempt["card_expiry"],
        b"",
        stan,
        transmitted_at,
        local_time,
        attempt["entry_mode"],
        attempt["merchant_category"],
        rrn,
        attempt["terminal"],
        attempt["acceptor"],
        False,
        now_us,
        now_us + REPLY_DEADLINE_MS * 1000,
        attempt["approval_code"],
        original_message,
        original_stan,
        original_transmitted_at,
        lease["reason"],
        repeat,
        replacement_minor,
    )


def _sent_at(transmitted_at: str, received_at: datetime, now: datetime) -> str:
    """Return the time of sending that the host was told of a message: that of reception where its own is none."""
    if moment_near(transmitted_at, now.date()) is not None:
        return transmitted_at
    return received_at.astimezone(UTC).strftime("%m%d%H%M%S")


def stan_of_part(stan: int) -> int:
    """Return the trace number of a reversal in part: not that of the whole, which would look like its repeat.

    Half the range away, where this terminal is least likely to be; both are 1 to 999999.
    """
    return (stan + 499_999) % 999_999 + 1


def _message_of(kind: int, message_class: int) -> str:
    if kind in (Kind.AUTHORISATION, Kind.VERIFICATION):
        return "0100"
    if kind in (Kind.PURCHASE, Kind.REFUND):
        return "0200"
    return "0120" if message_class == 1 else "0220"
