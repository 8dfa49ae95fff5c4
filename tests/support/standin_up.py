"""`guichet up` on stand-in processes: the real command line around a table of stand-ins, for its tests.

Arguments: the data directory, the first port, then `json` or `text`.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from deploy.cli.common import Common
from deploy.cli.up import serve, tell
from deploy.local.stack import LocalStack
from tests.support.standins import STANDINS


def main() -> int:
    """Serve until told to stop."""
    data, ports_from, form = sys.argv[1:]
    common = Common(data=Path(data), as_json=form == "json", lang="en")
    stack = LocalStack(
        Path(data),
        ports_from=int(ports_from),
        table=STANDINS,
        processes={"portal", "edge"},
        seed_module=None,
        on_event=lambda event: tell(common, event),
    )
    return asyncio.run(serve(stack, common))


if __name__ == "__main__":
    sys.exit(main())
