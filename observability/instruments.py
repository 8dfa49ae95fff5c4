"""Counters and histograms for hot paths: plain integers, read by the collector when somebody scrapes.

prometheus-client's own take a lock and a label lookup, about 1 µs; `counter.n += 1` takes 0.03 µs and
`histogram.observe(microseconds)` 0.2 µs. They belong to the event loop's thread.
"""

import asyncio
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

LATENCY_BOUNDS_US: Final = (
    500, 1_000, 2_000, 3_000, 5_000, 7_500, 10_000, 15_000, 25_000, 50_000,
    100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
)  # fmt: skip
"""0.5 ms to 10 s."""

SIZE_BOUNDS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
"""Items of a batch."""

FRESH_S: Final = 0.25
_MICROSECONDS: Final = 1e-6


class HotCounter:
    """Only ever grows: `counter.n += 1`."""

    __slots__ = ("n",)

    def __init__(self) -> None:
        self.n = 0


class HotHistogram:
    """Counts by bucket; units are those of its bounds."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[int, ...] = LATENCY_BOUNDS_US) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0

    def observe(self, value: int) -> None:
        """Count one value, microseconds for latencies, items for sizes."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def cumulative(self, scale: float) -> list[tuple[str, float]]:
        """Return (upper bound, how many are not above it), the last one unbounded."""
        seen = 0
        buckets: list[tuple[str, float]] = []
        for bound, count in zip(self.bounds, self.counts, strict=False):
            seen += count
            buckets.append((f"{bound * scale:g}", seen))
        return [*buckets, ("+Inf", seen + self.counts[-1])]


class CounterFamily:
    """One metric name; a child for each combination of label values."""

    def __init__(self, name: str, help_text: str, labels: tuple[str, ...] = ()) -> None:
        self.name = name
        self.help = help_text
        self.labels = labels
        self._children: dict[tuple[str, ...], HotCounter] = {}
        self._watched: dict[tuple[str, ...], Callable[[], float]] = {}
        FAMILIES.append(self)

    def child(self, *values: str) -> HotCounter:
        """Return the counter of these label values; keep it, do not look it up on a hot path."""
        child = self._children.get(values)
        if child is None:
            _check_labels(self.name, self.labels, values)
            child = self._children[values] = HotCounter()
        return child

    def watch(self, read: Callable[[], float], *values: str) -> None:
        """Take the value from elsewhere at each scrape."""
        _check_labels(self.name, self.labels, values)
        self._watched[values] = read

    def collect(self) -> Metric:
        """Return the family as prometheus-client writes it."""
        family = CounterMetricFamily(self.name, self.help, labels=self.labels)
        # Copies of the whole table, made in one step each: the loop adds children while a thread writes this.
        for values, child in self._children.copy().items():
            family.add_metric(values, child.n)
        for values, read in list(self._watched.items()):
            family.add_metric(values, read())
        return family


class HistogramFamily:
    """One histogram name; latencies are observed in microseconds and exported in seconds."""

    def __init__(
        self,
        name: str,
        help_text: str,
        labels: tuple[str, ...] = (),
        *,
        bounds: tuple[int, ...] = LATENCY_BOUNDS_US,
    ) -> None:
        self.name = name
        self.help = help_text
        self.labels = labels
        self._bounds = bounds
        self._scale = _MICROSECONDS if name.endswith("_seconds") else 1
        self._children: dict[tuple[str, ...], HotHistogram] = {}
        FAMILIES.append(self)

    def child(self, *values: str) -> HotHistogram:
        """Return the histogram of these label values; keep it."""
        child = self._children.get(values)
        if child is None:
            _check_labels(self.name, self.labels, values)
            child = self._children[values] = HotHistogram(self._bounds)
        return child

    def collect(self) -> Metric:
        """Return the family as prometheus-client writes it."""
        family = HistogramMetricFamily(self.name, self.help, labels=self.labels)
        for values, child in self._children.copy().items():
            family.add_metric(values, child.cumulative(self._scale), child.total * self._scale)
        return family


class GaugeFamily:
    """One gauge name; values are read at each scrape."""

    def __init__(self, name: str, help_text: str, labels: tuple[str, ...] = ()) -> None:
        self.name = name
        self.help = help_text
        self.labels = labels
        self._watched: dict[tuple[str, ...], Callable[[], float]] = {}
        FAMILIES.append(self)

    def watch(self, read: Callable[[], float], *values: str) -> None:
        """Take the value from `read` at each scrape; the last reader of the same labels stands."""
        _check_labels(self.name, self.labels, values)
        self._watched[values] = read

    def set(self, value: float, *values: str) -> None:
        """Show this value until told otherwise; for what is measured now and then."""
        self.watch(lambda: value, *values)

    def collect(self) -> Metric:
        """Return the family as prometheus-client writes it."""
        family = GaugeMetricFamily(self.name, self.help, labels=self.labels)
        for values, read in list(self._watched.items()):
            family.add_metric(values, read())
        return family


FAMILIES: list[CounterFamily | HistogramFamily | GaugeFamily] = []


class HotCollector(Collector):
    """Gives prometheus-client what the families hold at this moment; families without values stay out."""

    def collect(self) -> Iterator[Metric]:
        """Yield every family that has a sample."""
        for family in FAMILIES:
            metric = family.collect()
            if metric.samples:
                yield metric


class Exposition:
    """What `/metrics` answers: written in a thread, one at a time, and once for all who ask within a moment.

    A process with hundreds of routes has tens of thousands of lines, and anybody may ask for them.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._writing = asyncio.Lock()
        self._written_at = 0.0
        self._text = b""

    async def text(self) -> bytes:
        """Return the text, at most `FRESH_S` old."""
        async with self._writing:
            if not self._text or time.monotonic() - self._written_at > FRESH_S:
                self._text = await asyncio.to_thread(exposition, self._registry)
                self._written_at = time.monotonic()
            return self._text


def exposition(registry: CollectorRegistry) -> bytes:
    """Return the text that `/metrics` answers."""
    return generate_latest(registry)


def _check_labels(name: str, labels: tuple[str, ...], values: tuple[str, ...]) -> None:
    if len(labels) != len(values):
        raise ValueError(f"{name} takes the labels {labels}")
