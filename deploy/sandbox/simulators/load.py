"""Saturate the edge from many terminals: open loop at a rate, or closed loop with so many payments in flight.

`python -m deploy.sandbox.simulators.load --address 127.0.0.1:PORT --count 500 --in-flight 256 --seconds 20 --json`

One process, one epoll, no event loop above it: a payment costs its two system calls and a few microseconds. A STAN
and a (card, amount) pair are used once in a run, and with the clock or `stan_from` once a day.
"""

import argparse
import os
import select
import socket
import sys
import time
from array import array
from collections import Counter, deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from core.values.clock import PARIS
from deploy.sandbox.simulators import requests
from deploy.sandbox.simulators.cards import LOAD_AMOUNTS, LOAD_CARDS, load_amount_minor, load_start
from deploy.sandbox.simulators.journal import ANSWERED, NO_ANSWER, Journal, JournalEntry
from deploy.sandbox.simulators.load_frames import AnswerReader, FrameWriter, clock_parts
from deploy.sandbox.simulators.load_report import LoadReport, Measured, summarise
from deploy.sandbox.simulators.requests import Identity, Moment
from deploy.sandbox.simulators.stans import STAN_MAX, run_offset
from edge.dialects import DIALECTS
from edge.protocol.framing import FrameReader, frame

SIGN_ON_TIMEOUT_S = 15.0
SIGN_ON_AT_ONCE = 32
LOAD_TERMINAL_FIRST = 1_000_001
ANSWER_TIMEOUT_S = 30.0
EVENTS_MAX = 1024
_RECORD = 20  # bytes a payment: RRN 12, approval code 6, response code 2
_NOTHING = bytes(_RECORD)


class LoadFailed(Exception):
    """The load could not start or lost every connection; in words fit for one line."""


class _Connection:
    __slots__ = ("index", "payment", "reader", "stan", "stan_text", "tail", "wire")

    def __init__(self, index: int, wire: socket.socket, tail: bytes, stan: int) -> None:
        self.index = index
        self.wire = wire
        self.tail = tail
        self.stan = stan
        self.stan_text = b""
        self.payment = -1  # the payment in flight
        self.reader = FrameReader()


