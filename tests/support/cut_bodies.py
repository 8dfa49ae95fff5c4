"""Requests whose body ends before its end, sent as bytes."""

import asyncio


async def answered_to_cut(address: tuple[str, int], raw: bytes, *, closes: bool) -> int | None:
    """Send a request, close our side of the connection where asked, and return the status, None without an answer."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(raw)
        await writer.drain()
        if closes:
            writer.write_eof()
        line = await asyncio.wait_for(reader.readline(), 15)
        return int(line.split(b" ")[1]) if line else None
    except ConnectionResetError:
        return None
    finally:
        writer.close()
