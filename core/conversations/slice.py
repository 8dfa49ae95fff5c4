"""What conversations bring to the processes: channels with their hours, questions and answers."""

from typing import Final

from core.contracts import faq as faq_ask
from core.contracts import opening_hours as hours_ask
from core.conversations.faq.handlers import FaqHandlers
from core.conversations.faq.library import Library
from core.conversations.hours.handlers import HoursHandlers
from core.db.queries import load_beside
from core.runtime.manifest import Names, Parts, Served, Slice, serves, serves_without_session

_SQL: Final = load_beside(__file__)


def _operations(parts: Parts) -> list[Served]:
    return [*_of_hours(parts), *_of_faq(parts, Library())]


def _of_hours(parts: Parts) -> list[Served]:
    hours = HoursHandlers(parts.pool, parts.clock)
    return [
        serves_without_session(hours_ask.OFFERS, hours.offers),
        serves(hours_ask.CHANNELS, hours.channels),
        serves(hours_ask.CHANGE_CHANNEL, hours.change_channel),
        serves(hours_ask.LIST, hours.hours),
        serves(hours_ask.SET, hours.set_hours),
        serves(hours_ask.WITHDRAW, hours.withdraw),
        serves(hours_ask.EXCEPTIONS, hours.exceptions),
        serves(hours_ask.ADD_EXCEPTION, hours.add_exception),
        serves(hours_ask.REMOVE_EXCEPTION, hours.remove_exception),
    ]


def _of_faq(parts: Parts, library: Library) -> list[Served]:
    faq = FaqHandlers(parts.pool, parts.clock, library)
    return [
        serves_without_session(faq_ask.FIND, faq.find),
        serves(faq_ask.LIST, faq.entries),
        serves(faq_ask.ONE, faq.entry),
        serves(faq_ask.MAKE, faq.make),
        serves(faq_ask.CHANGE, faq.change),
        serves(faq_ask.REMOVE, faq.remove),
    ]


SLICE: Final = Slice(
    "conversations", operations=_operations, names=Names(frozenset({"faq_entry"}), _SQL.record_names)
)
