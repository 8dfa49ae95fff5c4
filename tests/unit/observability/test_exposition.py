"""Whoever asks for the metrics does not hold up the process that shows them."""

from __future__ import annotations

import asyncio
import threading

import pytest
from prometheus_client import CollectorRegistry

from observability import instruments
from observability.health import HealthPages
from observability.instruments import CounterFamily, Exposition
from observability.metrics import make_registry


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """In which threads the text was written."""
    written_in: list[int] = []
    plain = instruments.exposition

    def noting(registry: CollectorRegistry) -> bytes:
        written_in.append(threading.get_ident())
        return plain(registry)

    monkeypatch.setattr(instruments, "exposition", noting)
    return written_in


async def test_fifty_who_ask_at_once_are_one_writing_in_a_thread(threads: list[int]) -> None:
    shown = Exposition(make_registry())
    texts = await asyncio.gather(*(shown.text() for _ in range(50)))
    assert len(set(texts)) == 1
    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


async def test_the_text_is_soon_a_new_one(threads: list[int]) -> None:
    family = CounterFamily("test_soon", "A counter of a test")
    shown = Exposition(make_registry())
    family.child().n = 1
    assert b"test_soon_total 1.0" in await shown.text()
    family.child().n = 2
    await asyncio.sleep(instruments.FRESH_S * 1.5)
    assert b"test_soon_total 2.0" in await shown.text()


async def test_the_health_pages_write_it_in_a_thread_as_well(threads: list[int]) -> None:
    pages = await HealthPages.start(port=0, ready=lambda: {"bus": True})
    try:
        for path, expected in (
            (b"/metrics", b"python_gc_"),
            (b"/health/live", b"live"),
            (b"/none", b"not_found"),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", pages.port)
            writer.write(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path)
            assert expected in await asyncio.wait_for(reader.read(), 5)
            writer.close()
    finally:
        await pages.close()
    assert threads
    assert threading.get_ident() not in threads


async def test_children_that_come_meanwhile_do_no_harm() -> None:
    family = CounterFamily("test_meanwhile", "A counter of a test", ("n",))
    shown = Exposition(make_registry())
    writing = asyncio.create_task(shown.text())
    for n in range(3_000):
        family.child(str(n)).n += 1
        if n % 100 == 0:
            await asyncio.sleep(0)
    assert b"python_gc_" in await writing
