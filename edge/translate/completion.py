"""0220 and 0221 with field 37: captures the hold that it names."""

from core.contracts.payment import Book
from core.contracts.states import Kind
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.translate.advice import from_advice
from edge.translate.booking import to_book
from edge.translate.fields import Arrival, text_of


def from_completion_or_advice(message: Message, arrival: Arrival, keys: SecurityModule) -> Book:
    """Return a completion where an original is named, else an advice. Raises: RequestRefused."""
    original_rrn = text_of(message, 37)
    if not original_rrn:
        return from_advice(message, arrival, keys)
    return to_book(message, arrival, keys, kind=Kind.COMPLETION, original_rrn=original_rrn)
