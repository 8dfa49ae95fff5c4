"""A payment between its two commits, as the engine remembers it."""

from core.contracts.payment import Authorise
from core.transactions.engine.labels import Labels


class Flight:
    """One armed attempt whose outcome is awaited. Lost with the process: the sweeper then reverses it."""

    __slots__ = ("deadline_at_us", "item", "labels", "reply_to", "rrn", "waiters")

    def __init__(
        self, item: Authorise, reply_to: str, labels: Labels, *, rrn: str, deadline_at_us: int
    ) -> None:
        self.item = item
        self.reply_to = reply_to
        self.labels = labels
        self.rrn = rrn
        self.deadline_at_us = deadline_at_us
        self.waiters: list[tuple[bytes, str]] | None = None  # repeats: (their id, where to answer)

    def wait(self, asked_id: bytes, reply_to: str) -> None:
        """Answer a repeat when the first is answered."""
        if self.waiters is None:
            self.waiters = []
        self.waiters.append((asked_id, reply_to))
