"""The door of notifications for other slices and for composition roots."""

from core.notifications.errors import TemplateUnknown
from core.notifications.mail.queue import queue_mail

__all__ = ["TemplateUnknown", "queue_mail"]
