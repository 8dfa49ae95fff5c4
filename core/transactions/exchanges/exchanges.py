"""The exchanges of one process with acquirer hosts: asked in batches, each ended once.

An exchange ends by its answer, by its deadline, or at once where nothing can leave. What a host says besides, too late
or to a process that has ended, goes to whoever keeps it.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterable
from itertools import count, groupby
from operator import attrgetter
from typing import Any

import msgspec
import structlog

from core.bus import Bus, BusRefused, ItemsReader, Subscription, Unread, publish_batch
from core.contracts.payment import HostReply, HostRequest, are_codes
from core.contracts.subjects import core_inbox_of_batch, host
from core.transactions.exchanges.exchange import Exchange, HostOutcome, no_reply, not_sent
from core.values.clock import Clock

BATCHES_REMEMBERED_MAX = 512
"""Batches to hosts of which the bus may still say that nobody took them; it says so within a round trip."""

GUARD_INTERVAL_S = 0.25
GUARD_GRACE_US = 1_500_000
"""The link reports its own deadline; this long after it, its report is no longer waited for."""

_settle_of = attrgetter("exchange.settle")
_log = structlog.get_logger("core.exchanges")


class Exchanges:
    """`ask` and `send`; answers come to `inbox`.

    `key_of` tells exchanges of one process apart: what a request and its answer share. `unawaited` takes an answer that
    ends nothing, `unread` what cannot be read as one.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        *,
        inbox: str,
        key_of: Callable[[HostRequest | HostReply], Hashable],
        unawaited: Callable[[HostReply], object],
        unread: Callable[[Unread], object],
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._inbox = inbox
        self._key_of = key_of
        self._unawaited = unawaited
        self._unread = unread
        self._open: dict[Hashable, Any] = {}
        self._asked: dict[str, list[Exchange[Any]]] = {}  # by acquirer, until `send`
        self._published: dict[str, list[Hashable]] = {}  # keys by reply subject, oldest first
        self._batches = count(1)
        self._encode = msgspec.msgpack.Encoder().encode
        self._read = ItemsReader(HostReply, fits=are_codes).read
        self._subscriptions: list[Subscription] = []
        self._guard: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._open)

    def find(self, key: Hashable) -> Exchange[Any] | None:
        """Return what is open under a key."""
        return self._open.get(key)

    def start(self) -> None:
        """Hear answers, and end what no link reports on."""
        self._subscriptions = [
            self._bus.subscribe(self._inbox, self._on_replies),
            # Answers come to the inbox; here the bus says which batch found no link up anywhere.
            self._bus.subscribe(
                core_inbox_of_batch(self._inbox, "*"), self._on_replies, on_no_responders=self._on_no_links
            ),
        ]
        self._guard = asyncio.get_running_loop().create_task(self._guard_deadlines())

    def stop(self) -> None:
        """Hear nothing more. What is open stays as it was recorded: it is swept, or due again."""
        for subscription in self._subscriptions:
            subscription.unsubscribe()
        if self._guard is not None:
            self._guard.cancel()

    def ask(self, exchange: Exchange[Any]) -> None:
        """Take an exchange whose request leaves with the next `send`."""
        self._open[self._key_of(exchange.request)] = exchange
        asked = self._asked.get(exchange.acquirer)
        if asked is None:
            self._asked[exchange.acquirer] = [exchange]
        else:
            asked.append(exchange)

    def send(self) -> int:
        """Ask the links of each acquirer, in one batch; return how many requests have left."""
        by_acquirer, self._asked = self._asked, {}
        return sum(
            self._publish(acquirer, [exchange.request for exchange in asked])
            for acquirer, asked in by_acquirer.items()
        )

    def _publish(self, acquirer: str, requests: list[HostRequest]) -> int:
        subject = core_inbox_of_batch(self._inbox, next(self._batches))
        self._published[subject] = list(map(self._key_of, requests))
        if len(self._published) > BATCHES_REMEMBERED_MAX:
            del self._published[next(iter(self._published))]
        try:
            parts = publish_batch(self._bus, self._encode, host(acquirer), requests, subject)
        except BusRefused:
            # Part of the batch may have left, so that all of it is unknown.
            _log.warning("host_requests_not_sent", acquirer=acquirer, requests=len(requests))
            self._end(self._published.pop(subject), no_reply)
            return 0
        if parts > 1:
            # One part may reach a link that comes up after another part found none.
            del self._published[subject]
        return len(requests)

    def _on_replies(self, _subject: str, _reply: str, payload: bytes) -> None:
        replies, unread = self._read(payload)
        for each in unread:  # Its exchange ends by its deadline.
            self._unread(each)
        pop, key_of = self._open.pop, self._key_of
        outcomes: list[HostOutcome[Any]] = []
        for reply in replies:
            exchange = None if reply.late else pop(key_of(reply), None)
            if exchange is None:
                self._unawaited(reply)
            else:
                outcomes.append(HostOutcome(exchange, reply))
        _settle(outcomes)

    def _on_no_links(self, subject: str) -> None:
        """No link is up, so nothing has left, and nothing is owed."""
        keys = self._published.pop(subject, [])
        if keys:
            _log.warning("no_host_link", requests=len(keys))
            self._end(keys, not_sent)

    async def _guard_deadlines(self) -> None:
        """End what no link has reported on.

        All of them are looked at: deadlines come from the clocks of several edges, and what was put back in the queue
        is asked late, so that the first of them says nothing of the others.
        """
        while True:
            await asyncio.sleep(GUARD_INTERVAL_S)
            try:
                oldest_us = self._clock.unix_us() - GUARD_GRACE_US
                silent = [
                    key
                    for key, exchange in self._open.items()
                    if exchange.request.deadline_at_us <= oldest_us
                ]
                if silent:
                    _log.warning("links_silent", requests=len(silent))
                    self._end(silent, no_reply)
            except Exception:
                _log.exception("round_broken", round="guard")

    def _end(self, keys: Iterable[Hashable], reply_of: Callable[[HostRequest], HostReply]) -> None:
        ended = [self._open.pop(key, None) for key in keys]
        _settle([HostOutcome(one, reply_of(one.request)) for one in ended if one is not None])


def _settle(outcomes: list[HostOutcome[Any]]) -> None:
    """Give outcomes to who takes them, those that stand together in one list."""
    for settle, together in groupby(outcomes, _settle_of):
        settle(list(together))
