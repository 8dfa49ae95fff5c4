"""A grant as its form says it, as the gateway takes it."""

from __future__ import annotations

from typing import Final

from portals.kit.forms import Form, Wording
from portals.kit.gateway import Json

WORDING: Final = Wording(
    field_of=lambda name: "amount_max" if name.startswith("amount_max.") else name,
    codes="grants.",
    otherwise="grants.field_bad",
)
PLACES: Final = ("regions", "stores", "companies", "services")


def grant_body(form: Form) -> Json:
    """Return the body to send; what is wrong with the form is noted by field."""
    body: Json = {"role": form["role"]}
    if not body["role"]:
        form.error("role", "grants.role_missing")
    if form["where"] == "limited":
        departments = [code.strip().upper() for code in form["departments"].split(",")]
        places = {
            **{name: form.fields[name] for name in ("regions", "stores", "companies")},
            "departments": [code for code in departments if code],
        }
        body.update({name: values for name, values in places.items() if values})
        if not any(places.values()):
            form.error("where", "grants.where_missing")
    if form.fields["services"]:
        body["services"] = form.fields["services"]
    if (amount := form.amount("amount_max", "grants.amount_bad")) is not None:
        body["amount_max"] = {"amount": amount, "currency": "EUR"}
    return body
