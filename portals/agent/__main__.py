"""Run the agents' portal: `python -m portals.agent`."""

from __future__ import annotations

import os

from portals.agent.app import FACE, PAGE_HANDLERS
from portals.kit.process import run

PORT = 8080

if __name__ == "__main__":
    raise SystemExit(run(os.environ, FACE, PAGE_HANDLERS, port=PORT))
