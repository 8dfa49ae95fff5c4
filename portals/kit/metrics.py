"""What a portal counts about itself; the names stand in observability.metrics."""

from __future__ import annotations

from observability.instruments import Exposition
from observability.metrics import HTTP_SECONDS, PORTAL_STREAM_BYTES, PORTAL_STREAMS, make_registry

_METHODS = frozenset({"GET", "POST"})


class PortalMetrics:
    """Counters of one portal process."""

    def __init__(self) -> None:
        self._exposition: Exposition | None = None
        self.live_streams = 0
        self.live_bytes = PORTAL_STREAM_BYTES.child()
        PORTAL_STREAMS.watch(lambda: self.live_streams)

    def observe(self, method: str, status: int, seconds: float) -> None:
        """Count one answer and the time to its first byte. Routes are methods here: pages hold identifiers."""
        route = method if method in _METHODS else "other"
        HTTP_SECONDS.child("portal", route, str(status)).observe(int(seconds * 1_000_000))

    async def exposition(self) -> bytes:
        """Return the Prometheus text format."""
        if self._exposition is None:
            self._exposition = Exposition(make_registry())
        return await self._exposition.text()
