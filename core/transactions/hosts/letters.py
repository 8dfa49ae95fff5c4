"""What a dead letter was about, as far as it can be read: it was put aside because something in it was wrong."""

import re
from typing import Any, Final, NamedTuple

import msgspec

from core.contracts.payment import Authorise, Book, RefusedFact, Reverse, Totals
from core.contracts.states import Kind
from core.contracts.subjects import (
    AUTHORISE,
    BOOK,
    CARRY_OUT,
    HOST_SAYS,
    LIVE,
    REFUSED_FACT,
    REVERSE,
    TOTALS,
)

_SORTS: Final = {
    AUTHORISE: "payment",
    REVERSE: "reversal",
    BOOK: "advice",
    TOTALS: "totals",
    CARRY_OUT: "act",
    HOST_SAYS: "host_message",
    LIVE: "feed",
}
_SHAPES: Final[dict[str, type[msgspec.Struct]]] = {
    AUTHORISE: Authorise,
    REVERSE: Reverse,
    BOOK: Book,
    TOTALS: Totals,
    REFUSED_FACT: RefusedFact,
}
_ID_BYTES: Final = 16
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


class Letter(NamedTuple):
    """`sort`: a word for what it was; the rest is empty and 0 where it cannot be read."""

    sort: str
    terminal_id: bytes = b""
    amount_minor: int = 0
    currency: str = ""
    gives_back: bool = False


def read_letter(subject: str, payload: bytes) -> Letter:
    """Return what a message that was put aside says of itself."""
    sort = _SORTS.get(subject, "host_answer" if subject.startswith("core.in.") else "other")
    shape = _SHAPES.get(subject)
    if shape is None:
        return Letter(sort)
    try:
        said: Any = msgspec.msgpack.decode(payload, type=shape)
    except (msgspec.MsgspecError, ValueError):
        return Letter(sort)
    terminal_id: bytes = said.terminal_id
    gives_back = isinstance(said, Reverse) or (isinstance(said, Book) and said.gives_back)
    if isinstance(said, RefusedFact):
        gives_back = said.message_type[1:2] == "4"
        sort = "reversal" if gives_back else "advice"
    return Letter(
        "refund_advice" if isinstance(said, Book) and gives_back else sort,
        terminal_id if len(terminal_id) == _ID_BYTES else b"",
        max(getattr(said, "amount_minor", 0), 0),
        getattr(said, "currency", ""),
        gives_back or getattr(said, "kind", None) == Kind.REFUND,
    )


def is_currency(text: str) -> bool:
    """Whether a text has the shape of an alphabetic currency code."""
    return _CURRENCY.fullmatch(text) is not None
