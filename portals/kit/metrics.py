"""What a portal counts about itself."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

_BUCKETS_S = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class PortalMetrics:
    """Metrics of one portal process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "guichet_portal_requests_total",
            "Answers by status class.",
            ("method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "guichet_portal_request_seconds",
            "Time to the first byte of an answer.",
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        self.live_streams = Gauge(
            "guichet_portal_live_streams", "Live feeds that browsers hold open.", registry=self.registry
        )
        self.live_bytes = Counter(
            "guichet_portal_live_bytes_total", "Bytes of live feed passed on.", registry=self.registry
        )

    def observe(self, method: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._requests.labels(method if method in ("GET", "POST") else "other", f"{status // 100}xx").inc()
        self._seconds.observe(seconds)

    def exposition(self) -> bytes:
        """Return the Prometheus text format."""
        return generate_latest(self.registry)
