"""What the forms of merchants share: the fields of a body, and what the gateway found wrong with them."""

from __future__ import annotations

from collections.abc import Iterable

from portals.kit.desk import Desk
from portals.kit.gateway import GatewayProblem, Json

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
_LINE_CHARACTERS_MAX = 200


def fields_of(form: dict[str, str], names: Iterable[str], *, prefix: str = "") -> dict[str, str]:
    """Return the fields of a body as they were typed."""
    return {name: form.get(prefix + name, "").strip()[:_LINE_CHARACTERS_MAX] for name in names}


def errors_of(desk: Desk, problem: GatewayProblem) -> dict[str, str]:
    """Return field -> what is wrong with it; what belongs to no field stands under the empty name.

    Raises: the problem itself, when the page cannot go on with it.
    """
    if problem.is_beyond_the_form:
        raise problem
    if problem.code == "changed_meanwhile":
        # No field is wrong: the form shows what the colleague saved, and in which fields both wrote.
        return {"": _conflict(desk, problem)}
    errors = {each.field: each.detail or problem.detail for each in problem.errors}
    return errors or {"": problem.detail}


def _conflict(desk: Desk, problem: GatewayProblem) -> str:
    """Return who saved meanwhile, and when."""
    writers = {each.detail.partition(" : «")[0] for each in problem.errors if not each.detail.isdigit()}
    who = " ; ".join(sorted(filter(None, writers)))
    return desk.words("merchants.conflict", who=who) if who else desk.words("merchants.conflict_unsaid")


async def duplicates_of(desk: Desk, asked: dict[str, str]) -> list[Json]:
    """Return who may be the same merchant."""
    found = await desk.gateway.post("/v1/merchants/duplicates", dict(asked))
    return found["data"]


def key_of(form: dict[str, str]) -> str | None:
    """Return the key under which a form acts once, however often it is sent."""
    return form.get("idempotency_key", "")[:255] or None
