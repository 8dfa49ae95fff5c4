"""Mail that waits to leave.

Environment of the worker: GUICHET_SMTP (`smtp://host:port` or `smtps://host:port`; without it mail waits),
GUICHET_SMTP_USER, GUICHET_SMTP_PASSWORD, GUICHET_MAIL_FROM, GUICHET_PORTAL_URL (what links in mail begin with).
"""

from typing import Final

import structlog

from core.roles.jobs.parts import JobParts
from core.runtime.jobs import Job

MAIL_EVERY_S: Final = 2.0
_SENDER: Final = "ne-pas-repondre@guichet.example"

_log = structlog.get_logger("core.mail")


def jobs(parts: JobParts) -> list[Job]:
    """Return the jobs of this topic. Raises: SystemExit, when the mail server cannot be read."""
    address = parts.environment.get("GUICHET_SMTP", "")
    if not address:
        _log.warning("mail_waits", reason="GUICHET_SMTP is not set")
        return []
    from core.notifications.mail.sending import MailRound, Smtp, SmtpMalformed  # noqa: PLC0415 - only who sends pays for it.

    try:
        smtp = Smtp.parse(
            address,
            user=parts.environment.get("GUICHET_SMTP_USER", ""),
            password=parts.environment.get("GUICHET_SMTP_PASSWORD", ""),
            sender=parts.environment.get("GUICHET_MAIL_FROM") or _SENDER,
        )
    except SmtpMalformed as error:
        raise SystemExit(f"core-worker: GUICHET_SMTP, GUICHET_MAIL_FROM: {error}") from error
    mail = MailRound(
        parts.pool,
        parts.clock,
        smtp,
        portal_url=parts.environment.get("GUICHET_PORTAL_URL", "http://localhost"),
    )
    return [Job("mail", MAIL_EVERY_S, mail.round)]
