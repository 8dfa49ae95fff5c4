"""What leaves the engine: answers to edges and requests to host links, in batches."""

import msgspec
import structlog

from core.bus import Batcher, Bus, BusRefused, publish_batch
from core.contracts.payment import AuthoriseReply, HostRequest
from core.contracts.subjects import core_inbox, host

ANSWERS_WAITING_MAX = 65_536
ANSWERS_PER_MESSAGE_MAX = 1_024

_log = structlog.get_logger("core.engine")


class Outbound:
    """The bus as the engine writes on it."""

    def __init__(self, bus: Bus, *, instance: str) -> None:
        self._bus = bus
        self._inbox = core_inbox(instance)
        self._encode = msgspec.msgpack.Encoder().encode
        self._answers: Batcher[tuple[str, AuthoriseReply]] = Batcher(
            self._publish, count_max=ANSWERS_PER_MESSAGE_MAX, waiting_max=ANSWERS_WAITING_MAX
        )

    def answer(self, subject: str, reply: AuthoriseReply) -> None:
        """Answer one item; what is said together leaves together."""
        self._answers.add((subject, reply))

    def send(self, acquirer: str, requests: list[HostRequest]) -> bool:
        """Ask the host links. False: the bus refused, and part of the batch may have left."""
        try:
            publish_batch(self._bus, self._encode, host(acquirer), requests, self._inbox)
        except BusRefused:
            _log.warning("host_requests_not_sent", requests=len(requests))
            return False
        return True

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
