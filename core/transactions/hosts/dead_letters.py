"""What a dead letter was about, as far as it can be read: it was put aside because something in it was wrong."""

import re
from typing import Any, Final, NamedTuple

import msgspec

from core.contracts.engine_requests import ENGINE_REQUESTS
from core.contracts.host_matters import SaidByTerminal
from core.contracts.payment import TERMINAL_REQUESTS
from core.contracts.states import Kind
from core.contracts.subjects import LIVE

_SORTS: Final = {LIVE: "feed", **{each.subject: each.sort for each in ENGINE_REQUESTS}}
_SHAPES: Final = {each.subject: each.asked for each in TERMINAL_REQUESTS}
_ID_BYTES: Final = 16
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


class DeadLetter(NamedTuple):
    """`sort`: a word for what it was; the rest is empty and 0 where it cannot be read."""

    sort: str
    terminal_id: bytes = b""
    amount_minor: int = 0
    currency: str = ""
    gives_back: bool = False
    said: SaidByTerminal | None = None


def read_dead_letter(subject: str, payload: bytes) -> DeadLetter:
    """Return what a message that was put aside says of itself."""
    sort = _SORTS.get(subject, "host_answer" if subject.startswith("core.in.") else "other")
    shape = _SHAPES.get(subject)
    if shape is None:
        return DeadLetter(sort)
    try:
        said: Any = msgspec.msgpack.decode(payload, type=shape)
    except (msgspec.MsgspecError, ValueError):
        return DeadLetter(sort)
    terminal_id: bytes = said.terminal_id
    return DeadLetter(
        getattr(said, "sort", sort),
        terminal_id if len(terminal_id) == _ID_BYTES else b"",
        max(getattr(said, "amount_minor", 0), 0),
        getattr(said, "currency", ""),
        getattr(said, "gives_back", False) or getattr(said, "kind", None) == Kind.REFUND,
        _said_of(said),
    )


def _said_of(said: Any) -> SaidByTerminal:
    card, stan = getattr(said, "card", None), getattr(said, "stan", 0)
    return SaidByTerminal(
        "" if card is None else card.last_four,
        f"{stan:06}" if stan else "",
        getattr(said, "approval_code", ""),
        getattr(said, "local_time", ""),
    )


def is_currency(text: str) -> bool:
    """Whether a text has the shape of an alphabetic currency code."""
    return _CURRENCY.fullmatch(text) is not None