class Load:
    """One run. Make it, `run` it once, then read `facts` for the journal."""

    def __init__(
        self,
        address: tuple[str, int],
        terminals: list[Identity],
        *,
        rate_per_s: float | None = None,
        in_flight: int | None = None,
        stan_from: int | None = None,
    ) -> None:
        """Prepare frames and connect. Raises: LoadFailed, ValueError."""
        if (rate_per_s is None) == (in_flight is None):
            raise ValueError("give a rate or a number in flight, not both")
        self._terminals = terminals
        self._rate = rate_per_s
        self._in_flight = min(in_flight or len(terminals), len(terminals))
        local = datetime.now(PARIS)
        self._stan_from = stan_from or run_offset(local.hour * 3600 + local.minute * 60 + local.second)
        self._number_from = load_start()
        self._writer = FrameWriter(terminals)
        self._answers = AnswerReader()
        self._epoll = select.epoll()
        self._connections: dict[int, _Connection] = {}
        self._idle: deque[_Connection] = deque()
        self._day = ""
        # One element a payment, in order of sending.
        self._sent_at = array("d")
        self._latency_s = array("d")
        self._who = array("H")
        self._stan = array("I")
        self._records = bytearray()
        self._codes: Counter[bytes] = Counter()
        self._stray = 0
        self._lost = 0
        self._connect(address)

    def _connect(self, address: tuple[str, int]) -> None:
        for start in range(0, len(self._terminals), SIGN_ON_AT_ONCE):
            batch: list[_Connection] = []
            for index in range(start, min(start + SIGN_ON_AT_ONCE, len(self._terminals))):
                try:
                    opened = socket.create_connection(address, SIGN_ON_TIMEOUT_S)
                except OSError as error:
                    raise LoadFailed(f"nothing answers at {address[0]}:{address[1]}") from error
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection = _Connection(index, opened, self._writer.tails[index], self._stan_from)
                self._connections[opened.fileno()] = connection
                message = requests.sign_on(
                    self._terminals[index],
                    stan=self._take_stan(connection).decode(),
                    at=Moment.of(datetime.now(UTC)),
                )
                opened.sendall(frame(DIALECTS["ascii1987"].encode(message)))
                batch.append(connection)
            for connection in batch:
                self._await_sign_on(connection)
                self._epoll.register(connection.wire.fileno(), select.EPOLLIN)
                self._idle.append(connection)

    def _await_sign_on(self, connection: _Connection) -> None:
        name = self._terminals[connection.index].terminal
        frames: list[bytes] = []
        while not frames:
            try:
                data = connection.wire.recv(4096)
            except OSError as error:
                raise LoadFailed(f"the sign-on of {name} got no answer") from error
            if not data:
                raise LoadFailed(f"the edge closed the connection of {name} at its sign-on")
            frames = connection.reader.feed(data)
        code = DIALECTS["ascii1987"].decode(frames[0]).get(39)
        if code != "00":
            raise LoadFailed(f"the sign-on of {name} was refused with code {code!s}")
        connection.wire.setblocking(False)

    def _take_stan(self, connection: _Connection) -> bytes:
        stan = connection.stan
        if stan > STAN_MAX:
            raise LoadFailed(f"terminal {self._terminals[connection.index].terminal} has no STAN left today")
        connection.stan = stan + 1
        return b"%06d" % stan

    def run(self, *, seconds: float, warmup_s: float = 0.0) -> LoadReport:
        """Pay for `warmup_s` plus `seconds`, wait for the last answers, return what was measured.

        Raises: LoadFailed when every connection is lost.
        """
        cpu_before = time.process_time()
        start = time.perf_counter()
        end = start + warmup_s + seconds
        try:
            self._send_until(start, end)
            self._drain()
        finally:
            cpu_s = time.process_time() - cpu_before
            for connection in self._connections.values():
                connection.wire.close()
            self._epoll.close()
        return self._report(start + warmup_s, end, cpu_s)

    def _send_until(self, start: float, end: float) -> None:
        open_loop = self._rate is not None
        rate = self._rate or 0.0
        clock, idle = time.perf_counter, self._idle
        allowed = self._in_flight if not open_loop else len(self._terminals)
        parked = len(idle) - allowed  # closed loop: so many terminals always rest
        second, clocked = -1, clock_parts(Moment.of(datetime.now(UTC)))
        starved = False
        sweep_at = start + 1.0
        while (now := clock()) < end:
            if int(time.time()) != second:
                second = int(time.time())
                at = Moment.of(datetime.fromtimestamp(second, UTC))
                clocked, self._day = clock_parts(at), self._day or at.day
            if open_loop:
                due = int((now - start) * rate)
                while idle and len(self._sent_at) < due:
                    # After a wait for a free terminal the wait counts: users do not slow down because we do.
                    began = start + len(self._sent_at) / rate if starved else clock()
                    self._send(idle.popleft(), clocked, began)
                starved = len(self._sent_at) < due
                wait = 0.001 if starved else max(0.0, min(start + (due + 1) / rate - clock(), 0.05))
            else:
                while len(idle) > parked:
                    self._send(idle.popleft(), clocked, clock())
                wait = 0.05
            self._receive(wait)
            if now > sweep_at:
                sweep_at = now + 1.0
                self._give_up(now - ANSWER_TIMEOUT_S)
                parked = max(0, len(self._connections) - allowed)
            if not self._connections:
                raise LoadFailed("every connection was lost")

    def _send(self, connection: _Connection, clocked: tuple[bytes, bytes], began: float) -> None:
        payment = len(self._sent_at)
        number = self._number_from + payment
        index = number % LOAD_CARDS
        stan = connection.stan
        if stan > STAN_MAX:
            raise LoadFailed("a terminal has no STAN left today")
        connection.stan = stan + 1
        connection.stan_text = text = b"%06d" % stan
        connection.payment = payment
        writer = self._writer
        data = b"".join(
            (
                writer.head,
                writer.pans[index],
                writer.amounts[(index * 31 + number // LOAD_CARDS) % LOAD_AMOUNTS],
                clocked[0],
                text,
                clocked[1],
                connection.tail,
            )
        )
        self._sent_at.append(began)
        self._latency_s.append(-1.0)
        self._who.append(connection.index)
        self._stan.append(stan)
        self._records += _NOTHING
        try:
            connection.wire.send(data)
        except OSError:
            self._drop(connection)

    def _receive(self, wait: float) -> None:
        connections, shapes, idle = self._connections, self._answers.shapes, self._idle
        clock = time.perf_counter
        for descriptor, _ in self._epoll.poll(wait, EVENTS_MAX):
            connection = connections.get(descriptor)
            if connection is None:
                continue
            try:
                data = os.read(descriptor, 4096)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if not data:
                self._drop(connection)
                continue
            if len(data) == (data[0] << 8 | data[1]) + 2 and not connection.reader.mid_frame:
                frames = (data,)
            else:
                frames = [frame(raw) for raw in connection.reader.feed(data)]
            for whole in frames:
                shape = shapes.get(whole[6:22]) or self._answers.learn(whole)
                payment = connection.payment
                if payment < 0 or whole[shape.stan : shape.stan + 6] != connection.stan_text:
                    self._stray += 1
                    continue
                connection.payment = -1
                self._latency_s[payment] = clock() - self._sent_at[payment]
                code = whole[shape.code : shape.code + 2]
                self._codes[code] += 1
                place = payment * _RECORD
                if shape.code - shape.rrn == 18:
                    self._records[place : place + _RECORD] = whole[shape.rrn : shape.rrn + _RECORD]
                else:
                    rrn = whole[shape.rrn : shape.rrn + 12] if shape.rrn else b" " * 12
                    approval = (
                        whole[shape.approval_code : shape.approval_code + 6]
                        if shape.approval_code
                        else b" " * 6
                    )
                    self._records[place : place + _RECORD] = rrn + approval + code
                idle.append(connection)

    def _drop(self, connection: _Connection) -> None:
        """Forget a closed connection; what was in flight on it stays without an answer."""
        descriptor = connection.wire.fileno()
        if self._connections.pop(descriptor, None) is None:
            return
        self._lost += 1
        self._epoll.unregister(descriptor)
        connection.wire.close()
        if connection in self._idle:
            self._idle.remove(connection)

    def _give_up(self, before: float) -> None:
        """Stop waiting for what was sent before then: the terminal goes on, a later answer is stray."""
        for connection in self._connections.values():
            if connection.payment >= 0 and self._sent_at[connection.payment] < before:
                connection.payment = -1
                self._idle.append(connection)

    def _drain(self) -> None:
        until = time.perf_counter() + ANSWER_TIMEOUT_S
        while time.perf_counter() < until and any(c.payment >= 0 for c in self._connections.values()):
            self._receive(0.05)

    def _report(self, measured_from: float, end: float, cpu_s: float) -> LoadReport:
        highest = max((c.stan for c in self._connections.values()), default=max(self._stan, default=0) + 1)
        return summarise(
            Measured(
                terminals=len(self._terminals),
                sent_at=self._sent_at,
                latency_s=self._latency_s,
                codes={code.decode(): count for code, count in self._codes.most_common()},
                stray=self._stray,
                lost=self._lost,
                cpu_s=cpu_s,
                stans=(self._stan_from, highest),
            ),
            measured_from=measured_from,
            end=end,
            rate_per_s=self._rate,
            in_flight=self._in_flight if self._rate is None else None,
        )

    def facts(self) -> Iterator[JournalEntry]:
        """Yield what each terminal was told, or that it was told nothing."""
        # perf_counter has no date of its own.
        offset = time.time() - time.perf_counter()
        for payment, began in enumerate(self._sent_at):
            record = self._records[payment * _RECORD : (payment + 1) * _RECORD]
            amount = load_amount_minor(self._number_from + payment)
            code = record[18:].decode() if record != _NOTHING else ""
            at = Moment.of(datetime.fromtimestamp(began + offset, UTC))
            yield JournalEntry(
                outcome=ANSWERED if code else NO_ANSWER,
                at_us=int((began + offset) * 1e6),
                terminal=self._terminals[self._who[payment]].terminal,
                day=at.day,
                message_class="02",
                stan=f"{self._stan[payment]:06d}",
                amount_minor=amount,
                mti="0200",
                processing_code=requests.PURCHASE,
                code=code,
                rrn=record[:12].decode().strip() if code else "",
                approval_code=record[12:18].decode().strip() if code else "",
                approved_minor=amount if code == "00" else 0,
            )


def run_load(
    address: tuple[str, int],
    terminals: list[Identity],
    *,
    rate_per_s: float | None = None,
    in_flight: int | None = None,
    seconds: float,
    warmup_s: float = 0.0,
    stan_from: int | None = None,
    journal: Path | None = None,
) -> LoadReport:
    """Run one load and, where asked, append what the terminals were told to the journal.

    Pass the `stan_next` of one run as the `stan_from` of the next one on the same terminals and day.
    Raises: LoadFailed, ValueError, OSError.
    """
    load = Load(address, terminals, rate_per_s=rate_per_s, in_flight=in_flight, stan_from=stan_from)
    report = load.run(seconds=seconds, warmup_s=warmup_s)
    if journal is not None:
        writer = Journal(journal)
        writer.tell_all(load.facts())
        writer.close()
    return report


def load_terminals(first: int, count: int, *, acceptors: dict[str, str] | None = None) -> list[Identity]:
    """Return terminals T<first> and on, seven digits; `acceptors` maps a terminal to its data element 42."""
    names = [f"T{first + place:07d}" for place in range(count)]
    known = acceptors or {}
    return [Identity(name, known.get(name, "")) for name in names]


def main(arguments: list[str] | None = None) -> int:
    """Run one load from the command line; mistakes are one line and exit code 2."""
    parser = argparse.ArgumentParser(prog="deploy.sandbox.simulators.load", description=__doc__)
    parser.add_argument("--address", required=True, help="host:port of an edge")
    parser.add_argument(
        "--terminals-from", type=int, default=LOAD_TERMINAL_FIRST, help="number of the first terminal"
    )
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--rate", type=float, help="payments a second, open loop")
    parser.add_argument("--in-flight", type=int, help="payments in flight, closed loop")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--warmup", type=float, default=1.0)
    parser.add_argument("--stan-from", type=int)
    parser.add_argument("--acceptors", type=Path, help="JSON object: terminal to card acceptor")
    parser.add_argument("--journal", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    host, _, port = given.address.rpartition(":")
    try:
        acceptors = (
            msgspec.json.decode(given.acceptors.read_bytes(), type=dict[str, str])
            if given.acceptors
            else None
        )
        report = run_load(
            (host, int(port)),
            load_terminals(given.terminals_from, given.count, acceptors=acceptors),
            rate_per_s=given.rate,
            in_flight=given.in_flight,
            seconds=given.seconds,
            warmup_s=given.warmup,
            stan_from=given.stan_from,
            journal=given.journal,
        )
    except (LoadFailed, ValueError, OSError, msgspec.MsgspecError) as error:
        sys.stderr.write(f"load: {error}\n")
        return 2
    encoded = msgspec.json.encode(report)
    lines = [f"{name}: {value}" for name, value in msgspec.to_builtins(report).items()]
    sys.stdout.write((encoded.decode() if given.json else "\n".join(lines)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
