"""What notifications offer other slices and the processes."""

from core.notifications.brands.handlers import BrandHandlers
from core.notifications.errors import TemplateUnknown
from core.notifications.mail.handlers import MailHandlers
from core.notifications.mail.queue import queue_mail
from core.notifications.mail.rules import digest_of as mail_digest
from core.notifications.notices.handlers import NoticeHandlers
from core.notifications.notices.store import add_notices

__all__ = [
    "BrandHandlers",
    "MailHandlers",
    "NoticeHandlers",
    "TemplateUnknown",
    "add_notices",
    "mail_digest",
    "queue_mail",
]
