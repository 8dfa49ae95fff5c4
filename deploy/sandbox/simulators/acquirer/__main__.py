"""`python -m deploy.sandbox.simulators.acquirer`: the host as a process, configured by its environment.

GUICHET_ACQUIRER_PORT, GUICHET_ACQUIRER_PORT_SECONDARY: links; GUICHET_CONTROL_PORT: control API;
GUICHET_HEALTH_PORT: the same, for probes; GUICHET_BOOK_DIR: the book; GUICHET_ACQUIRER_DELAY_MS: delay before every answer (0); GUICHET_ACQUIRER_LATE_MS: wait of late replies.
"""

import asyncio
import logging
import sys

from deploy.sandbox.process import HOST, required_port, run_in_sandbox
from deploy.sandbox.simulators.acquirer.control import Control
from deploy.sandbox.simulators.acquirer.links import Acquirer, HostSide
from deploy.sandbox.simulators.book import Book, BookDamaged, BookTaken
from deploy.sandbox.simulators.script import LATE_MS, Overrides
from observability.process import keep_what_stands, required, stop_asked
from observability.small_http import serve


async def run(environment: dict[str, str]) -> None:
    """Serve until SIGTERM or SIGINT. Raises: SettingRefused, ValueError, OSError, BookTaken, BookDamaged."""
    ports = [required_port(environment, "GUICHET_ACQUIRER_PORT")]
    if environment.get("GUICHET_ACQUIRER_PORT_SECONDARY"):
        ports.append(int(environment["GUICHET_ACQUIRER_PORT_SECONDARY"]))
    overrides = Overrides(
        delay_ms=int(environment.get("GUICHET_ACQUIRER_DELAY_MS") or 0),
        late_ms=int(environment.get("GUICHET_ACQUIRER_LATE_MS") or LATE_MS),
    )
    book = Book(required(environment, "GUICHET_BOOK_DIR"))
    try:
        acquirer = Acquirer(book)
        acquirer.apply(overrides)
        control = Control(acquirer)
        loop = asyncio.get_running_loop()
        stop = stop_asked()
        servers = [await loop.create_server(lambda: HostSide(acquirer), HOST, port) for port in ports]
        # Health has a port of its own, which answers the same: who may probe it need not reach the control port.
        wanted = (environment.get(name) for name in ("GUICHET_CONTROL_PORT", "GUICHET_HEALTH_PORT"))
        servers += [await serve(control, host=HOST, port=int(port)) for port in wanted if port]
        control.ready = True
        # The book only grows: looking through all of it for cycles again and again would cost more than the answers.
        keep_what_stands()
        logging.getLogger("guichet.acquirer").info("ready with %d references", len(book))
        await stop.wait()
        for server in servers:
            server.close()
        for link in list(acquirer.links):
            link.close()
    finally:
        book.close()


def main() -> int:
    """Run the host; configuration mistakes are one line and an exit code."""
    return run_in_sandbox("acquirer", run, BookTaken, BookDamaged)


if __name__ == "__main__":
    sys.exit(main())
