"""0120 and 0220 without an original, and their repeats: approved offline by the terminal, to be booked."""

from core.contracts.payment import Book
from core.contracts.states import Kind
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.translate.booking import to_book
from edge.translate.fields import Arrival


def from_advice(message: Message, arrival: Arrival, keys: SecurityModule) -> Book:
    """Return the request to core. Raises: RequestRefused."""
    return to_book(message, arrival, keys, kind=Kind.ADVICE)
