"""Ending background tasks."""

import asyncio

CANCEL_AGAIN_S = 0.5


async def end_task(task: asyncio.Task[None]) -> None:
    """Cancel a task until it has ended.

    Once is not enough: `asyncio.wait_for` of Python 3.11, which the NATS client uses, returns its result instead
    of the cancellation when both come together, and a loop that goes on then never ends.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_AGAIN_S)
    if not task.cancelled():
        task.exception()  # Read, so that asyncio does not complain of an error nobody looked at.
