"""Batches that form by themselves: what one turn of the event loop brings leaves as one message.

With little to do a turn brings one item, which leaves at once; under load data_received callbacks pile up in a
turn, and so do items. No window, no timer: a fixed window of 5 ms only added 5 ms to the median.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from core.bus.bus import Bus

Item = TypeVar("Item")


class Batcher(Generic[Item]):
    """Gathers items until the end of the loop's turn. Belongs to the loop that runs when it is made.

    `publish` must not raise: it answers for its items itself. Plain int attributes are for the metrics.
    """

    __slots__ = (
        "_count_max",
        "_items",
        "_loop",
        "_publish",
        "_scheduled",
        "_waiting_max",
        "batches",
        "items",
        "refused",
    )

    def __init__(self, publish: Callable[[list[Item]], None], *, count_max: int, waiting_max: int) -> None:
        self._publish = publish
        self._count_max = count_max
        self._waiting_max = waiting_max
        self._items: list[Item] = []
        self._scheduled = False
        self._loop = asyncio.get_running_loop()
        self.batches = 0
        self.items = 0
        self.refused = 0

    @property
    def waiting(self) -> int:
        """Items that have not left yet."""
        return len(self._items)

    def add(self, item: Item) -> bool:
        """Take an item; False when `waiting_max` are already waiting: refuse it, clearly."""
        items = self._items
        if len(items) >= self._waiting_max:
            self.refused += 1
            return False
        items.append(item)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self.flush)
        return True

    def flush(self) -> None:
        """Let everything that waits leave now, in batches of at most `count_max`."""
        self._scheduled = False
        items = self._items
        if not items:
            return
        self._items = []
        count = len(items)
        self.items += count
        if count <= self._count_max:
            self.batches += 1
            self._publish(items)
            return
        for start in range(0, count, self._count_max):
            self.batches += 1
            self._publish(items[start : start + self._count_max])


def publish_batch(
    bus: Bus, encode: Callable[[Any], bytes], subject: str, items: list[Any], reply: str = ""
) -> int:
    """Publish a list as one message, or as halves of it while it is above the server's largest payload.

    Returns the number of messages.
    Raises: BusRefused. What was published before the refusal has left; a single item above the bound is refused.
    """
    payload = encode(items)
    if len(payload) <= bus.payload_bytes_max or len(items) == 1:
        bus.publish(subject, payload, reply)
        return 1
    middle = len(items) // 2
    return publish_batch(bus, encode, subject, items[:middle], reply) + publish_batch(
        bus, encode, subject, items[middle:], reply
    )
