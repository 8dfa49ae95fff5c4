"""The streams that browsers hold open, so that they can be ended when the portal stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator


class OpenStreams:
    """Passes streams on until they end by themselves or all are closed."""

    def __init__(self) -> None:
        self._closing = asyncio.Event()

    def close(self) -> None:
        """End every stream, and those that begin later at once."""
        self._closing.set()

    async def until_closed(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield from `chunks` until it ends or the portal stops; one chunk is read at a time."""
        closing = asyncio.ensure_future(self._closing.wait())
        reading: asyncio.Future[bytes] | None = None
        try:
            while True:
                reading = asyncio.ensure_future(anext(chunks))
                await asyncio.wait({reading, closing}, return_when=asyncio.FIRST_COMPLETED)
                if not reading.done():
                    return
                try:
                    chunk = reading.result()
                except StopAsyncIteration:
                    return
                yield chunk
        finally:
            closing.cancel()
            if reading is not None and not reading.done():
                reading.cancel()
                # The reader must have let go of the connection before it is closed.
                await asyncio.wait({reading})
