"""The bench's listener reads the feed as the gateway writes it, however the network cuts it."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from perf.bench.listeners import Lags, Listener

HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


def event(number: int, *, age_ms: int) -> bytes:
    decided = datetime.now(UTC) - timedelta(milliseconds=age_ms)
    stamp = f"{decided:%Y-%m-%dT%H:%M:%S}.{decided.microsecond // 1000:03d}Z"
    return b'id: 7-%d\nevent: transaction\ndata: {"decided_at":"%b"}\n\n' % (number, stamp.encode())


def chunk(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(body), body)


async def test_events_are_counted_whatever_the_pieces() -> None:
    stream = HEAD + chunk(b"retry: 2000\n\n") + chunk(b"id: 7-0\n\n")
    stream += (
        chunk(event(1, age_ms=5) + event(2, age_ms=5)) + chunk(b": heartbeat\n\n") + chunk(event(3, age_ms=5))
    )
    for step in (1, 7, 50, len(stream)):
        lags = Lags()
        lags.counting = True
        listener = Listener("token", "fr", lags)
        for at in range(0, len(stream), step):
            listener.data_received(stream[at : at + step])
        assert (listener.events, lags.seen, listener.broken) == (3, 3, "")
        assert listener.ready.done()


async def test_lag_runs_from_the_decision_to_now() -> None:
    lags = Lags()
    lags.counting = True
    lags.take(b"".join(event(number, age_ms=40) for number in range(99)) + event(99, age_ms=2_000))
    assert 39 <= lags.percentile_ms(0.5) <= 500
    assert 1_999 <= lags.percentile_ms(1.0) <= 3_000


async def test_a_listener_that_is_refused_or_closed_on_says_why() -> None:
    refused = Listener("token", "fr", Lags())
    refused.data_received(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n")
    with pytest.raises(ConnectionError, match="401"):
        await refused.ready
    lost = Listener("token", "fr", Lags())
    lost.data_received(HEAD + chunk(b"id: 7-0\n\n") + chunk(b"event: lost\ndata: {}\n\n"))
    assert lost.broken == "event: lost"


async def test_reading_an_event_is_cheap() -> None:
    lags = Lags()
    lags.counting = True
    frames = b"".join(event(number, age_ms=40) for number in range(20))
    began = time.process_time()
    for _ in range(500):
        lags.take(frames)
    # A tenth of a second for 10,000 events would already be a core for 100,000 a second.
    assert time.process_time() - began < 0.1
