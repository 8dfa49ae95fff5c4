"""What the forms of merchants share: their fields, and who may be the same merchant."""

from __future__ import annotations

from portals.kit.gateway import Json
from portals.kit.visit import Visit

COMPANY_FIELDS = (
    "legal_name",
    "siren",
    "legal_form",
    "vat",
    "activity",
    "street",
    "postcode",
    "city",
    "iban",
)
STORE_FIELDS = ("name", "siret", "merchant_category", "street", "postcode", "city", "opening", "time_zone")
CONTACT_FIELDS = ("name", "role", "email", "phone")
CONTACT_ROLES = ("owner", "manager", "accounting", "technical", "other")
LEGAL_FORMS = ("EI", "EURL", "SARL", "SAS", "SASU", "SA", "SNC", "SCOP", "SCI", "GIE", "Association")


async def duplicates_of(visit: Visit, asked: dict[str, str]) -> list[Json]:
    """Return who may be the same merchant."""
    found = await visit.gateway.post("/v1/merchants/duplicates", dict(asked))
    return found["data"]
