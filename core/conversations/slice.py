"""What conversations bring to the processes: channels with their hours."""

from typing import Final

from core.contracts import opening_hours as hours_ask
from core.conversations.hours.handlers import HoursHandlers
from core.runtime.manifest import Parts, Served, Slice, serves, serves_without_session


def _operations(parts: Parts) -> list[Served]:
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


SLICE: Final = Slice("conversations", operations=_operations)
