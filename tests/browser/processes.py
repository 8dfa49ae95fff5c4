"""Start and stop the processes that a browser test needs, on free ports."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.support.plain_http import NO_AUTHORITIES

CHROMIUM_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
)
"""The headless shell first: it opens a window in a quarter of the time."""
START_S = 30.0
STOP_S = 10.0
_ROOT = Path(__file__).resolve().parents[2]


def find_chromium() -> str | None:
    """Return a Chromium: the one named by GUICHET_CHROMIUM, else the system's."""
    named = os.environ.get("GUICHET_CHROMIUM")
    if named:
        return named if os.access(named, os.X_OK) else None
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@asynccontextmanager
async def running_module(
    arguments: list[str], *, ready_url: str, environment: Mapping[str, str] | None = None
) -> AsyncIterator[None]:
    """Run `python -m …` until the end of the block; it has answered at `ready_url` when the block begins."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, cwd=_ROOT, env={**os.environ, **(environment or {})}
    )
    try:
        await _wait_until_ready(ready_url, process)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _wait_until_ready(url: str, process: asyncio.subprocess.Process) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=NO_AUTHORITIES) as client:
        for _ in range(int(START_S / 0.1)):
            if process.returncode is not None:
                raise RuntimeError(f"the process ended with code {process.returncode} before it was ready")
            try:
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.1)
    raise TimeoutError(f"{url} did not answer within {START_S} s")
