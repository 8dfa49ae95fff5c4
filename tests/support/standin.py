"""A stand-in process for tests of the supervisor: a health page, and the misbehaviour its environment asks for.

STANDIN_EXIT_AFTER_S ends it with status 7 so many seconds after it began; STANDIN_DEAF ignores SIGTERM.
"""

from __future__ import annotations

import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Health(BaseHTTPRequestHandler):
    """Answers 200 to everything."""

    def do_GET(self) -> None:
        """Say that all is well."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent names it so.
        """Keep the log for what matters."""


def main() -> None:
    """Serve until told to stop."""
    if os.environ.get("STANDIN_DEAF"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if after_s := os.environ.get("STANDIN_EXIT_AFTER_S"):
        threading.Timer(float(after_s), os._exit, [7]).start()
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["GUICHET_HEALTH_PORT"])), Health).serve_forever()


if __name__ == "__main__":
    main()
