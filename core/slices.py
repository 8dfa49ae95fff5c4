"""The slices of core, in the order of what they know of each other. The processes go through this list."""

from typing import Final

from core.contracts.notifications import HomeSectionName
from core.documents.slice import SLICE as DOCUMENTS
from core.identity.slice import SLICE as IDENTITY
from core.merchants.slice import SLICE as MERCHANTS
from core.notifications.slice import SLICE as NOTIFICATIONS
from core.runtime.manifest import HomeProvider, Slice
from core.runtime.retention import Kept
from core.searching.slice import SLICE as SEARCHING
from core.supervision.slice import SLICE as SUPERVISION
from core.support.slice import SLICE as SUPPORT
from core.terminals.slice import SLICE as TERMINALS
from core.transactions.slice import SLICE as TRANSACTIONS

SLICES: Final[tuple[Slice, ...]] = (
    IDENTITY,
    NOTIFICATIONS,
    DOCUMENTS,
    MERCHANTS,
    TERMINALS,
    TRANSACTIONS,
    SUPPORT,
    SUPERVISION,
    SEARCHING,
)
KEPT: Final[tuple[Kept, ...]] = tuple(kept for each in SLICES for kept in each.kept)
HOME: Final[dict[HomeSectionName, HomeProvider]] = {
    name: provider for each in SLICES for name, provider in each.home.items()
}
