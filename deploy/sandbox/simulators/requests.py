"""What a terminal asks, as messages: one function a request, pure, time and STAN given.

Source: ISO 8583:1987, clause 4.2 (message types) and annex A (processing codes).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypedDict

from core.values.zones import zone_of
from deploy.sandbox.simulators.cards import EXPIRY
from edge.protocol.field import Message
from edge.protocol.message_types import ECHO, SIGN_OFF, SIGN_ON

PURCHASE = "000000"
REFUND = "200000"
VERIFICATION = "000000"
CUSTOMER_CANCELLATION = "17"  # data element 39 of a cancellation
LATE_OR_NO_RESPONSE = "68"  # data element 39 of a reversal after a timeout
PARTIAL_OK = "PA"
CHIP, CONTACTLESS, MANUAL = "051", "071", "012"  # data element 22
ACCEPTOR = "000000000000001"
NO_TIME = "0" * 10  # data element 90 of a terminal that does not keep when it sent
LOAD_TERMINALS_ABOVE = 1_000_000  # T1000001 is the first one of the load


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a terminal says it is: data elements 41 and 42; the demonstration's acceptor when none is given."""

    terminal: str
    acceptor: str = ""

    def __post_init__(self) -> None:
        if not self.acceptor.strip():
            object.__setattr__(self, "acceptor", demo_acceptor(self.terminal))


def demo_acceptor(terminal: str) -> str:
    """Return the card acceptor that the demonstration's seed gives a terminal, by its number (see deploy.sandbox.demonstration)."""
    digits = terminal.strip().removeprefix("T")
    if len(digits) != 7 or not digits.isdecimal():
        return ACCEPTOR
    number = int(digits)
    if number > LOAD_TERMINALS_ABOVE:
        return f"GCT1{(number - LOAD_TERMINALS_ABOVE - 1) // 10 + 1:011d}"
    return f"GCT0{(number - 1) // 2 + 1:011d}"


@dataclass(frozen=True, slots=True)
class Habits:
    """How a terminal tells the time. Not all are right, and all must be understood."""

    zone: str = "Europe/Paris"
    clock_off_s: int = 0
    field_7: Literal["utc", "local", "absent"] = "utc"
    field_90: Literal["as sent", "zeros"] = "as sent"


USUAL = Habits()
ODD = (
    Habits("America/Guadeloupe"),
    Habits("Indian/Reunion"),
    Habits("Pacific/Tahiti"),
    Habits("America/Miquelon"),
    Habits("America/Guadeloupe", field_7="local"),
    Habits("Indian/Reunion", field_7="absent"),
    Habits("Pacific/Tahiti", field_90="zeros"),
    Habits(clock_off_s=3600),
    Habits("America/Miquelon", clock_off_s=-3600, field_7="local"),
    Habits(field_7="absent", field_90="zeros"),
)
"""Terminals overseas, with local time or nothing in field 7, with clocks an hour wrong, with nothing in field 90."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant as data elements 7 (empty: not sent) and 13, 12 (the shop's clock), and the shop's date."""

    transmitted_at: str
    local_date: str
    local_time: str
    day: str

    @classmethod
    def of(cls, utc: datetime, habits: Habits = USUAL) -> "Moment":
        """Return the fields of an aware instant."""
        utc += timedelta(seconds=habits.clock_off_s)
        local = utc.astimezone(zone_of(habits.zone))
        return cls(
            {"utc": utc, "local": local}[habits.field_7].strftime("%m%d%H%M%S")
            if habits.field_7 != "absent"
            else "",
            local.strftime("%m%d"),
            local.strftime("%H%M%S"),
            local.date().isoformat(),
        )


def network(identity: Identity, code: str, *, stan: str, at: Moment) -> Message:
    """Return a 0800 with a network management code."""
    return _timed(
        {
            **_header("0800", identity, stan, at),
            70: code,
        }
    )


def sign_on(identity: Identity, *, stan: str, at: Moment) -> Message:
    """Return the message that opens a session."""
    return network(identity, SIGN_ON, stan=stan, at=at)


def sign_off(identity: Identity, *, stan: str, at: Moment) -> Message:
    """Return the message that ends a session."""
    return network(identity, SIGN_OFF, stan=stan, at=at)


def echo(identity: Identity, *, stan: str, at: Moment) -> Message:
    """Return the message that asks whether anybody is there."""
    return network(identity, ECHO, stan=stan, at=at)


