"""0220 and 0221 with field 37 or 90: captures the hold that they name.

A terminal may number its own messages in field 37, so core sees whether that names anything: what names no message
of ours and has no field 90 is a sale that was approved off line.
"""

from core.contracts.payment import Book
from core.contracts.states import Kind
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.translate.advice import from_advice
from edge.translate.booking import to_book
from edge.translate.fields import Arrival, read_original, reference_of


def from_completion_or_advice(message: Message, arrival: Arrival, keys: SecurityModule) -> Book:
    """Return a completion where an original is named, else an advice. Raises: RequestRefused."""
    original_rrn, original = reference_of(message), read_original(message)
    if not original_rrn and not original.stan:
        return from_advice(message, arrival, keys)
    return to_book(message, arrival, keys, kind=Kind.COMPLETION, original_rrn=original_rrn, original=original)
