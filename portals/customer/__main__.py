"""Run the customers' space: `python -m portals.customer`."""

from __future__ import annotations

import os

from portals.customer.app import FACE, PAGE_HANDLERS
from portals.kit.process import run

PORT = 8090

if __name__ == "__main__":
    raise SystemExit(run(os.environ, FACE, PAGE_HANDLERS, port=PORT))
