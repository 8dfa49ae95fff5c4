"""Invented records for the stand-in: every state, long names, many rows; the shapes are those of the API."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]

LONG_STORE = "Boulangerie-pâtisserie artisanale Les Délices de Saint-Germain-en-Laye — Centre commercial des Trois Fontaines"
STORE_NAMES = ("Fnac Montparnasse", "Darty République", "Café de la Gare", LONG_STORE, "Librairie du Port")
REASONS = (
    "insufficient_funds",
    "do_not_honour",
    "expired_card",
    "incorrect_pin",
    "store_blocked",
    "suspected_fraud",
)
STATES = (
    ("approved",) * 7
    + ("captured",) * 3
    + ("declined",) * 2
    + ("partially_approved", "unknown", "reversed", "refunded", "settled", "sent")
)
BRANDS = ("cb", "visa", "mastercard", "amex")


def identifier(prefix: str, number: int) -> str:
    """Return an id that looks like ours: prefix and 26 base32 digits."""
    return f"{prefix}_01j{number:023d}"


STORES: list[Json] = [
    {
        "id": identifier("sto", n),
        "name": name,
        "department": ("75", "75", "33", "78", "13")[n],
        "time_zone": ("Europe/Paris", "America/Guadeloupe", "Europe/Paris", "Pacific/Noumea", "Europe/Paris")[
            n
        ],
        "company": {"id": identifier("com", n), "name": f"Société {n} SAS"},
        "city": "Paris",
        "siret": f"1234567890001{n}",
    }
    for n, name in enumerate(STORE_NAMES)
]


def moment(at: datetime) -> str:
    """Return RFC 3339 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def euros(minor: int) -> Json:
    """Return money as the API writes it."""
    return {"amount": minor, "currency": "EUR"}


def terminal(number: int) -> Json:
    """Return one terminal as its list shows it; states go round."""
    store = STORES[number % len(STORES)]
    state = ("active", "active", "active", "silent", "not_active", "active")[number % 6]
    seen = datetime.now(UTC) - timedelta(seconds=4 if state == "active" else 5400)
    return {
        "id": identifier("ter", number),
        "terminal": f"T{number:07d}",
        "store": {name: store[name] for name in ("id", "name", "department", "time_zone")},
        "service": "pax",
        "model": "PAX A920" if number % 3 else "PAX S920 Pro (contactless, pré-autorisation)",
        "state": state,
        "connected": state == "active",
        "last_seen_at": None if state == "not_active" else moment(seen),
        "block": None,
    }


