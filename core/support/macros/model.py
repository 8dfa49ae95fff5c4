"""A macro and its target as the rules see them."""

from datetime import datetime

import msgspec

from core.contracts.macros import StepName


class StoredMacro(msgspec.Struct, frozen=True):
    """One row."""

    id: bytes
    kind: str
    target_kind: str
    name_fr: str
    name_en: str
    text_fr: str
    text_en: str
    steps: tuple[StepName, ...]
    changed_at: datetime
    changed_by: str | None


class LastPayment(msgspec.Struct, frozen=True):
    """The payment whose receipt is sent again."""

    id: bytes
    amount_minor: int
    currency: str
    received_at: datetime
    time_zone: str  # the store's, by which its customer reads the receipt
    card_brand: int
    card_last_four: str


class Target(msgspec.Struct, frozen=True):
    """The terminal or store that a macro runs on."""

    kind: str
    id: bytes
    label: str
    store_name: str
    terminal: str
    block_id: bytes | None
    block_reason: str
    active: bool
    retired: bool
    service_active: bool
    last_payment: LastPayment | None
