"""What leaves the engine: answers to edges and requests to host links, in batches."""

import itertools

import msgspec
import structlog

from core.bus import Batcher, Bus, BusRefused, publish_batch
from core.contracts.payment import AuthoriseReply, HostRequest
from core.contracts.subjects import core_inbox, core_inbox_of_batch, host

ANSWERS_WAITING_MAX = 65_536
ANSWERS_PER_MESSAGE_MAX = 1_024
BATCHES_REMEMBERED_MAX = 512
"""Batches to hosts of which the bus may still say that nobody took them; it says so within a round trip."""

_log = structlog.get_logger("core.engine")


class Outbound:
    """The bus as the engine writes on it."""

    def __init__(self, bus: Bus, *, instance: str) -> None:
        self._bus = bus
        self._inbox = core_inbox(instance)
        self._encode = msgspec.msgpack.Encoder().encode
        self._batches = itertools.count(1)
        self._published: dict[str, list[bytes]] = {}  # ids by reply subject, oldest first
        self._answers: Batcher[tuple[str, AuthoriseReply]] = Batcher(
            self._publish, count_max=ANSWERS_PER_MESSAGE_MAX, waiting_max=ANSWERS_WAITING_MAX
        )

    def answer(self, subject: str, reply: AuthoriseReply) -> None:
        """Answer one item; what is said together leaves together."""
        self._answers.add((subject, reply))

    def send(self, acquirer: str, requests: list[HostRequest]) -> bool:
        """Ask the host links. False: the bus refused, and part of the batch may have left."""
        subject = core_inbox_of_batch(self._inbox, next(self._batches))
        self._published[subject] = [request.id for request in requests]
        if len(self._published) > BATCHES_REMEMBERED_MAX:
            del self._published[next(iter(self._published))]
        try:
            parts = publish_batch(self._bus, self._encode, host(acquirer), requests, subject)
        except BusRefused:
            del self._published[subject]
            _log.warning("host_requests_not_sent", requests=len(requests))
            return False
        if parts > 1:
            # One part may reach a link that comes up after another part found none.
            del self._published[subject]
        return True

    def taken_by_nobody(self, subject: str) -> list[bytes]:
        """Return whose requests a batch held that the bus gave to nobody, once: nothing has left for a host."""
        return self._published.pop(subject, [])

    def flush(self) -> None:
        """Let what waits leave now."""
        self._answers.flush()

    def _publish(self, answers: list[tuple[str, AuthoriseReply]]) -> None:
        by_subject: dict[str, list[AuthoriseReply]] = {}
        for subject, reply in answers:
            group = by_subject.get(subject)
            if group is None:
                by_subject[subject] = [reply]
            else:
                group.append(reply)
        for subject, group in by_subject.items():
            try:
                publish_batch(self._bus, self._encode, subject, group)
            except BusRefused:
                # The facts are durable; the terminal repeats and is told them then.
                _log.warning("answers_not_sent", answers=len(group))
