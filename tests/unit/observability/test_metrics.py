"""Hot counters come out as Prometheus reads them."""

import asyncio

import pytest

from observability.health import HealthPages
from observability.instruments import CounterFamily, HistogramFamily, exposition
from observability.metrics import EDGE_FRAMES, EDGE_PENDING, EDGE_SECONDS, make_registry


def test_counters_gauges_and_histograms_are_exported_in_base_units() -> None:
    EDGE_FRAMES.child("in").n += 3
    EDGE_PENDING.watch(lambda: 7)
    histogram = EDGE_SECONDS.child("measured")
    histogram.observe(500)
    histogram.observe(1_200)
    histogram.observe(99_000_000)
    text = exposition(make_registry()).decode()
    assert 'guichet_edge_frames_total{direction="in"} ' in text
    assert "guichet_edge_pending 7.0" in text
    assert 'guichet_edge_seconds_bucket{kind="measured",le="0.0005"} 1.0' in text
    assert 'guichet_edge_seconds_bucket{kind="measured",le="0.002"} 2.0' in text
    assert 'guichet_edge_seconds_bucket{kind="measured",le="+Inf"} 3.0' in text
    assert 'guichet_edge_seconds_sum{kind="measured"} 99.0017' in text
    assert "process_resident_memory_bytes" in text


@pytest.mark.parametrize("family", [EDGE_FRAMES, EDGE_SECONDS])
def test_a_child_needs_every_label(family: CounterFamily | HistogramFamily) -> None:
    with pytest.raises(ValueError, match="labels"):
        family.child("a", "b", "c")


async def ask(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    return answer


async def test_health_pages_say_what_is_missing() -> None:
    checks = {"bus": True, "host": False}
    pages = await HealthPages.start(port=0, ready=lambda: checks)
    try:
        live = await ask(pages.port, b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
        assert live.startswith(b"HTTP/1.1 200 ")
        ready = await ask(pages.port, b"GET /health/ready HTTP/1.1\r\n\r\n")
        assert ready.startswith(b"HTTP/1.1 503 ")
        assert b'"host":false' in ready
        checks["host"] = True
        assert (await ask(pages.port, b"GET /health/ready HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        assert b"guichet_" in await ask(pages.port, b"GET /metrics HTTP/1.1\r\n\r\n")
        assert (await ask(pages.port, b"GET /other HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 404 ")
        assert (await ask(pages.port, b"POST /metrics HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 405 ")
        assert (await ask(pages.port, b"junk\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
        assert await ask(pages.port, b"GET /" + b"a" * 5000) == b""
    finally:
        await pages.close()
