"""`python -m deploy.sandbox.simulators.acquirer`: the host as a process, configured by its environment.

GUICHET_ACQUIRER_PORT, GUICHET_ACQUIRER_PORT_SECONDARY: links; GUICHET_CONTROL_PORT: control API;
GUICHET_HEALTH_PORT: the same, for probes; GUICHET_BOOK_DIR: the book; GUICHET_ACQUIRER_DELAY_MS: delay before every answer (0); GUICHET_ACQUIRER_LATE_MS: wait of late replies.
"""

import asyncio
import gc
import logging
import os
import signal
import sys

import uvloop

from deploy.sandbox.simulators.acquirer.control import Control
from deploy.sandbox.simulators.acquirer.links import Acquirer, HostSide
from deploy.sandbox.simulators.book import Book, BookDamaged, BookTaken
from deploy.sandbox.simulators.script import LATE_MS, Overrides
from observability.small_http import serve

EX_CONFIG = 78
HOST = "127.0.0.1"


async def run(environment: dict[str, str]) -> None:
    """Serve until SIGTERM or SIGINT. Raises: KeyError, ValueError, OSError, BookTaken, BookDamaged."""
    ports = [int(environment["GUICHET_ACQUIRER_PORT"])]
    if environment.get("GUICHET_ACQUIRER_PORT_SECONDARY"):
        ports.append(int(environment["GUICHET_ACQUIRER_PORT_SECONDARY"]))
    overrides = Overrides(
        delay_ms=int(environment.get("GUICHET_ACQUIRER_DELAY_MS") or 0),
        late_ms=int(environment.get("GUICHET_ACQUIRER_LATE_MS") or LATE_MS),
    )
    book = Book(environment["GUICHET_BOOK_DIR"])
    try:
        acquirer = Acquirer(book)
        acquirer.apply(overrides)
        control = Control(acquirer)
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        servers = [await loop.create_server(lambda: HostSide(acquirer), HOST, port) for port in ports]
        # Health has a port of its own, which answers the same: who may probe it need not reach the control port.
        wanted = (environment.get(name) for name in ("GUICHET_CONTROL_PORT", "GUICHET_HEALTH_PORT"))
        servers += [await serve(control, host=HOST, port=int(port)) for port in wanted if port]
        control.ready = True
        # The book only grows: looking through all of it for cycles again and again would cost more than the answers.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 1_000)
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
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        uvloop.run(run(dict(os.environ)))
    except KeyError as error:
        sys.stderr.write(f"acquirer: {error.args[0]} is not set\n")
        return EX_CONFIG
    except (ValueError, OSError, BookTaken, BookDamaged) as error:
        sys.stderr.write(f"acquirer: {error}\n")
        return EX_CONFIG
    return 0


if __name__ == "__main__":
    sys.exit(main())
