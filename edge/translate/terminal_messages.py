"""Every type of message that terminals send, a row each: who takes it, what core is asked, how its answer is finished.

The session, the server, payments and requests look a type up here and nowhere else; none of them names one. A type that
is not here closes the connection.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from core.contracts.payment import ADMINISTRATIVE_ADVICE, AUTHORISE, BOOK, REVERSE, TOTALS
from core.contracts.subjects import EngineRequest
from core.contracts.terminal_answers import finish_booking, finish_payment
from edge.keys.port import SecurityModule
from edge.protocol.answers import begin_answer
from edge.protocol.field import Message
from edge.translate.administrative import from_administrative_advice
from edge.translate.advice import from_advice
from edge.translate.authorisation import from_authorisation
from edge.translate.completion import from_completion_or_advice
from edge.translate.fields import Arrival
from edge.translate.purchase_refund import from_purchase_or_refund
from edge.translate.reversal import from_reversal
from edge.translate.totals import begin_totals, finish_totals, from_totals

Path: TypeAlias = Literal["payments", "requests", "network", "unsupported"]
"""payments: asked of core in batches. requests: one by one.
network: network management, answered by its function. unsupported: answered that we do not do it."""


def _asks_nothing(_message: Message, _arrival: Arrival, _keys: SecurityModule) -> None:
    raise AssertionError("core is not asked")


@dataclass(frozen=True, slots=True, eq=False)
class TerminalMessage:
    """One row. What `translate` returns is what core is asked by `request`; it raises RequestRefused.
    A row without a request asks core nothing: its path alone says what becomes of the message.

    `begin` and `finish` make the answer: as far as the request decides it, then with the reply, in place.
    """

    name: str  # of its metrics
    types: tuple[str, ...]  # a repeat is the same as its original
    path: Path
    translate: Callable[[Message, Arrival, SecurityModule], Any] = _asks_nothing
    finish: Callable[[Message, Any], Message] = finish_payment
    request: EngineRequest | None = None
    begin: Callable[[Message], Message] = begin_answer

    @property
    def is_fact(self) -> bool:
        """Whether it tells of what has happened already."""
        return self.request is not None and self.request.is_fact


_TOTALS: Final = (from_totals, finish_totals, TOTALS, begin_totals)
TERMINAL_MESSAGES: Final = (
    TerminalMessage(
        "authorisation", ("0100", "0101"), "payments", from_authorisation, finish_payment, AUTHORISE
    ),
    TerminalMessage("authorisation_advice", ("0120", "0121"), "requests", from_advice, finish_booking, BOOK),
    TerminalMessage(
        "financial", ("0200", "0201"), "payments", from_purchase_or_refund, finish_payment, AUTHORISE
    ),
    TerminalMessage(
        "financial_advice", ("0220", "0221"), "requests", from_completion_or_advice, finish_booking, BOOK
    ),
    TerminalMessage("file", ("0300", "0301"), "unsupported"),
    TerminalMessage("reversal", ("0400", "0401"), "requests", from_reversal, finish_booking, REVERSE),
    TerminalMessage("reversal_advice", ("0420", "0421"), "requests", from_reversal, finish_booking, REVERSE),
    TerminalMessage("totals", ("0500", "0501"), "requests", *_TOTALS),
    TerminalMessage("totals_advice", ("0520", "0521"), "requests", *_TOTALS),
    # Of an acquirer, and of another origin, as terminals of the 1993 edition send it.
    TerminalMessage(
        "administrative_advice",
        ("0620", "0621", "0624", "0625"),
        "requests",
        from_administrative_advice,
        finish_booking,
        ADMINISTRATIVE_ADVICE,
    ),
    TerminalMessage("network", ("0800", "0801", "0804", "0805"), "network"),
)
BY_TYPE: Final[Mapping[str, TerminalMessage]] = {
    message_type: row for row in TERMINAL_MESSAGES for message_type in row.types
}
"""Rows by the four digits of a message type."""
