"""The round that sends what waits, over SMTP."""

import asyncio
import contextlib
import ssl
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, formataddr, parseaddr
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import aiosmtplib
import asyncpg
import structlog

from core.notifications.brands.store import face_of
from core.notifications.errors import TemplateUnknown
from core.notifications.mail import store
from core.notifications.mail.model import Face, Leased, Rendered, Template
from core.notifications.mail.rules import absolute, masked, render, wait_after
from core.notifications.mail.wording import layout, template_for
from core.runtime.manifest import ContactLines
from core.values.clock import Clock
from core.values.ids import encode_id

TIMEOUT_S: Final = 20.0
LEASED_MAX: Final = int(store.LEASE.total_seconds() / TIMEOUT_S) - 1
"""As many as a server that hangs at each lets this worker try before its lease ends and another one sends them too."""

_GOODBYE_S: Final = 2.0

BATCHES_MAX: Final = 40
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_REFUSED_FOR_GOOD: Final = 500

_log = structlog.get_logger("core.mail")


class SmtpMalformed(ValueError):
    """The address of the mail server cannot be used; the message says how it looks."""


class MailUnwritable(ValueError):
    """The parts of a mail make no message: its recipient is no address."""


class Smtp(NamedTuple):
    """A mail server. Only a server on this very machine is spoken to without TLS."""

    host: str
    port: int
    tls_first: bool
    user: str
    password: str
    sender: str

    def __repr__(self) -> str:
        return f"Smtp(host={self.host!r}, port={self.port})"

    @classmethod
    def parse(cls, address: str, *, user: str = "", password: str = "", sender: str) -> "Smtp":
        """Return the server of `host:port`, `smtp://host:port` or `smtps://host:port`. Raises: SmtpMalformed."""
        parts = urlsplit(address if "://" in address else f"smtp://{address}")
        try:
            port = parts.port
        except ValueError as error:
            raise SmtpMalformed("the port is no number") from error
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or "@" not in sender:
            raise SmtpMalformed("expected smtp://host:port or smtps://host:port, and a sender with an @")
        default = 465 if parts.scheme == "smtps" else 587
        return cls(parts.hostname, port or default, parts.scheme == "smtps", user, password, sender)


class MailRound:
    """One look at the queue: lease, send each, write what became of it."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        smtp: Smtp,
        *,
        portal_url: str,
        space_url: str,
        contact_lines: ContactLines | None = None,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._smtp = smtp
        self._portal_url = portal_url.rstrip("/")
        self._space_url = space_url.rstrip("/")
        self._contact_lines = contact_lines

    async def round(self) -> int:
        """Send what is due and return how many left."""
        sent = 0
        for _ in range(BATCHES_MAX):
            leased = await store.lease(self._pool, self._clock.now(), limit=LEASED_MAX)
            for mail in leased:
                sent += await self._deliver(mail)
            if len(leased) < LEASED_MAX:
                break
        return sent

    async def _deliver(self, mail: Leased) -> bool:
        try:
            template = template_for(mail.template, mail.facts)
            own_url = self._space_url if template.to_customers else self._portal_url
            face = await face_of(self._pool, mail.account_id, mail.locale, otherwise_url=own_url)
            facts = mail.facts | absolute(mail.facts, own_url)
            ways = await self._ways_of(template, mail.locale)
            words = render(template, layout(), locale=mail.locale, facts=facts, face=face, ways=ways)
            await self._send(mail.recipient, self._written(mail, words, face))
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            await self._note_failure(mail, error)
            return False
        await store.note_sent(self._pool, mail.id, self._clock.now(), secrets=template.secret)
        return True

    async def _ways_of(self, template: Template, locale: str) -> list[str]:
        if self._contact_lines is None or not template.to_customers:
            return []
        return await self._contact_lines(
            self._pool, self._clock.now(), locale, about_debt=template.about_debt
        )

    def _written(self, mail: Leased, words: Rendered, face: Face) -> EmailMessage:
        """Return a mail that can be written to the wire. Raises: MailUnwritable."""
        if parseaddr(mail.recipient)[1] != mail.recipient:
            # Whoever reads it as a header would send it to somebody else.
            raise MailUnwritable("recipient")
        try:
            message = self._message(mail, words, face)
            message.as_bytes(policy=SMTP_POLICY)
        except Exception as error:
            # The parser of addresses fails at malformed ones with whatever it stumbles over, AttributeError included.
            # One such mail must not hold up those behind it.
            raise MailUnwritable(type(error).__name__) from error
        return message

    def _message(self, mail: Leased, words: Rendered, face: Face) -> EmailMessage:
        message = EmailMessage()
        domain = self._smtp.sender.rpartition("@")[2]
        message["From"] = formataddr((" ".join(face.name.split()), self._smtp.sender))
        message["To"] = mail.recipient
        message["Subject"] = words.subject
        message["Date"] = format_datetime(self._clock.now())
        # The same at every try: a mailbox that got the first knows the second.
        message["Message-ID"] = f"<{encode_id('mail', mail.id)}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["Content-Language"] = mail.locale
        message.set_content(words.text)
        message.add_alternative(words.html, subtype="html")
        return message

    async def _send(self, recipient: str, message: EmailMessage) -> None:
        local = self._smtp.host in _LOOPBACK
        client = aiosmtplib.SMTP(
            hostname=self._smtp.host,
            port=self._smtp.port,
            username=self._smtp.user or None,
            password=self._smtp.password or None,
            use_tls=self._smtp.tls_first,
            start_tls=None if self._smtp.tls_first else not local,
            tls_context=None if local else ssl.create_default_context(),
            timeout=TIMEOUT_S,
        )
        try:
            # The client's own timeout begins anew at each of a dozen answers; the lease counts the whole mail.
            async with asyncio.timeout(TIMEOUT_S):
                await client.connect()
                await client.send_message(message, sender=self._smtp.sender, recipients=[recipient])
            # The server has the mail: however the goodbye goes, it is not sent again.
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=_GOODBYE_S)
        finally:
            client.close()

    async def _note_failure(self, mail: Leased, error: Exception) -> None:
        wait = None if _is_final(error) else wait_after(mail.tries)
        due_at = None if wait is None else self._clock.now() + wait
        # Servers like to repeat the address; the journal shows people masked.
        said = f"{type(error).__name__}: {_said_by(error)}".replace(mail.recipient, masked(mail.recipient))
        await store.note_not_sent(self._pool, mail.id, due_at=due_at, error=said)
        _log.warning(
            "mail_not_sent",
            mail=encode_id("mail", mail.id),
            template=mail.template,
            tries=mail.tries,
            final=wait is None,
            error=type(error).__name__,
        )


def _is_final(error: Exception) -> bool:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(_is_final(each) for each in error.recipients)
    if isinstance(error, aiosmtplib.SMTPResponseException) and not isinstance(
        error, aiosmtplib.SMTPAuthenticationError
    ):
        return error.code >= _REFUSED_FOR_GOOD
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return True  # Such as an address in another alphabet, at a relay that knows none.
    # A mail that cannot even be written will not write itself better later.
    return isinstance(error, (TemplateUnknown, ValueError)) and not isinstance(error, OSError)


def _said_by(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return ", ".join(f"{each.code} {each.message}" for each in error.recipients)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    return str(error)
