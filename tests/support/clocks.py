"""A clock that stands where the test put it."""

from datetime import datetime

from core.values.clock import to_unix_us


class FixedClock:
    """The time that the test says; it moves `present` by hand."""

    def __init__(self, present: datetime) -> None:
        self.present = present

    def now(self) -> datetime:
        """Return what the test said."""
        return self.present

    def unix_us(self) -> int:
        """Return microseconds since 1970."""
        return to_unix_us(self.present)
