"""A mailbox for development: takes every mail by SMTP, keeps it as a file, shows it on a plain page.

Environment: GUICHET_SMTP_PORT, GUICHET_HEALTH_PORT (the page and the health), GUICHET_MAILBOX_DIR. Nothing leaves
this machine. A message that comes again under its Message-ID is kept once, as a careful mailbox would.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import hashlib
from email.message import EmailMessage
from html import escape
from pathlib import Path
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from deploy.sandbox.process import HOST, required_port, run_in_sandbox
from observability.process import required, stop_asked
from observability.small_http import Request, Response, serve

MESSAGE_BYTES_MAX: Final = 1024 * 1024
MESSAGES_KEPT_MAX: Final = 500
SILENCE_S_MAX: Final = 60.0
_HTML: Final = "text/html; charset=utf-8"


class Mailbox:
    """The folder of messages: written by SMTP, read by the page."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls.
        self, _server: SMTP, _session: SmtpSession, envelope: Envelope
    ) -> str:
        """Keep a message and say so only once it is on disk."""
        content = envelope.content
        if not isinstance(content, bytes):
            return "554 5.6.0 the message cannot be read"
        message_id = str(_parse(content).get("Message-ID", "")).strip()
        name = hashlib.sha256(message_id.encode() or content).hexdigest()[:20]
        path = self._folder / f"{name}.eml"
        if not path.exists():
            fresh = path.with_suffix(".new")
            fresh.write_bytes(content)
            fresh.rename(path)
            for old in self._newest_first()[MESSAGES_KEPT_MAX:]:
                old.unlink(missing_ok=True)
        return "250 2.0.0 kept"

    def answer(self, request: Request) -> Response:
        """Serve the health, the list and each message."""
        if request.path.startswith("/health/"):
            return Response(200, {"status": "ready"})
        if request.path == "/":
            return Response(200, self._list(), _HTML)
        path = self._folder / f"{request.path.removeprefix('/')}.eml"
        # Only a name that the list holds is opened: a path cannot climb out of the folder.
        if path not in self._newest_first():
            return Response(404, _page("Mailbox", "<p>There is no such message.</p>"), _HTML)
        return Response(200, _message(_parse(path.read_bytes())), _HTML)

    def _newest_first(self) -> list[Path]:
        return sorted(self._folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)

    def _list(self) -> bytes:
        rows = ""
        for path in self._newest_first():
            message = _parse(path.read_bytes())
            rows += (
                f"<tr><td>{escape(str(message.get('Date', '')))}</td><td>{escape(str(message.get('To', '')))}</td>"
                f'<td><a href="/{path.stem}">{escape(str(message.get("Subject", "")))}</a></td></tr>'
            )
        table = f"<table><tr><th>Date</th><th>To</th><th>Subject</th></tr>{rows}</table>"
        return _page("Mailbox", table if rows else "<p>No mail yet.</p>")


def _parse(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _message(message: EmailMessage) -> bytes:
    heads = "".join(
        f"<tr><th>{name}</th><td>{escape(str(message.get(name, '')))}</td></tr>"
        for name in ("Date", "From", "To", "Subject", "Message-ID")
    )
    part = message.get_body(preferencelist=("plain", "html"))
    text = str(part.get_content()) if part is not None else ""
    return _page(
        str(message.get("Subject", "")),
        f'<p><a href="/">All messages</a></p><table>{heads}</table><pre>{escape(text)}</pre>',
    )


def _page(title: str, body: str) -> bytes:
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        "<style>body{font:15px/1.5 system-ui;margin:2rem;max-width:60rem}td,th{text-align:left;padding:4px 16px 4px 0;"
        "vertical-align:top}pre{white-space:pre-wrap}</style>"
        f"<h1>{escape(title)}</h1>{body}"
    ).encode()


async def run(environment: dict[str, str]) -> None:
    """Listen on both ports until SIGTERM or SIGINT. Raises: SettingRefused, OSError."""
    smtp_port, page_port = (
        required_port(environment, name) for name in ("GUICHET_SMTP_PORT", "GUICHET_HEALTH_PORT")
    )
    mailbox = Mailbox(Path(required(environment, "GUICHET_MAILBOX_DIR")))
    loop = asyncio.get_running_loop()
    stop = stop_asked()

    def session() -> SMTP:
        return SMTP(
            mailbox,
            data_size_limit=MESSAGE_BYTES_MAX,
            enable_SMTPUTF8=True,
            timeout=SILENCE_S_MAX,
            ident="Guichet mailbox",
            hostname="localhost",
            loop=loop,
        )

    smtp = await loop.create_server(session, HOST, smtp_port)
    page = await serve(mailbox.answer, host=HOST, port=page_port)
    await stop.wait()
    for server in (smtp, page):
        server.close()


def main() -> int:
    """Run the mailbox; configuration mistakes are one line and an exit code."""
    return run_in_sandbox("mailbox", run)


if __name__ == "__main__":
    raise SystemExit(main())
