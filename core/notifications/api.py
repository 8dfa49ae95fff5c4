"""What notifications offer other slices and the processes."""

from core.notifications.brands.handlers import BrandHandlers
from core.notifications.errors import TemplateUnknown
from core.notifications.mail.handlers import MailHandlers
from core.notifications.mail.previewing import render_mail
from core.notifications.mail.queue import Queued, queue_mail, queue_mails
from core.notifications.mail.rules import digest_of as mail_digest
from core.notifications.mail.rules import masked
from core.notifications.notices.handlers import NoticeHandlers
from core.notifications.notices.store import add_notices

__all__ = [
    "BrandHandlers",
    "MailHandlers",
    "NoticeHandlers",
    "Queued",
    "TemplateUnknown",
    "add_notices",
    "mail_digest",
    "masked",
    "queue_mail",
    "queue_mails",
    "render_mail",
]
