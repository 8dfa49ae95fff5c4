"""A grant as its form says it, as the gateway takes it."""

from __future__ import annotations

from typing import Any

from portals.kit.formats import AmountMalformed, parse_amount
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.i18n import Words

_FIELDS = {"amount_max.amount": "amount_max", "amount_max.currency": "amount_max"}


def grant_body(form: dict[str, Any], words: Words) -> tuple[Json, dict[str, str]]:
    """Return the body to send, and what is wrong with the form by field."""
    errors: dict[str, str] = {}
    body: Json = {"role": form.get("role", "")}
    if not body["role"]:
        errors["role"] = words("grants.role_missing")
    if form.get("where") == "limited":
        departments = [code.strip().upper() for code in str(form.get("departments", "")).split(",")]
        places = {
            "regions": form["regions"],
            "departments": [code for code in departments if code],
            "stores": form["stores"],
            "companies": form["companies"],
        }
        body.update({name: values for name, values in places.items() if values})
        if not any(places.values()):
            errors["where"] = words("grants.where_missing")
    if form["services"]:
        body["services"] = form["services"]
    amount = str(form.get("amount_max", "")).strip()
    if amount:
        try:
            body["amount_max"] = {"amount": parse_amount(amount), "currency": "EUR"}
        except AmountMalformed:
            errors["amount_max"] = words("grants.amount_bad")
    return body, errors


def sort_errors(problem: GatewayProblem, words: Words) -> dict[str, str]:
    """Return a refusal by the fields of the form, or whole under no field."""
    if not problem.errors:
        return {"": problem.detail}
    sorted_by_field: dict[str, str] = {}
    for error in problem.errors:
        key = f"grants.{error.code}"
        text = words.get(key, words("grants.field_bad"))
        field = _FIELDS.get(error.field, error.field)
        sorted_by_field[field] = text.format(detail=error.detail) if "{detail}" in text else text
    return sorted_by_field
