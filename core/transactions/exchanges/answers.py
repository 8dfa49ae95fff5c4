"""Answers to edges, in batches: what is told together leaves together."""

from typing import Any, Final, Protocol

import msgspec
import structlog

from core.bus import Batcher, Bus, BusRefused, publish_batch
from core.contracts.payment import AuthoriseReply
from core.transactions.exchanges.exchange import Exchange, Source

ANSWERS_WAITING_MAX = 65_536
ANSWERS_PER_MESSAGE_MAX = 1_024

_log = structlog.get_logger("core.engine")


class Answering(Protocol):
    """Whoever hears what became of attempts."""

    def answer(self, source: Source, reply: AuthoriseReply) -> None:
        """Take the answer to one item that no host was asked about."""
        ...

    def tell(self, exchange: Exchange[Any], reply: AuthoriseReply) -> None:
        """Take what was decided of an exchange."""
        ...

    def flush(self) -> None:
        """Let go of what waits."""
        ...


class _Nobody:
    """Nobody waits: whoever asked reads what stands."""

    def answer(self, source: Source, reply: AuthoriseReply) -> None:
        """Answering."""

    def tell(self, exchange: Exchange[Any], reply: AuthoriseReply) -> None:
        """Answering."""

    def flush(self) -> None:
        """Answering."""


NOBODY: Final[Answering] = _Nobody()


class Answers:
    """Tells sources what is durable. Whoever hears no answer reads it where it stands."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._encode = msgspec.msgpack.Encoder().encode
        self._waiting: Batcher[tuple[str, AuthoriseReply]] = Batcher(
            self._publish, count_max=ANSWERS_PER_MESSAGE_MAX, waiting_max=ANSWERS_WAITING_MAX
        )

    def answer(self, source: Source, reply: AuthoriseReply) -> None:
        """Answer one item."""
        if source.reply_to:
            self._waiting.add((source.reply_to, reply))

    def tell(self, exchange: Exchange[Any], reply: AuthoriseReply) -> None:
        """Answer who asked, and whoever asked again meanwhile."""
        if reply_to := exchange.source.reply_to:
            self._waiting.add((reply_to, reply))
        if exchange.waiters is not None:
            for waiting_id, source in exchange.waiters:
                self.answer(source, msgspec.structs.replace(reply, id=waiting_id, replayed=True))

    def flush(self) -> None:
        """Let what waits leave now."""
        self._waiting.flush()

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
