"""One GET on loopback: what a health check and a reader of metrics need."""

from __future__ import annotations

import asyncio
import ssl
from typing import Final

import httpx

# Never used, since nothing here speaks TLS; without it each client reads the machine's authorities anew.
_NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def http_get(port: int, path: str, *, timeout_s: float = 2.0) -> httpx.Response | None:
    """Return the answer of 127.0.0.1, or None when nobody answered HTTP in time."""
    try:
        async with asyncio.timeout(timeout_s), httpx.AsyncClient(verify=_NO_TLS, trust_env=False) as client:
            return await client.get(f"http://127.0.0.1:{port}{path}")
    except (httpx.HTTPError, TimeoutError):
        return None
