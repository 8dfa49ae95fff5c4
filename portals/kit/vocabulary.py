"""The closed sets of the API, as pages offer them: written by portals/kit/make_vocabulary.py."""

from typing import Final

ALERT_KINDS: Final = (
    "decline_rate",
    "volume_drop",
    "store_silence",
    "terminal_silence",
    "host_link_down",
    "reversal_stuck",
)
ALERT_SEVERITIES: Final = (
    "info",
    "warning",
    "critical",
)
CARD_BRANDS: Final = (
    "cb",
    "visa",
    "mastercard",
    "amex",
    "other",
)
CARD_REGIONS: Final = (
    "eea",
    "uk",
    "rest",
)
CARD_TYPES: Final = (
    "debit",
    "credit",
    "commercial",
)
CONTACT_CHANNELS: Final = (
    "chat",
    "whatsapp",
    "phone",
    "collections",
    "form",
)
CONTRACT_STATES: Final = (
    "draft",
    "ready",
    "signed",
    "active",
    "suspended",
    "terminated",
)
DOCUMENT_KINDS: Final = (
    "registration",
    "identity",
    "bank_details",
    "power",
    "lease",
    "other",
)
EXPORT_COLUMNS: Final = (
    "received_at",
    "received_at_store",
    "state",
    "kind",
    "amount",
    "approved_amount",
    "captured_amount",
    "refunded_amount",
    "refund_pending_amount",
    "net_amount",
    "currency",
    "brand",
    "card_bin",
    "card_last_four",
    "store",
    "department",
    "company",
    "terminal",
    "reason",
    "reason_text",
    "host_code",
    "approval_code",
    "rrn",
    "stan",
    "entry_mode",
    "decided_at",
    "id",
)
FAQ_TOPICS: Final = (
    "payments",
    "card",
    "unpaid",
    "order",
    "account",
    "contact",
)
FEE_ACTS: Final = (
    "submit",
    "approve",
    "send_back",
    "withdraw",
)
FIGURES: Final = (
    "payments",
    "approved",
    "cancelled",
    "declined",
    "unknown",
    "rate",
    "gross",
    "refunds",
    "net",
)
JOURNAL_KINDS: Final = (
    "presence",
    "block",
    "payment",
    "change",
    "action",
)
MACRO_KINDS: Final = (
    "answer",
    "sequence",
)
MACRO_STEPS: Final = (
    "lift_block",
    "activate_terminal",
    "reload_parameters",
    "resend_receipt",
    "add_comment",
)
MAIL_STATES: Final = (
    "waiting",
    "sent",
    "failed",
)
ONBOARDING_MOVES: Final = (
    "submit",
    "send_back",
    "validate",
    "hand_over",
    "finish",
    "abandon",
    "take",
)
ONBOARDING_STEPS: Final = (
    "merchant",
    "company",
    "stores",
    "contacts",
    "services",
    "documents",
    "review",
)
ORDER_MAILS: Final = (
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
    "card_changed",
)
ORDER_MAIL_SAMPLES: Final = (
    "plain",
    "long_words",
    "hostile_words",
    "ten_instalments",
    "no_card",
)
ORDER_STATES: Final = (
    "awaiting_payment",
    "abandoned",
    "in_progress",
    "settled",
    "unpaid",
    "being_settled",
    "cancelled",
)
PLAN_PARTS: Final = (
    "2",
    "3",
    "4",
    "10",
)
PLAN_STEP_UNITS: Final = (
    "days",
    "months",
)
REQUEST_FIELD_KINDS: Final = (
    "text",
    "long",
    "number",
    "date",
    "choice",
)
REQUEST_PRIORITIES: Final = (
    "low",
    "normal",
    "high",
)
SERVICE_KINDS: Final = (
    "pax",
    "softpos",
    "onsite",
    "ecommerce",
)
TERMINAL_CONDITIONS: Final = (
    "active",
    "failing",
    "silent",
    "resting",
    "blocked",
    "never_seen",
    "not_active",
    "retired",
)
WEBHOOK_DELIVERY_STATES: Final = (
    "waiting",
    "delivered",
    "failed",
    "dropped",
)
WEBHOOK_KINDS: Final = (
    "order.activated",
    "order.cancelled",
    "instalment.paid",
    "instalment.unpaid",
    "refund.sent",
    "endpoint.tested",
)
WEBHOOK_STATES: Final = (
    "active",
    "failing",
    "disabled",
)