def transaction(number: int, *, at: datetime, chance: random.Random, state: str | None = None) -> Json:
    """Return one transaction as its list shows it."""
    state = state or chance.choice(STATES)
    amount = chance.randrange(120, 15_000) if number % 23 else 123_456_789
    at_store = terminal(number % 12)
    reason = "approved"
    if state == "declined":
        reason = chance.choice(REASONS)
    elif state == "unknown":
        reason = "host_no_reply"
    elif state == "partially_approved":
        reason = "partial_approval"
    elif state == "reversed":
        reason = "reversed_by_terminal"
    paid = state in ("captured", "settled", "refunded")
    return {
        "id": identifier("txn", number),
        "kind": "purchase",
        "state": state,
        "reason": {
            "code": reason,
            "declined_by": "issuer" if state == "declined" else "nobody",
            "severity": "soft" if state == "declined" else "none",
            "retry": state == "declined",
            "customer": "Votre banque a refusé le paiement." if state == "declined" else "",
            "agent": "La banque du client refuse : la provision ne suffit pas.",
            "next_step": "Proposez un autre moyen de paiement.",
        },
        "amount": euros(amount),
        "approved_amount": euros(0 if state in ("declined", "unknown") else amount),
        **({"net_amount": euros(amount // 2)} if state == "partially_approved" else {}),
        "captured_amount": euros(amount if paid else 0),
        "refunded_amount": euros(amount if state == "refunded" else 0),
        "refund_pending_amount": euros(0),
        "card": {
            "brand": BRANDS[number % 4],
            "bin": "497010",
            "last_four": f"{number * 7919 % 10_000:04d}",
            "expiry": "2912",
        },
        "terminal": {"id": at_store["id"], "terminal": at_store["terminal"]},
        "store": at_store["store"],
        "company": {"id": identifier("com", number % 5)},
        "received_at": moment(at),
        "decided_at": None if state == "sent" else moment(at + timedelta(milliseconds=312)),
        "stan": f"{number % 1_000_000:06d}",
        "rrn": f"01J{number:09d}",
        "approval_code": "" if state in ("declined", "unknown") else f"A{number % 100_000:05d}",
        "host_code": "51" if state == "declined" else "00",
        "entry_mode": "071",
    }


def details(x: Json) -> Json:
    """Return what one transaction's own address adds."""
    at = datetime.fromisoformat(x["received_at"])
    declined, unknown = x["state"] == "declined", x["state"] == "unknown"
    amount = x["amount"]["amount"]
    diagnosis = {
        "title": "Refusée par la banque du client"
        if declined
        else "L'acquéreur n'a pas répondu"
        if unknown
        else "Paiement accordé",
        "explanation": "La banque indique une provision insuffisante. Rien n'a été débité."
        if declined
        else "La demande est partie mais aucune réponse n'est revenue dans le délai. Une annulation est envoyée jusqu'à ce que l'acquéreur l'accepte."
        if unknown
        else "La banque du client a accordé le montant demandé.",
        "next_step": "Proposez une autre carte ou un montant plus petit."
        if declined
        else "Attendez l'annulation ; ne refaites pas payer avant."
        if unknown
        else None,
        "hop": "host" if unknown else None,
        "severity": "warning" if declined else "problem" if unknown else "ok",
    }
    durations = (
        ("edge_to_core", 0.8),
        ("check_and_commit", 2.4),
        ("wait_for_link", 0.3),
        ("host", 5000.0 if unknown else 304.5),
        ("decide", 2.1),
    )
    hops, offset = [], 0.0
    for name, duration in durations:
        hops.append(
            {
                "name": name,
                "started_at": moment(at + timedelta(milliseconds=offset)),
                "duration_ms": duration,
                "ok": not (unknown and name == "host"),
            }
        )
        offset += duration
    fields = [
        (2, "Numéro de carte", "497010••••••" + x["card"]["last_four"]),
        (3, "Code traitement", "000000"),
        (4, "Montant", f"{amount:012d}"),
        (7, "Date et heure d'envoi", "1122104207"),
        (11, "STAN", x["stan"]),
        (12, "Heure locale", "104207"),
        (14, "Expiration", "••••"),
        (22, "Mode de lecture", "071"),
        (37, "RRN", x["rrn"]),
        (41, "Terminal", x["terminal"]["terminal"]),
        (42, "Accepteur", "123456789000010"),
        (49, "Devise", "978"),
    ]
    messages = [
        {
            "direction": direction,
            "mti": mti,
            "fields": [{"field": number, "name": name, "value": value} for number, name, value in fields],
            "reconstructed": direction == "edge_to_terminal",
        }
        for direction, mti in (
            ("terminal_to_edge", "0200"),
            ("edge_to_host", "0200"),
            ("host_to_edge", "0210"),
            ("edge_to_terminal", "0210"),
        )
    ]
    entries = [
        {
            "operation": "hold",
            "layer": "pending",
            "account": account,
            "owner": owner,
            "amount": euros(signed),
            "posted_at": x["received_at"],
        }
        for account, owner, signed in (
            ("acquirer_receivable", "Acquéreur de démonstration", amount),
            ("merchant_payable", x["store"]["name"], -amount),
        )
    ]
    refundable = x["captured_amount"]["amount"] - x["refunded_amount"]["amount"]
    return {
        **x,
        "events": [
            {
                "id": identifier("evt", 1),
                "at": x["received_at"],
                "kind": "received",
                "state": "received",
                "reason": "none",
                "cause": "",
            },
            {
                "id": identifier("evt", 2),
                "at": moment(at + timedelta(milliseconds=offset)),
                "kind": "timed_out" if unknown else "decided",
                "state": x["state"],
                "reason": x["reason"]["code"],
                "cause": "",
            },
        ],
        "hops": hops,
        "messages": messages,
        "entries": [] if declined else entries,
        "deliveries": [
            {
                "kind": "reversal",
                "state": "due",
                "tries": 3,
                "due_at": x["received_at"],
                "ended_at": None,
                "last_result": "no reply",
            }
        ]
        if unknown
        else [],
        "related": [],
        "diagnosis": diagnosis,
        "customer": x["reason"]["customer"] if x["state"] in ("declined", "unknown") else None,
        "actions": {
            "refund": {
                "allowed": refundable > 0,
                "max": euros(refundable),
                "why": None if refundable > 0 else "not_captured",
            },
            "cancel": {
                "allowed": x["state"] == "approved",
                "why": None if x["state"] == "approved" else "was_declined",
            },
            "why": None if refundable > 0 or x["state"] == "approved" else "was_declined",
        },
    }


def _figures(approved: int, declined: int, unknown: int) -> Json:
    refunds = approved // 40
    gross, refunded = approved * 3120, refunds * 1900
    return {
        "payments": approved + declined + unknown,
        "approved": approved,
        "cancelled": approved // 50,
        "declined": declined,
        "unknown": unknown,
        "refunds": refunds,
        "approval_rate": approved / (approved + declined) if approved + declined else None,
        "money": [{"gross": euros(gross), "refunds": euros(-refunded), "net": euros(gross - refunded)}]
        if approved
        else [],
    }


def counters(now: datetime, *, empty: bool = False) -> Json:
    """Return the last 15 minutes in figures."""
    chance = random.Random(7)
    minutes = []
    for back in range(14, -1, -1):
        approved = 0 if empty else chance.randrange(90, 160)
        minutes.append(
            {
                "minute": moment((now - timedelta(minutes=back)).replace(second=0, microsecond=0)),
                **_figures(approved, approved // 11, approved // 60),
            }
        )
    totals = [sum(minute[name] for minute in minutes) for name in ("approved", "declined", "unknown")]
    next_minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return {
        "from": moment(next_minute - timedelta(minutes=15)),
        "to": moment(next_minute),
        "partial": False,
        **_figures(*totals),
        "by_minute": minutes,
        "by_reason": []
        if empty
        else [
            {"reason": "insufficient_funds", "count": 61},
            {"reason": "do_not_honour", "count": 40},
            {"reason": "store_blocked", "count": 12},
        ],
    }
