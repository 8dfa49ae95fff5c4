"""An action of every kind that the code records, with every fact that it may hold."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from tests.support.recorded import fact_names, sites, texts

_SHA: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_UNKNOWN: Final = "01j00000000000000000000000"
HOST: Final = "paiement.belle-rive.example"
EMAIL: Final = "nouvelle@guichet.example"
MASKED: Final = "c…@ondine.example"
CODE: Final = "0A1B2C3D4E5"


class Record(NamedTuple):
    """Stands for the identifier of a record of a kind that the database holds."""

    kind: str


class Audited(NamedTuple):
    """One action."""

    kind: str
    target: str
    facts: dict[str, Any]


_COMPANY_CHANGES: Final = {
    "legal_name": ["Ondine", "Maison Ondine"],
    "siren": ["732829320", "552100554"],
    "legal_form": ["SARL", "SAS"],
    "vat": ["FR44732829320", "FR00552100554"],
    "activity": ["5610A", "4711D"],
    "street": ["5 rue de Béthune", "6 rue de Béthune"],
    "postcode": ["59000", "59800"],
    "city": ["Lille", "Roubaix"],
    "iban": ["FR ··0189", "FR ··0190"],
}
_STORE_CHANGES: Final = {
    "name": ["Ondine", "Ondine Lille"],
    "siret": ["73282932000074", "55210055400013"],
    "merchant_category": ["5812", "5411"],
    "street": ["", "6 rue de Béthune"],
    "postcode": ["59000", "97110"],
    "city": ["Lille", "Pointe-à-Pitre"],
    "opening": ["", "mar–sam, 9 h–19 h"],
    "time_zone": ["Europe/Paris", "America/Guadeloupe"],
}
_CONTACT_CHANGES: Final = {
    "name": ["Odile", "Odile Roux"],
    "role": ["owner", "accounting"],
    "email": ["", EMAIL],
    "phone": ["", "+33 3 20 00 00 00"],
}
_OPTIONS: Final = {
    "model": "PAX A920Pro",
    "connectivity": "wifi",
    "tip": True,
    "preauthorisation": False,
    "contactless_max_minor": 5_000,
    "pin_on_screen": True,
    "receipt": "sms",
    "site": "",
    "strong_authentication": "when_required",
    "capture": "on_shipping",
}
_LIMITS: Final = {
    "transaction_max_minor": 150_000,
    "brands": ["cb", "visa", "other"],
    "terminal_day_max_minor": 500_000,
    "store_day_max_minor": None,
    "duplicate_window_s": 60,
}
TERMINAL_OPTIONS: Final = {
    "dialect": "ascii1987 → bcd1987",
    "connectivity": "ethernet → cellular",
    "tip": "no → yes",
    "tip_percent_max": "– → 15",
    "preauthorisation": "no → yes",
    "contactless_max": "– → 5000",
}
TERMS: Final = {
    "kind": "decline_rate",
    "threshold": 30,
    "window_minutes": 60,
    "volume_min": 10,
    "per": "acquirer",
    "departments": ["75", "2A"],
    "stores": [Record("store")],
    "companies": [Record("company")],
    "services": ["pax", "onsite"],
    "quiet_from": "22:00",
    "quiet_to": "06:00",
}
FILTER: Final = {
    "from": "2026-11-27T23:00:00Z",
    "to": "2026-11-28T23:00:00Z",
    "store": Record("store"),
    "terminal": "T0000001",
    "state": "partially_approved,declined",
    "reason": "terminal_not_active",
    "brand": "mastercard",
    "amount_min": "1250",
    "amount_max": "99900",
    "last_four": "0014",
    "rrn": "8ZZ0Q1W2E3R4",
    "stan": "77",
    "approval_code": "A12345",
    "kind": "authorisation",
    "figure": "payments",
}
CHANGES: Final = {"company": _COMPANY_CHANGES, "store": _STORE_CHANGES, "contact": _CONTACT_CHANGES}
SERVICE_FACTS: Final = _OPTIONS | _LIMITS
_WHY: Final = {"reason": "Vu avec le magasin"}
_CONTRACT: Final = {"version": 2, "services": 3, **_WHY}
_PAID: Final = {"amount_minor": 125_050, **_WHY}
_APPROVAL: Final = {"approval": f"apr_{_UNKNOWN}", "currency": "EUR", **_PAID}
_CONTACT: Final = {"contact": Record("contact"), "name": "Odile Roux"}
_API_KEY: Final = {"name": "Boutique en ligne", "prefix": "gsk_u7f2Qm0s"}
_BLOCK: Final = {"block": f"blk_{_UNKNOWN}", **_WHY}
_FEES: Final = {"effective_on": "2026-12-01", **_WHY}
_MADE: Final = {"name": "Maison Ondine", "siren": "732829320", "account": Record("account"), "version": 1}
_RULE: Final = {"name": "Refus du soir", "enabled": True, "terms": TERMS}
_EXPORT: Final = {
    "format": "csv",
    "filter": FILTER,
    "columns": ["received_at", "net_amount", "card_last_four", "reason_text"],
}
_FACTOR: Final = {"factor": f"fac_{_UNKNOWN}", "kind": "totp", "name": "Téléphone"}
_REQUEST: Final = {"code": CODE}
_MACRO: Final = {"name": "Remise en route", "kind": "sequence", "steps": ["lift_block", "activate_terminal"]}
_MATTER: Final = {"matter": "partial_reversal_not_accepted", "transaction": Record("transaction"), **_WHY}

_WRITTEN: Final = (
    Audited(
        "access.refused", "agent", {"permission": "branding.write", "door": "transactions_count", "count": 3}
    ),
    Audited("access.refused", "agent", {"code": "approval_own", "door": "approvals_approve", "count": 1}),
    Audited("access.refused", "agent", {"permission": "agents.read", "door": "roles", "count": 1}),
    Audited("access.refused", "agent", {"permission": "transactions.read", "door": "counters", "count": 1}),
    Audited("account.created", "account", {"name": "Groupe", "version": 1}),
    Audited("account.edited", "account", {"version": 2, "changes": {"name": ["Groupe", "Le Groupe"]}}),
    Audited("alert.acknowledged", "alert", {"note": "vu", "minutes": None, "label": "Ondine Lille"}),
    Audited("alert.snoozed", "alert", {"note": "vu", "minutes": 30, "label": "Ondine Lille"}),
    Audited("alert_rule.added", "alert_rule", _RULE),
    Audited("alert_rule.changed", "alert_rule", _RULE),
    Audited("alert_rule.deleted", "alert_rule", {"name": "Refus du soir"}),
    Audited("api_key.made", "company", _API_KEY),
    Audited("api_key.revoked", "company", _API_KEY | _WHY | {"webhook_endpoints": 2}),
    Audited("approval.asked", "transaction", _APPROVAL),
    Audited("approval.failed", "transaction", _APPROVAL | {"code": "original_not_found"}),
    Audited("block.made", "store", _BLOCK),
    Audited("block.made", "service", _BLOCK),
    Audited("block.lifted", "terminal", _BLOCK),
    Audited(
        "brand.changed",
        "brand",
        {
            "name": "Belle Rive",
            "host": HOST,
            "account": Record("account"),
            "accent_light": "#0a5c36",
            "accent_dark": "#7fd1a8",
            "logo": True,
        },
    ),
    Audited("brand.removed", "brand", {"name": "Belle Rive", "brand": f"brd_{_UNKNOWN}"}),
    Audited("company.created", "company", _MADE | {"not_duplicate": "autre gérant"}),
    Audited(
        "company.created",
        "company",
        _MADE | {"not_duplicate": "", "onboarding": Record("onboarding"), "stores": [Record("store")]},
    ),
    Audited("company.edited", "company", {"version": 2, "changes": _COMPANY_CHANGES}),
    Audited("company.fees_set", "company", {"grid": Record("fee_grid")}),
    Audited("contact.added", "company", _CONTACT),
    Audited("contact.edited", "contact", {"version": 2, "changes": _CONTACT_CHANGES}),
    Audited("contact.removed", "store", _CONTACT),
    *(
        Audited(f"contract.{act}", "contract", _CONTRACT)
        for act in (
            "make",
            "word",
            "prepare",
            "reopen",
            "activate",
            "suspend",
            "resume",
            "keep",
            "cancel",
            "amend",
        )
    ),
    Audited("contract.sign", "contract", {"version": 1, "reason": "", "method": "typed", "pdf_sha256": _SHA}),
    Audited("contract.notice", "contract", _CONTRACT | {"effective_on": "2026-12-31"}),
    Audited("contract.terminate", "contract", {"on_its_date": True, "services": 2, **_WHY}),
    Audited("contract_template.written", "template", {"version": 2, "note": "Article 4"}),
    Audited("credential.invited", "agent", {"email": EMAIL, "is_new": True, "resets_factors": False}),
    Audited("credential.invitation_accepted", "agent", {"factors_reset": False}),
    Audited("credential.password_changed", "agent", {"sessions": 2}),
    Audited("credential.factor_added", "agent", _FACTOR),
    Audited("credential.factor_removed", "agent", _FACTOR | {"kind": "passkey"}),
    Audited("credential.recovery_codes_renewed", "agent", {}),
    Audited("document.added", "company", {"document": f"doc_{_UNKNOWN}", "sha256": _SHA}),
    *(Audited(f"export.{act}", "export", _EXPORT) for act in ("asked", "cancelled", "downloaded")),
    Audited("fee_grid.made", "fee_grid", {"name": "Commerce de proximité"}),
    Audited("fee_version.made", "fee_version", {}),
    Audited("fee_version.edited", "fee_version", {"effective_on": "2026-12-01", "rows": 12}),
    *(
        Audited(f"fee_version.{act}", "fee_version", _FEES)
        for act in ("submit", "approve", "send_back", "withdraw")
    ),
    Audited(
        "grant.given",
        "agent",
        {
            "grant": f"grn_{_UNKNOWN}",
            "role": "shop_seller",
            "regions": ["11", "94"],
            "departments": ["75", "2A"],
            "stores": [Record("store")],
            "companies": [Record("company")],
            "services": ["pax", "onsite"],
            "amount_max_minor": 50_000,
            "reason": "Installation",
        },
    ),
    Audited("grant.revoked", "agent", {"grant": f"grn_{_UNKNOWN}", "role": "back_office", **_WHY}),
    Audited("host_matter.closed", "host_matter", _MATTER),
    Audited(
        "limit.changed",
        "limit",
        {"limit": "transaction.refund", "before_minor": 50_000, "currency": "EUR", **_PAID},
    ),
    Audited("macro.added", "macro", _MACRO),
    Audited("macro.changed", "macro", _MACRO | {"kind": "answer", "steps": []}),
    Audited("macro.removed", "macro", _MACRO),
    Audited(
        "macro.run",
        "terminal",
        {
            "macro": "Remise en route",
            "run": f"mrn_{_UNKNOWN}",
            "steps": ["lift_block: nothing_to_do", "reload_parameters: done"],
            **_WHY,
        },
    ),
    Audited(
        "mail.resent",
        "mail",
        {"template": "contract_to_sign", "recipient": MASKED, "sent_mail": f"mai_{_UNKNOWN}"},
    ),
    Audited("onboarding.started", "onboarding", {}),
    Audited("onboarding.saved", "onboarding", {"version": 2, "steps": ["merchant", "documents"]}),
    Audited("onboarding.taken", "onboarding", {"from": Record("agent")}),
    Audited("onboarding.validated", "onboarding", {"company": Record("company")}),
    *(
        Audited(f"onboarding.{state}", "onboarding", _WHY)
        for state in ("submitted", "returned", "handed_over", "done", "abandoned")
    ),
    Audited("onboarding.attached", "onboarding", {"document": "bank_details", "sha256": _SHA, "version": 3}),
    Audited("order.cancelled", "order", {"owed_back_minor": 1_470, "currency": "EUR", **_PAID}),
    Audited(
        "order.moved", "order", {"number": 2, "due_on": "2026-12-15", "due_before": "2026-12-03", **_WHY}
    ),
    Audited("request.created", "request", _REQUEST | {"type": "installation"}),
    Audited("request.assigned", "request", _REQUEST | {"assignee": Record("agent"), "to": "Karim Belaïd"}),
    Audited("request.assigned", "request", _REQUEST | {"assignee": "", "from": Record("agent")}),
    Audited("request.commented", "request", _REQUEST | {"mentions": "1"}),
    Audited("request.moved", "request", _REQUEST | {"status": "planned"}),
    Audited("request.moved", "request", _REQUEST | {"status": "reopen"}),
    Audited(
        "request.changed",
        "request",
        _REQUEST | {"priority": "high", "due_on": "2026-12-24", "team": "back_office"},
    ),
    Audited(
        "request_type.changed",
        "request_type",
        {"code": "installation", "team": "technician", "statuses": "new,planned", "retired": False},
    ),
    Audited(
        "role.created", "role", {"role": "shop_seller", "permissions": ["directory.read", "requests.use"]}
    ),
    Audited(
        "role.changed",
        "role",
        {"role": "technician", "added": ["transactions.refund_approve"], "removed": ["audit.read"]},
    ),
    Audited("service.made", "service", {"before": {}, "after": SERVICE_FACTS, **_WHY}),
    Audited(
        "service.options", "service", {"before": {"receipt": "email"}, "after": {"receipt": "none"}, **_WHY}
    ),
    Audited(
        "service.limits",
        "service",
        {"before": {"store_day_max_minor": None}, "after": {"store_day_max_minor": 900_000}, **_WHY},
    ),
    Audited("session.opened", "agent", {"ip": "192.0.2.7", "factor": "password and recovery code"}),
    Audited("session.ended", "agent", {"session": f"ses_{_UNKNOWN}"}),
    Audited("session.ended_everywhere", "agent", {"sessions": 3}),
    Audited(
        "store.created",
        "store",
        {
            "version": 1,
            "name": "Ondine Lille",
            "siret": "73282932000074",
            "company": Record("company"),
            "not_duplicate": "autre rue",
        },
    ),
    Audited("store.edited", "store", {"version": 2, "changes": _STORE_CHANGES}),
    Audited(
        "terminal.assigned",
        "terminal",
        {"terminal": "T0000001", "model": "PAX A920Pro", "serial": "SN-00042", "service": "pax"},
    ),
    Audited("terminal.activated", "terminal", _WHY),
    Audited("terminal.moved", "terminal", {"from": "Ondine Lille · onsite", "service": "pax", **_WHY}),
    Audited("terminal.options", "terminal", TERMINAL_OPTIONS),
    Audited("terminal.reload_wanted", "terminal", {}),
    Audited("terminal.retired", "terminal", _WHY),
    Audited(
        "transaction.refunded",
        "transaction",
        {
            "refund": Record("transaction"),
            "asked_by": Record("agent"),
            "code": "refund_above_captured",
            **_PAID,
        },
    ),
    Audited("transaction.cancelled", "transaction", _WHY),
    Audited("view.added", "view", {"list": "transactions", "name": "Refus du jour", "role": "hotline"}),
    Audited("view.changed", "view", {"list": "terminals", "name": "Refus du jour", "role": None}),
    Audited("view.default_chosen", "view", {"list": "terminals"}),
)


def _others() -> Iterator[Audited]:
    """Yield what needs no example of its own: the facts that the code writes, with values that they have elsewhere."""
    written = {each.kind for each in _WRITTEN}
    known = {name: value for each in _WRITTEN for name, value in each.facts.items()}
    for site in sites():
        for kind in sorted(texts(site, "kind") - written):
            for target in sorted(texts(site, "target_kind")):
                yield Audited(
                    kind, target, {name: known.get(name, "Ondine") for name in sorted(fact_names(site))}
                )


@cache
def audited() -> tuple[Audited, ...]:
    """Return an example of every action; read from the code by the first test that asks."""
    return (*_WRITTEN, *_others())
