"""Frames of a load without running the codec: written from parts, read by position, both checked against the codec.

A load generator shares its processors with what it loads, so every microsecond here is one less there.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from deploy.sandbox.simulators import requests
from deploy.sandbox.simulators.cards import LOAD_AMOUNTS, LOAD_CARDS, load_amount_minor, load_pan
from deploy.sandbox.simulators.requests import Identity, Moment
from edge.dialects import DIALECTS
from edge.protocol.field import Message
from edge.protocol.framing import frame

_CODEC = DIALECTS["ascii1987"]
_CHECKS = 64


class LayoutChanged(Exception):
    """The codec writes or reads a message in another way than this module expects."""


class Clocked(NamedTuple):
    """The parts of a request that change with the second: data element 7, and 12 with 13."""

    transmitted: bytes
    local: bytes


class FrameWriter:
    """Purchases of load cards. `head`, `pans`, `amounts`, `tail` are the parts; the loop joins them in place."""

    def __init__(self, terminals: list[Identity]) -> None:
        """Prepare all parts. Raises: LayoutChanged."""
        self.pans = _all_pans()
        self.amounts = [
            f"{requests.PURCHASE}{load_amount_minor(turn * LOAD_CARDS):012d}".encode()
            for turn in range(LOAD_AMOUNTS)
        ]
        at = Moment.of(datetime.now(UTC))
        sample = frame(_CODEC.encode(_purchase(terminals[0], 0, "000001", at)))
        self.head = sample[: sample.index(self.pans[0])]
        fixed = len(self.head) + len(self.pans[0]) + 6 + 12 + 10 + 6 + 6 + 4
        self.tails = [
            frame(_CODEC.encode(_purchase(identity, 0, "000001", at)))[fixed:] for identity in terminals
        ]
        self._check(terminals, at)

    def write(self, terminal: int, number: int, stan: bytes, clocked: Clocked) -> bytes:
        """Return the frame of payment `number`; the loop inlines these lines."""
        index, turn = number % LOAD_CARDS, number // LOAD_CARDS
        return b"".join(
            (
                self.head,
                self.pans[index],
                self.amounts[(index * 31 + turn) % LOAD_AMOUNTS],
                clocked.transmitted,
                stan,
                clocked.local,
                self.tails[terminal],
            )
        )

    def _check(self, terminals: list[Identity], at: Moment) -> None:
        clocked = clock_parts(at)
        for step in range(_CHECKS):
            terminal, number = step * 7 % len(terminals), step * 15_485_863 % (LOAD_CARDS * LOAD_AMOUNTS)
            stan = f"{step * 15_485 + 1:06d}"
            expected = frame(_CODEC.encode(_purchase(terminals[terminal], number, stan, at)))
            if self.write(terminal, number, stan.encode(), clocked) != expected:
                raise LayoutChanged("a purchase is written in another way")


def clock_parts(at: Moment) -> Clocked:
    """Return the encoded parts of one instant."""
    return Clocked(at.transmitted_at.encode(), f"{at.local_time}{at.local_date}".encode())


def _purchase(identity: Identity, number: int, stan: str, at: Moment) -> Message:
    return requests.payment(
        identity,
        mti="0200",
        processing_code=requests.PURCHASE,
        pan=load_pan(number % LOAD_CARDS),
        amount_minor=load_amount_minor(number),
        stan=stan,
        at=at,
    )


def _all_pans() -> list[bytes]:
    """Return every load card. Check digits come from tables of three digits at a time: 1 s instead of none is felt."""
    doubled = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    odd = [doubled[n // 100] + n // 10 % 10 + doubled[n % 10] for n in range(1000)]
    even = [n // 100 + doubled[n // 10 % 10] + n % 10 for n in range(1000)]
    first = load_pan(0)
    prefix, account = first[:6], int(first[6:15])
    base = sum(doubled[int(d)] if place % 2 == 0 else int(d) for place, d in enumerate(prefix))
    pans = []
    for number in range(account, account + LOAD_CARDS):
        high, rest = divmod(number, 1_000_000)
        middle, low = divmod(rest, 1_000)
        pans.append(
            b"%s%09d%d" % (prefix.encode(), number, -(base + odd[high] + even[middle] + odd[low]) % 10)
        )
    for index in range(0, LOAD_CARDS, LOAD_CARDS // _CHECKS):
        if pans[index].decode() != load_pan(index):
            raise LayoutChanged("a load card has another number")
    return pans


class AnswerShape(NamedTuple):
    """Where to find things in a whole frame; 0 where the shape lacks the field."""

    stan: int
    rrn: int
    approval_code: int
    code: int


class AnswerReader:
    """Positions by bitmap. The first answers of each shape are read by the codec too, and must agree."""

    def __init__(self) -> None:
        self.shapes: dict[bytes, AnswerShape] = {}

    def learn(self, data: bytes) -> AnswerShape:
        """Return the shape of an answer's frame and remember it. Raises: LayoutChanged, MessageMalformed."""
        message = _CODEC.decode(data[2:])
        offset = 2 + 4 + 16
        places: dict[int, int] = {}
        for number in message:
            if number == 0:
                continue
            field = _CODEC.fields[number]
            if field.prefix:
                break
            places[number] = offset
            offset += field.length
        if 11 not in places or 39 not in places:
            raise LayoutChanged("an answer has no STAN or code at a fixed place")
        shape = AnswerShape(places[11], places.get(37, 0), places.get(38, 0), places[39])
        for number, place, width in (
            (11, shape.stan, 6),
            (37, shape.rrn, 12),
            (38, shape.approval_code, 6),
            (39, shape.code, 2),
        ):
            if place and data[place : place + width].decode() != message[number]:
                raise LayoutChanged("an answer is laid out in another way")
        self.shapes[data[6:22]] = shape
        return shape
