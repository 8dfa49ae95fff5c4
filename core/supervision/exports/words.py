"""Titles and states as a spreadsheet shows them, in French and English."""

from typing import Final

from core.contracts.states import Kind, State

TITLES: Final[dict[str, tuple[str, str]]] = {
    "received_at": ("Reçue le (Paris)", "Received at (Paris)"),
    "received_at_store": ("Reçue le (au magasin)", "Received at (store)"),
    "state": ("État", "State"),
    "kind": ("Type", "Type"),
    "amount": ("Montant", "Amount"),
    "approved_amount": ("Montant accordé", "Approved amount"),
    "captured_amount": ("Montant capturé", "Captured amount"),
    "refunded_amount": ("Montant remboursé", "Refunded amount"),
    "refund_pending_amount": ("Remboursement en attente", "Refund pending"),
    "net_amount": ("Montant net", "Net amount"),
    "currency": ("Devise", "Currency"),
    "brand": ("Marque", "Brand"),
    "card_bin": ("BIN", "BIN"),
    "card_last_four": ("Quatre derniers", "Last four"),
    "store": ("Magasin", "Store"),
    "department": ("Département", "Department"),
    "company": ("Société", "Company"),
    "terminal": ("Terminal", "Terminal"),
    "reason": ("Motif (code)", "Reason (code)"),
    "reason_text": ("Motif", "Reason"),
    "host_code": ("Code réponse", "Response code"),
    "approval_code": ("Autorisation", "Approval code"),
    "rrn": ("RRN", "RRN"),
    "stan": ("STAN", "STAN"),
    "entry_mode": ("Mode de lecture", "Entry mode"),
    "decided_at": ("Décidée le (Paris)", "Decided at (Paris)"),
    "id": ("Identifiant", "Identifier"),
}

STATES: Final[dict[int, tuple[str, str]]] = {
    State.RECEIVED: ("en cours", "in progress"),
    State.SENT: ("en cours", "in progress"),
    State.APPROVED: ("approuvée", "approved"),
    State.PARTIALLY_APPROVED: ("partielle", "partial"),
    State.DECLINED: ("refusée", "declined"),
    State.UNKNOWN: ("inconnue", "unknown"),
    State.REVERSED: ("annulée", "reversed"),
    State.CAPTURED: ("capturée", "captured"),
    State.REFUNDED: ("remboursée", "refunded"),
    State.SETTLED: ("réglée", "settled"),
}

KINDS: Final[dict[int, tuple[str, str]]] = {
    Kind.AUTHORISATION: ("Autorisation", "Authorisation"),
    Kind.PURCHASE: ("Achat", "Purchase"),
    Kind.VERIFICATION: ("Vérification", "Verification"),
    Kind.REFUND: ("Remboursement", "Refund"),
    Kind.ADVICE: ("Avis hors ligne", "Offline advice"),
    Kind.COMPLETION: ("Finalisation", "Completion"),
}

SHEET: Final = ("Transactions", "Transactions")


def said(pair: tuple[str, str], locale: str) -> str:
    """Return one of a pair of French and English."""
    return pair[1] if locale == "en" else pair[0]
