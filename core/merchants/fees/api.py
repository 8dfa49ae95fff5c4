"""The door of fees for contracts and composition roots."""

from core.merchants.fees.handlers import FeeHandlers
from core.merchants.fees.store import assign, find_version, in_force, list_rows

__all__ = ["FeeHandlers", "assign", "find_version", "in_force", "list_rows"]