class Details(TypedDict, total=False):
    """What a payment says besides its card and amount, where that is not as usual."""

    expiry: str
    currency: str
    partial_ok: bool
    approval_code: str


class Later(Details, total=False):
    """The same of one that may be about an earlier: `rrn` names it."""

    rrn: str


def payment(
    identity: Identity,
    *,
    mti: str,
    processing_code: str,
    pan: str,
    amount_minor: int,
    stan: str,
    at: Moment,
    expiry: str = EXPIRY,
    currency: str = "978",
    entry_mode: str = CONTACTLESS,
    partial_ok: bool = False,
    rrn: str = "",
    approval_code: str = "",
) -> Message:
    """Return a 0100, 0200, 0120 or 0220: what has a card and an amount. `rrn` names what a later step is about."""
    message: Message = {
        0: mti,
        2: pan,
        3: processing_code,
        4: f"{amount_minor:012d}",
        7: at.transmitted_at,
        11: stan,
        12: at.local_time,
        13: at.local_date,
        14: expiry,
        22: entry_mode,
        25: "00",
        41: identity.terminal,
        42: identity.acceptor,
        49: currency,
    }
    if rrn:
        message[37] = rrn
    if approval_code:
        message[38] = approval_code
    if partial_ok:
        message[60] = PARTIAL_OK
    return _timed(message)


def reversal(
    original: Message,
    *,
    mti: str,
    stan: str,
    at: Moment,
    reason: str,
    rrn: str = "",
    stays_minor: int = 0,
    habits: Habits = USUAL,
) -> Message:
    """Return a 0400 or 0420 that takes back `original`, a message as it was sent, or leaves `stays_minor` of it."""
    sent_at = NO_TIME if habits.field_90 == "zeros" else str(original.get(7, ""))
    message: Message = {
        0: mti,
        **{number: original[number] for number in (2, 3, 4, 14, 22, 25, 41, 42, 49) if number in original},
        7: at.transmitted_at,
        11: stan,
        12: at.local_time,
        13: at.local_date,
        39: reason,
        90: original_elements(
            str(original[0]), str(original[11]), sent_at or f"{original[13]}{original[12]}"
        ),
    }
    if rrn:
        message[37] = rrn
    if stays_minor:
        message[95] = f"{stays_minor:012d}{'0' * 30}"
    return _timed(message)


def _header(mti: str, identity: Identity, stan: str, at: Moment) -> Message:
    """Return what every message of a terminal begins with that is about no card."""
    return {
        0: mti,
        7: at.transmitted_at,
        11: stan,
        12: at.local_time,
        13: at.local_date,
        41: identity.terminal,
        42: identity.acceptor,
    }


def _timed(message: Message) -> Message:
    """Return the message without a field 7 that its terminal does not send."""
    if not message[7]:
        del message[7]
    return message


def repeated(message: Message) -> Message:
    """Return the same message as its repeat: 0420 becomes 0421."""
    return {**message, 0: f"{str(message[0])[:3]}1"}


def original_elements(mti: str, stan: str, transmitted_at: str) -> str:
    """Return data element 90: type, STAN, time of sending, and no institution identifiers."""
    return f"{mti[:3]}0{stan}{transmitted_at}{'0' * 22}"


def administrative_advice(identity: Identity, text: str, *, stan: str, at: Moment) -> Message:
    """Return a 0620 that tells of an event of the terminal's own."""
    return _timed(
        {
            **_header("0620", identity, stan, at),
            60: text,
        }
    )


@dataclass(frozen=True, slots=True)
class DayTotals:
    """What a terminal counts over its day, amounts in minor units."""

    debit_count: int = 0
    debit_minor: int = 0
    credit_count: int = 0
    credit_minor: int = 0
    reversal_count: int = 0
    reversal_minor: int = 0


def totals(
    identity: Identity, counted: DayTotals, *, stan: str, at: Moment, currency: str = "978"
) -> Message:
    """Return a 0500 with data elements 74 to 89 as the terminal counted them."""
    return _timed(
        {
            **_header("0500", identity, stan, at),
            49: currency,
            74: f"{counted.credit_count:010d}",
            75: "0" * 10,
            76: f"{counted.debit_count:010d}",
            77: f"{counted.reversal_count:010d}",
            86: f"{counted.credit_minor:016d}",
            87: "0" * 16,
            88: f"{counted.debit_minor:016d}",
            89: f"{counted.reversal_minor:016d}",
        }
    )
