"""How often a card may be typed: on one page, and from one address in a minute. Whoever tries out numbers meets it."""

from collections.abc import Callable
from typing import Final

BY_PAGE_MAX: Final = 12
BY_ADDRESS_MAX: Final = 60
"""In a minute: a shop with one address and many customers has room, who tries out cards has not."""

WINDOW_S: Final = 60.0
KEYS_MAX: Final = 50_000


class Attempts:
    """Counts by page for as long as it is remembered, by address for a minute."""

    def __init__(self, now: Callable[[], float], *, keys_max: int = KEYS_MAX) -> None:
        self._now = now
        self._keys_max = keys_max
        self._by_page: dict[bytes, int] = {}
        self._by_address: dict[str, int] = {}
        self._window_ends = now() + WINDOW_S

    def admit(self, *, page: bytes, address: str) -> bool:
        """Count one more, and say whether it may be looked at."""
        now = self._now()
        if now >= self._window_ends:
            self._by_address.clear()
            self._window_ends = now + WINDOW_S
        by_address = self._by_address.get(address, 0) + 1
        if len(self._by_address) < self._keys_max or address in self._by_address:
            self._by_address[address] = by_address
        by_page = self._by_page.pop(page, 0) + 1
        while len(self._by_page) >= self._keys_max:
            del self._by_page[next(iter(self._by_page))]
        self._by_page[page] = by_page
        return by_page <= BY_PAGE_MAX and by_address <= BY_ADDRESS_MAX
