"""The smallest HTTP client that a health check needs: one GET on loopback, bounded in time and bytes."""

from __future__ import annotations

import asyncio

_ANSWER_BYTES_MAX = 1024 * 1024


async def http_get(port: int, path: str, *, timeout_s: float = 2.0) -> tuple[int, bytes] | None:
    """Return the status and the body from 127.0.0.1, or None when nobody answered HTTP in time."""
    try:
        async with asyncio.timeout(timeout_s):
            return await _exchange(port, path)
    except (OSError, TimeoutError, ValueError, IndexError):
        return None


async def _exchange(port: int, path: str) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=_ANSWER_BYTES_MAX)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        answer = b""
        while len(answer) < _ANSWER_BYTES_MAX and (chunk := await reader.read(65536)):
            answer += chunk
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(maxsplit=2)[1]), body
