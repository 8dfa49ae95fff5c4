"""What notifications bring to the processes: mail that leaves and its journal, notices, brands, and the end of these.

Environment of the worker: GUICHET_SMTP (`smtp://host:port` or `smtps://host:port`; without it mail waits),
GUICHET_SMTP_USER, GUICHET_SMTP_PASSWORD, GUICHET_MAIL_FROM, GUICHET_PORTAL_URL and GUICHET_SPACE_URL (what links in mail to agents and to customers begin with).
"""

from typing import Final

import structlog

from core.contracts import notifications as ask
from core.db.queries import load_beside
from core.identity.api import portal_url_of, space_url_of
from core.notifications.api import BrandHandlers, MailHandlers, NoticeHandlers
from core.runtime.jobs import Job
from core.runtime.manifest import Names, Parts, Served, Slice, serves, serves_without_session
from core.runtime.retention import RetentionRule
from observability.process import SettingRefused

MAIL_EVERY_S: Final = 2.0
_SENDER: Final = "ne-pas-repondre@guichet.example"
_SQL: Final = load_beside(__file__)

_log = structlog.get_logger("core.mail")


def _jobs(parts: Parts) -> list[Job]:
    """Raises: SettingRefused."""
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
        raise SettingRefused(f"GUICHET_SMTP, GUICHET_MAIL_FROM: {error}") from error
    mail = MailRound(
        parts.pool,
        parts.clock,
        smtp,
        portal_url=portal_url_of(parts.environment),
        space_url=space_url_of(parts.environment),
        contact_lines=parts.contact_lines,
    )
    return [Job("mail", MAIL_EVERY_S, mail.round)]


def _operations(parts: Parts) -> list[Served]:
    mail = MailHandlers(parts.pool, parts.clock)
    notices = NoticeHandlers(parts.pool, parts.clock)
    brands = BrandHandlers(parts.pool, parts.clock)
    return [
        serves_without_session(ask.NOTICES_UNREAD, notices.unread),
        serves_without_session(ask.BRAND, brands.of_host),
        serves(ask.LIST_MAIL, mail.list),
        serves(ask.ONE_MAIL, mail.one),
        serves(ask.RESEND_MAIL, mail.resend),
        serves(ask.LIST_NOTICES, notices.notices),
        serves(ask.READ_NOTICES, notices.read),
        serves(ask.LIST_BRANDS, brands.brands),
        serves(ask.SAVE_BRAND, brands.save),
        serves(ask.REMOVE_BRAND, brands.remove),
    ]


SLICE: Final = Slice(
    "notifications",
    operations=_operations,
    jobs=_jobs,
    retention=(
        RetentionRule("mail", _SQL.prune_mail, "GUICHET_KEEP_MAIL_DAYS", days=400, days_min=30),
        RetentionRule("notice", _SQL.prune_notices, "GUICHET_KEEP_NOTICES_DAYS", days=180, days_min=7),
    ),
    names=Names(frozenset({"brand"}), _SQL.record_names),
)
