"""What terminals of other makers send, honestly meant: the forms that public firmware and gateways' pages show.

Each returns messages in the order in which they leave. None goes into the journal: some may rightly be refused, and the
checks of `guichet verify` judge the rows without knowing what was meant.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Unpack

from deploy.sandbox.simulators import requests
from deploy.sandbox.simulators.requests import Later
from deploy.sandbox.simulators.terminal import Exchange, Terminal
from edge.protocol.field import Message

_OFFLINE_DECLINES: Final = ("Z1", "Z3", "05", "51")
_NO_SALES: Final = ("310000", "400000", "500000", "910000", "020000")
_OFFLINE_APPROVAL: Final = "OFFL02"


@dataclass(frozen=True, slots=True)
class Sale:
    """What is to be sold off line."""

    pan: str
    amount_minor: int


def _advice(terminal: Terminal, sale: Sale, **details: Unpack[Later]) -> Message:
    return terminal.make_payment("0220", requests.PURCHASE, sale.pan, sale.amount_minor, **details)


def _days_before(message: Message, days: int) -> Message:
    """Return the message as a clock so many days behind would have stamped it."""
    stamped = {**message, 13: _day_before(str(message[13]), days)}
    if 7 in message:
        stamped[7] = _day_before(str(message[7])[:4], days) + str(message[7])[4:]
    return stamped


def _day_before(said: str, days: int) -> str:
    # A leap year knows every day of the calendar.
    return f"{date(2028, int(said[:2]), int(said[2:])) - timedelta(days=days):%m%d}"


def declined_offline(terminal: Terminal, sale: Sale, chance: random.Random) -> list[Message]:
    """An advice of a sale that the terminal itself declined (data element 39)."""
    return [{**_advice(terminal, sale), 39: chance.choice(_OFFLINE_DECLINES)}]


def stamped_anew(terminal: Terminal, sale: Sale, chance: random.Random) -> list[Message]:
    """An advice of days ago, and its repeat with the date of today."""
    advice = _advice(terminal, sale, approval_code=_OFFLINE_APPROVAL)
    return [_days_before(advice, chance.randint(1, 5)), requests.repeated(advice)]


def repeated_otherwise(terminal: Terminal, sale: Sale, chance: random.Random) -> list[Message]:
    """An advice, and a repeat that says less, or the same in another form."""
    advice = _advice(terminal, sale, approval_code=_OFFLINE_APPROVAL)
    repeat = requests.repeated(advice)
    match chance.randrange(3):
        case 0:
            del repeat[14]
        case 1:
            repeat[3] = "003000"
        case _:
            repeat[37] = f"{int(str(advice[11])):012d}"
    return [advice, repeat]


def no_sale(terminal: Terminal, sale: Sale, chance: random.Random) -> list[Message]:
    """An advice whose processing code is of no sale."""
    return [{**_advice(terminal, sale), 3: chance.choice(_NO_SALES)}]


def stopped_clock(terminal: Terminal, sale: Sale, chance: random.Random) -> list[Message]:
    """An advice by a clock that began again on 1 January, and perhaps its repeat by a clock set right."""
    advice = _advice(terminal, sale, approval_code=_OFFLINE_APPROVAL)
    dead = {**advice, 13: "0101"}
    if 7 in dead:
        dead[7] = f"0101{str(dead[7])[4:]}"
    return [dead, requests.repeated(advice)] if chance.random() < 0.5 else [dead]


def overtaken(terminal: Terminal, sale: Sale, chance: random.Random) -> list[Message]:
    """A void that overtakes its sale: as the sale is, of another amount or time, or without a time."""
    advice = _advice(terminal, sale, approval_code=_OFFLINE_APPROVAL)
    void = _void(terminal, advice)
    said = str(void[90])
    match chance.randrange(4):
        case 0:
            void[4] = f"{sale.amount_minor + 100:012d}"
        case 1:
            void[90] = f"{said[:10]}{requests.NO_TIME}{said[20:]}"
        case 2:
            minute = f"{(int(said[16:18]) + 30) % 60:02d}"
            void[90] = f"{said[:16]}{minute}{said[18:]}"
        case _:
            pass
    return [void, advice]


def voided_and_repeated(terminal: Terminal, sale: Sale, chance: random.Random) -> list[Message]:
    """An advice, its void, and its repeat: with its own time, or that of the sending."""
    advice = _advice(terminal, sale, approval_code=_OFFLINE_APPROVAL)
    repeat = requests.repeated(advice)
    if chance.random() < 0.5:
        repeat[12] = f"{str(advice[12])[:4]}{(int(str(advice[12])[4:]) + 20) % 60:02d}"
    return [advice, _void(terminal, advice), repeat]


def still_clock(terminal: Terminal, sale: Sale, chance: random.Random) -> list[Message]:
    """Two sales of one number by a clock that always shows one time, whatever the time of sending says."""
    del chance
    still = {**_advice(terminal, sale, approval_code=_OFFLINE_APPROVAL), 12: "101500"}
    return [still, _days_before(still, 1) | {12: "101500", 13: still[13]}]


Offline = Callable[[Terminal, Sale, random.Random], list[Message]]
OFFLINE: Final[tuple[Offline, ...]] = (
    declined_offline, stamped_anew, repeated_otherwise, no_sale, stopped_clock, overtaken, voided_and_repeated,
    still_clock,
)  # fmt: skip


def _void(terminal: Terminal, advice: Message) -> Message:
    stan, at = terminal.moment()
    return requests.reversal(
        advice, mti="0420", stan=stan, at=at, reason=requests.CUSTOMER_CANCELLATION, habits=terminal.habits
    )


def _reversal(terminal: Terminal, of: Exchange, *, stays_minor: int = 0, mti: str = "0400") -> Message:
    stan, at = terminal.moment()
    return requests.reversal(
        of.request, mti=mti, stan=stan, at=at, reason=requests.CUSTOMER_CANCELLATION, rrn=of.rrn,
        stays_minor=stays_minor, habits=terminal.habits,
    )  # fmt: skip


def own_reference(terminal: Terminal, of: Exchange, chance: random.Random) -> list[Message]:
    """A cancellation by a terminal that numbers each of its messages in data element 37."""
    message = _reversal(terminal, of)
    return [{**message, 37: f"{chance.randrange(10**6):012d}"}]


def turned_time(terminal: Terminal, of: Exchange, chance: random.Random) -> list[Message]:
    """A cancellation whose data element 90 has time before date, or a day that is far off."""
    message = _reversal(terminal, of)
    said = str(message[90])
    time = said[10:20]
    turned = chance.choice((time[4:] + time[2:4] + time[:2], f"{int(time[:2]) % 12 + 1:02d}{time[2:]}"))
    message.pop(37, None)
    return [{**message, 90: said[:10] + turned + said[20:]}]


def asked_twice(terminal: Terminal, of: Exchange, chance: random.Random) -> list[Message]:
    """A cancellation, and the same under a new number or as an advice."""
    return [_reversal(terminal, of), _reversal(terminal, of, mti=chance.choice(("0400", "0420")))]


def part_without_rest(terminal: Terminal, of: Exchange, chance: random.Random) -> list[Message]:
    """A part taken back, and its repeat without data element 95."""
    del chance
    message = _reversal(terminal, of, stays_minor=max(1, of.approved_minor * 6 // 10))
    repeat = requests.repeated(message)
    del repeat[95]
    return [message, repeat]


def spaced_code(terminal: Terminal, of: Exchange, chance: random.Random) -> list[Message]:
    """A cancellation that gives the approval code without its leading zeros, at the right."""
    del chance
    return [{**_reversal(terminal, of), 38: of.approval_code.strip().lstrip("0").rjust(6)}]


Cancelling = Callable[[Terminal, Exchange, random.Random], list[Message]]
CANCELLING: Final[tuple[Cancelling, ...]] = (
    own_reference, turned_time, asked_twice, part_without_rest, spaced_code,
)  # fmt: skip


def completion_by_code(terminal: Terminal, hold: Exchange) -> Message:
    """A completion that names its hold by nothing but the approval code."""
    return terminal.make_payment(
        "0220", requests.PURCHASE, str(hold.request[2]), hold.approved_minor, approval_code=hold.approval_code
    )
