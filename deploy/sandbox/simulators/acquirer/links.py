"""The host's sockets: frames in, answers out, one write of the book for all the answers of a loop iteration.

Answers of one iteration leave together, after the book: that is the order in which a host may speak, and it costs
one system call for hundreds of payments.
"""

import asyncio
import logging
import os
import random
import time
from collections.abc import Callable
from typing import cast

from deploy.sandbox.simulators.acquirer.host import Host, UnknownMessageType, format_error
from deploy.sandbox.simulators.book import Book
from deploy.sandbox.simulators.script import APPROVE, Behaviour, Overrides
from edge.dialects import DIALECTS
from edge.protocol.errors import FieldMalformed, FrameRefused, MessageMalformed
from edge.protocol.field import Message
from edge.protocol.framing import FrameReader, frame

LINKS_MAX = 256
FRAME_BYTES_MAX = 4096
OUT_BYTES_MAX = 4 * 1024 * 1024
"""A link whose peer reads nothing is closed when this much waits for it."""

BOOK_FAILED = (
    74  # EX_IOERR of sysexits: what is in memory is not on disk, only a restart makes them agree again
)

log = logging.getLogger("guichet.acquirer")


class Acquirer:
    """One host: its links share the decisions and the book."""

    def __init__(self, book: Book, *, on_book_failed: Callable[[int], None] = os._exit) -> None:
        self.book = book
        self.host = Host(book)
        self.links: set[HostSide] = set()
        self.counts = self.host.counts
        self.started_at = time.time()
        codec = DIALECTS["ascii1987"]
        self.encode = codec.encode
        self.decode = codec.decode
        self._dirty: list[HostSide] = []
        self._scheduled = False
        self._on_book_failed = on_book_failed
        self._own: asyncio.TimerHandle | None = None
        self._own_count = 0

    @property
    def overrides(self) -> Overrides:
        """What the control API last set."""
        return self.host.overrides

    def apply(self, overrides: Overrides) -> None:
        """Take new overrides; links go down or may come up. Raises: CardUnknown."""
        self.host.apply(overrides)
        if overrides.own_every_ms and self._own is None:
            self._say_own()
        if overrides.links_down:
            for link in list(self.links):
                link.close()

    def take(self, link: "HostSide", frames: list[bytes]) -> None:
        """Decide on the messages of one read and put the answers in line."""
        host = self.host
        host.at(time.time_ns() // 1000)
        plain = not self.overrides.delay_ms and not self.overrides.jitter_ms
        counts = self.counts
        counts["received"] += len(frames)
        out = link.out
        for raw in frames:
            try:
                message = self.decode(raw)
            except MessageMalformed as error:
                counts["malformed"] += 1
                log.warning("message refused: %s", error)
                continue
            try:
                answer, behaviour = host.take(message)
                framed = answer if isinstance(answer, bytes) else self._frame(answer) if answer else b""
            except UnknownMessageType as error:
                counts["unknown_type"] += 1
                log.warning("%s", error)
                continue
            except (KeyError, ValueError, FieldMalformed) as error:
                # Never the value: it may be a card number.
                counts["malformed"] += 1
                log.warning("message lacks or breaks a field: %s", type(error).__name__)
                framed, behaviour = self._frame(format_error(message)), APPROVE
            if behaviour is APPROVE and plain:
                out.append(framed)
            else:
                self._deliver(link, framed, behaviour)
        if not link.dirty:
            link.dirty = True
            self._dirty.append(link)
        if not self._scheduled:
            self._scheduled = True
            link.loop.call_soon(self._flush)

    def _say_own(self) -> None:
        """Say something of the host's own on every link, again and again while the overrides want it."""
        self._own = None
        if not self.overrides.own_every_ms:
            return
        for link in list(self.links):
            self._own_count += 1
            self.counts["own_asked"] += 1
            link.send(self._frame(self.host.own_message(self._own_count)))
        self._own = asyncio.get_running_loop().call_later(self.overrides.own_every_ms / 1000, self._say_own)

    def _frame(self, answer: Message) -> bytes:
        return frame(self.encode(answer))

    def _deliver(self, link: "HostSide", framed: bytes, behaviour: Behaviour) -> None:
        if behaviour.close:
            self.counts["closed_by_script"] += 1
            link.close_after_book = True
            return
        if not behaviour.replies or not framed:
            self.counts["unanswered"] += 1
            return
        framed *= behaviour.replies
        overrides = self.overrides
        delay_ms = overrides.delay_ms + (overrides.late_ms if behaviour.late else behaviour.delay_ms)
        if overrides.jitter_ms:
            delay_ms += random.uniform(0, overrides.jitter_ms)  # noqa: S311 - nothing secret
        if delay_ms:
            # The book is flushed within this iteration of the loop, and a whole millisecond is always a later one.
            link.loop.call_later(max(delay_ms, 1.0) / 1000, link.send, framed)
        else:
            link.out.append(framed)

    def _flush(self) -> None:
        self._scheduled = False
        dirty, self._dirty = self._dirty, []
        try:
            self.book.flush()
        except OSError as error:
            log.critical("the book cannot be written: %s", error.strerror)
            self._on_book_failed(BOOK_FAILED)
            return
        for link in dirty:
            link.dirty = False
            out = link.out
            if out:
                self.counts["answered"] += len(out)
                link.send(out[0] if len(out) == 1 else b"".join(out))
                out.clear()
            if link.close_after_book:
                link.close()


class HostSide(asyncio.Protocol):
    """One link as the host sees it."""

    def __init__(self, acquirer: Acquirer) -> None:
        self.loop = asyncio.get_running_loop()
        self.out: list[bytes] = []
        self.dirty = False
        self.close_after_book = False
        self._acquirer = acquirer
        self._reader = FrameReader(FRAME_BYTES_MAX)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop's own class has no ancestor in asyncio
        if self._acquirer.overrides.links_down or len(self._acquirer.links) >= LINKS_MAX:
            transport.close()
            return
        self._transport = transport
        self._acquirer.links.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._transport = None
        self._acquirer.links.discard(self)

    def data_received(self, data: bytes) -> None:
        try:
            frames = self._reader.feed(data)
        except FrameRefused as error:
            log.warning("link closed: %s", error)
            frames = error.frames
            self.close_after_book = True
        if frames or self.close_after_book:
            self._acquirer.take(self, frames)

    def send(self, data: bytes) -> None:
        """Write, unless the link has gone meanwhile or its peer has stopped reading."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() > OUT_BYTES_MAX:
            log.warning("link closed: its peer does not read")
            transport.abort()
            return
        transport.write(data)

    def close(self) -> None:
        """Close once what is written has left."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()
