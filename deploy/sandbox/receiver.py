"""A merchant's system for development: takes webhooks, checks who signed them, shows what it received.

Environment: GUICHET_HEALTH_PORT (the hook, the page and the health), GUICHET_WEBHOOK_RECEIVER_KEY (file of the secret that
the demonstration gave its endpoint), GUICHET_RECEIVER_DIR. `POST /hooks` takes a message; `POST /hooks/fails` refuses each,
to see retries. A message that comes again under its `webhook-id` is counted, not kept twice, as a careful system would.

It checks signatures by itself, from the text of Standard Webhooks, so that a mistake of core would not be its own.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any, Final

from deploy.sandbox.process import HOST, required_port, run_in_sandbox
from observability.process import required, stop_asked
from observability.small_http import Request, Response, problem, serve

MESSAGES_KEPT_MAX: Final = 500
TOLERANCE_S: Final = 300
_HTML: Final = "text/html; charset=utf-8"


class SignatureWrong(ValueError):
    """A message that nobody who has the secret has signed, or that is too old; the text says which."""


def check_signature(secret: bytes, headers: Mapping[str, str], body: bytes, *, now: float) -> str:
    """Return the identifier of a message that the holder of the secret has signed just now. Raises: SignatureWrong."""
    message_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not sent_at.isdecimal():
        raise SignatureWrong("webhook-id or webhook-timestamp is missing")
    if abs(now - int(sent_at)) > TOLERANCE_S:
        raise SignatureWrong("webhook-timestamp is too far from this clock")
    wanted = hmac.digest(secret, f"{message_id}.{sent_at}.".encode() + body, hashlib.sha256)
    for each in headers.get("webhook-signature", "").split():
        version, _, text = each.partition(",")
        with contextlib.suppress(binascii.Error, ValueError):
            if version == "v1" and hmac.compare_digest(base64.b64decode(text, validate=True), wanted):
                return message_id
    raise SignatureWrong("no signature fits")


class Receiver:
    """The folder of messages: written by the hook, read by the page."""

    def __init__(
        self, folder: Path, read_secret: Callable[[], bytes], now: Callable[[], float] = time.time
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._read_secret = read_secret
        self._now = now

    def answer(self, request: Request) -> Response:
        """Serve the health, the hook, one that refuses, and what was received, as a page and as JSON."""
        if request.path.startswith("/health/"):
            return Response(200, {"status": "ready"})
        match request.method, request.path:
            case "POST", "/hooks":
                return self._take(request)
            case "POST", "/hooks/fails":
                return problem(503, "on_purpose", "This address refuses every message.")
            case "GET", "/":
                return Response(200, self._list(), _HTML)
            case "GET", "/received.json":
                return Response(200, self.received())
        return problem(404, "not_found", "There is no such page.")

    def _take(self, request: Request) -> Response:
        try:
            message_id = check_signature(self._read_secret(), request.headers, request.body, now=self._now())
            told = json.loads(request.body)
        except OSError:
            return problem(503, "no_secret", "The secret is not there yet.")
        except SignatureWrong as wrong:
            return problem(401, "signature_wrong", str(wrong))
        except ValueError:
            return problem(400, "not_json", "The body is no JSON.")
        path = self._folder / f"{hashlib.sha256(message_id.encode()).hexdigest()[:20]}.json"
        times = json.loads(path.read_text())["times"] + 1 if path.exists() else 1
        first = not path.exists()
        kept = {"id": message_id, "times": times, "received_at": self._now(), "message": told}
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(kept))
        fresh.rename(path)
        for old in self._newest_first()[MESSAGES_KEPT_MAX:]:
            old.unlink(missing_ok=True)
        return Response(200, {"known_already": not first})

    def _newest_first(self) -> list[Path]:
        return sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True)

    def received(self) -> list[dict[str, Any]]:
        """Return what was taken, the newest first."""
        return [json.loads(path.read_text()) for path in self._newest_first()]

    def _list(self) -> bytes:
        rows = "".join(
            f"<tr><td>{datetime.fromtimestamp(each['received_at'], UTC):%Y-%m-%d %H:%M:%S} UTC</td>"
            f"<td>{escape(str(each['message'].get('type', '')))}</td><td>{each['times']}</td>"
            f"<td><code>{escape(each['id'])}</code></td>"
            f"<td><pre>{escape(json.dumps(each['message'].get('data'), indent=1, ensure_ascii=False))}</pre></td></tr>"
            for each in self.received()
        )
        head = "<tr><th>Received</th><th>Event</th><th>Times</th><th>webhook-id</th><th>Data</th></tr>"
        body = f"<table>{head}{rows}</table>" if rows else "<p>No message yet.</p>"
        return (
            "<!doctype html><html lang=en><meta charset=utf-8><title>Webhooks received</title>"
            "<style>body{font:15px/1.5 system-ui;margin:2rem}td,th{text-align:left;padding:4px 16px 4px 0;"
            "vertical-align:top}pre{white-space:pre-wrap;margin:0}</style>"
            f"<h1>Webhooks received</h1><p>Each signature was checked.</p>{body}"
        ).encode()


async def run(environment: dict[str, str]) -> None:
    """Listen until SIGTERM or SIGINT. Raises: SettingRefused, OSError."""
    key_file = Path(required(environment, "GUICHET_WEBHOOK_RECEIVER_KEY"))
    receiver = Receiver(Path(required(environment, "GUICHET_RECEIVER_DIR")), key_file.read_bytes)
    stop = stop_asked()
    server = await serve(receiver.answer, host=HOST, port=required_port(environment, "GUICHET_HEALTH_PORT"))
    await stop.wait()
    server.close()


def main() -> int:
    """Run the receiver; configuration mistakes are one line and an exit code."""
    return run_in_sandbox("receiver", run)


if __name__ == "__main__":
    raise SystemExit(main())
