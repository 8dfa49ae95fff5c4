"""Stores as they are shown: in a list, and with what stands in them."""

import msgspec

from core.contracts.blocks import Block
from core.contracts.references import BrandName, CompanyRef, Money
from core.contracts.terminals import TerminalView


class ServiceView(msgspec.Struct):
    """One way a store takes cards, with its limits in minor units."""

    id: str
    kind: str
    active: bool
    blocked: bool
    currency: str
    brands: list[BrandName]
    transaction_max: Money
    terminal_day_max: Money | None
    store_day_max: Money | None
    duplicate_window_s: int | None


class StoreSummary(msgspec.Struct, kw_only=True):
    """A store in a list."""

    id: str
    name: str
    siret: str
    acceptor: str
    company: CompanyRef
    city: str
    postcode: str
    department: str
    terminal_count: int
    blocked: bool


class StorePage(msgspec.Struct):
    """In alphabetical order."""

    data: list[StoreSummary]
    next_cursor: str | None = None


class StoreDetail(StoreSummary, kw_only=True):
    """A store with what stands in it."""

    street: str
    merchant_category: str
    services: list[ServiceView]
    terminals: list[TerminalView]
    blocks: list[Block]
