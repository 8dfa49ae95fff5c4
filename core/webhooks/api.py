"""What webhooks offer other slices and the demonstration."""

from core.webhooks.settings import WebhookSettings, webhook_settings
from core.webhooks.telling import FactsTooLong, Told, listeners, tell, tell_each

__all__ = ["FactsTooLong", "Told", "WebhookSettings", "listeners", "tell", "tell_each", "webhook_settings"]
