"""Security codes of cards that were typed: in this memory, until the first payment or for a quarter of an hour.

Nothing writes one down, sealed or not (PCI DSS 4.0.1, requirement 3.3.1).
"""

from collections.abc import Callable
from typing import Final, NamedTuple

CODES_MAX: Final = 20_000
"""At the bound the oldest goes: its payment is asked for without a code, which an issuer may take after 3-D Secure."""

LASTS_S: Final = 15 * 60.0


class _Kept(NamedTuple):
    code: str
    until: float


class SecurityCodes:
    """By token. `now` tells seconds that never go back."""

    def __init__(self, now: Callable[[], float], *, codes_max: int = CODES_MAX) -> None:
        self._now = now
        self._codes_max = codes_max
        self._kept: dict[str, _Kept] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def put(self, token: str, code: str) -> None:
        """Keep the code of a token."""
        self._kept.pop(token, None)
        self.expire()
        while len(self._kept) >= self._codes_max:
            del self._kept[next(iter(self._kept))]
        self._kept[token] = _Kept(code, self._now() + LASTS_S)

    def take(self, token: str) -> str | None:
        """Return the code of a token, once; None where it is not here, or no longer."""
        kept = self._kept.pop(token, None)
        return kept.code if kept is not None and kept.until > self._now() else None

    def expire(self) -> None:
        """Drop those whose time is over: they stand in the order in which they came."""
        now = self._now()
        while self._kept and next(iter(self._kept.values())).until <= now:
            del self._kept[next(iter(self._kept))]
