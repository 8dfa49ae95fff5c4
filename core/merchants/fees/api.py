"""What fees offer other slices and the processes."""

from core.merchants.fees.handlers import FeeHandlers
from core.merchants.fees.store import assign, find_version, in_force, list_rows

__all__ = ["FeeHandlers", "assign", "find_version", "in_force", "list_rows"]
