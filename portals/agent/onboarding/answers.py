"""From a form of one step to the answers that the gateway keeps."""

from __future__ import annotations

import re

from portals.agent.companies.saving import CONTACT_FIELDS, STORE_FIELDS
from portals.kit.formats import AmountMalformed, parse_amount
from portals.kit.gateway import Json
from portals.kit.i18n import Words
from portals.kit.vocabulary import DOCUMENT_KINDS, SERVICE_KINDS

GROUPS_MAX = 20
TERMINALS_MAX = 10_000
MERCHANT_FIELDS = ("trade_name", "siren", "activity", "note")
COMPANY_FIELDS = (
    "account_id",
    "account_name",
    "legal_name",
    "legal_form",
    "vat",
    "street",
    "postcode",
    "city",
    "iban",
)
_GROUP = re.compile(r"^(stores|contacts)\.([0-9]{1,2})\.")


def answers_of(words: Words, step: str, form: dict[str, str]) -> tuple[Json | list[Json], dict[str, str]]:
    """Return what a step's form says, and what of it cannot be sent at all."""
    match step:
        case "merchant":
            return {**fields_of(form, MERCHANT_FIELDS, prefix="merchant.")}, {}
        case "company":
            return {**fields_of(form, COMPANY_FIELDS, prefix="company.")}, {}
        case "stores":
            return _groups(form, "stores", STORE_FIELDS), {}
        case "contacts":
            return _groups(form, "contacts", CONTACT_FIELDS), {}
        case "services":
            return _services(words, form)
        case "documents":
            return {
                "wanted": [kind for kind in DOCUMENT_KINDS if form.get(f"documents.wanted.{kind}")],
                "received": [kind for kind in DOCUMENT_KINDS if form.get(f"documents.received.{kind}")],
            }, {}
        case _:
            reason = form.get("review.not_duplicate_reason", form.get("not_duplicate_reason", ""))
            return {"not_duplicate_reason": reason.strip()}, {}


def fields_of(form: dict[str, str], names: tuple[str, ...], *, prefix: str) -> dict[str, str]:
    """Return the fields of a body as they were typed."""
    return {name: form.get(prefix + name, "").strip() for name in names}


def _groups(form: dict[str, str], step: str, names: tuple[str, ...]) -> list[Json]:
    """Return the stores or the people of a form, without the one whose button was pressed to take it out."""
    found = {int(match[2]) for name in form if (match := _GROUP.match(name)) and match[1] == step}
    removed = form.get("remove", "")
    kept = [number for number in sorted(found)[:GROUPS_MAX] if str(number) != removed]
    return [{**fields_of(form, names, prefix=f"{step}.{number}.")} for number in kept]


def _services(words: Words, form: dict[str, str]) -> tuple[Json, dict[str, str]]:
    errors: dict[str, str] = {}
    terminals = form.get("services.terminals", "").strip() or "0"
    if not terminals.isascii() or not terminals.isdigit() or int(terminals[:9]) > TERMINALS_MAX:
        errors["services.terminals"] = words("onboarding.terminals_wrong")
        terminals = "0"
    volume = 0
    try:
        volume = parse_amount(form.get("services.volume", "").strip() or "0")
    except AmountMalformed:
        errors["services.volume"] = words("onboarding.volume_wrong")
    kinds = [kind for kind in SERVICE_KINDS if form.get(f"services.kind.{kind}")]
    return {"kinds": kinds, "terminals": int(terminals), "monthly_volume_minor": volume}, errors
