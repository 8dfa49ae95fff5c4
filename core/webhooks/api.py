"""What webhooks offer other slices."""

from core.webhooks.telling import FactsTooLong, Told, tell, tell_each

__all__ = ["FactsTooLong", "Told", "tell", "tell_each"]
