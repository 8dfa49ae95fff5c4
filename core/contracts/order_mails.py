"""How mails to customers of purchases in instalments read, for agents who look before anybody gets one (NOT-1)."""

from typing import Final, Literal

import msgspec

from core.contracts.operation import GET, Operation, unplaced
from core.contracts.permissions import Permission

NoticeTemplate = Literal[
    "order_confirmed",
    "debit_coming",
    "debit_paid",
    "debit_failed",
    "debit_failed_card_ends",
    "card_expired",
    "card_expired_at_bank",
    "authentication_needed",
    "instalment_unpaid",
    "unpaid_reminder",
    "card_expiring",
    "order_changed",
    "refund_sent",
]
"""What is told as it comes, or comes near."""

OrderMailTemplate = Literal[NoticeTemplate, "card_changed"]
OrderMailSample = Literal["plain", "long_words", "hostile_words", "ten_instalments", "no_card"]
"""Invented purchases: one as they are, and those that a mail reads worst with."""


class PreviewOrderMail(msgspec.Struct, kw_only=True):
    """A mail as the customer of an invented purchase would get it; nothing is sent."""

    template: OrderMailTemplate = "order_confirmed"
    language: Literal["fr", "en"] = "fr"
    sample: OrderMailSample = "plain"


class OrderMailPreview(msgspec.Struct, kw_only=True):
    """A mail in both of its forms."""

    template: OrderMailTemplate
    language: Literal["fr", "en"]
    sample: OrderMailSample
    subject: str
    text: str
    html: str


_READ: Final = unplaced(Permission.MAIL_READ)
PREVIEW = Operation(
    "order_mails.preview",
    PreviewOrderMail,
    OrderMailPreview,
    _READ,
    http=GET("/order-mails/preview", "Preview a mail to customers"),
)
