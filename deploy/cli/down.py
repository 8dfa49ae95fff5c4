"""`guichet down`: stop a running copy by asking its supervisor, known by its pid and its start."""

from __future__ import annotations

import signal

from cyclopts import App

from deploy.cli.common import COMMON, Common
from deploy.local import proc
from deploy.local.errors import NotRunning, SlowStop
from deploy.local.leftovers import end_orphans

app = App(name="guichet down", help="Stop a running copy; its data stays.")

_TIMEOUT_S = 60


@app.default
async def down(*, common: Common = COMMON) -> int:
    """Stop a running copy; its data stays. Exit 5 when nothing runs."""
    try:
        supervisor = common.running().supervisor
    except NotRunning:
        # Its supervisor may be gone while what it started lives on.
        if not await end_orphans(common.data):
            raise
    else:
        proc.send(supervisor.pid, signal.SIGTERM)
        if not await proc.wait_gone(supervisor.pid, supervisor.ticks, timeout_s=_TIMEOUT_S):
            raise SlowStop(pid=supervisor.pid, seconds=_TIMEOUT_S)
    if common.as_json:
        common.print_json({"stopped": True, "data": common.data})
    else:
        common.print_line(common.say("down.done", data=common.data))
    return 0
