"""`guichet code`: the six digits of a demonstration agent's second factor."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import App, Parameter

from deploy.cli.common import COMMON, Common
from deploy.local.errors import LocalError
from deploy.sandbox.demonstration.access import demonstration_code

app = App(name="guichet code", help="Show the code of a demonstration agent's second factor.")

_STEP_S = 30


@app.default
def code(
    *,
    agent: Annotated[str, Parameter(help="E-mail of the agent.")] = "hotline@guichet.example",
    common: Common = COMMON,
) -> int:
    """Print the six digits that log this agent in now. A code works once; the next one comes after 30 seconds."""
    file = common.data / "secrets" / "demo-password"
    try:
        password = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise LocalError("no-demonstration", data=common.data) from error
    digits = demonstration_code(password, agent.strip().lower(), at=datetime.now(UTC))
    left_s = _STEP_S - int(time.time()) % _STEP_S
    if common.as_json:
        common.print_json({"agent": agent, "code": digits, "seconds_left": left_s})
    else:
        common.print_line(common.say("code.line", code=digits, seconds=left_s))
    return 0
