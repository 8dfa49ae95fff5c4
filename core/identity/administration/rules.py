"""Pure decisions of administration: what a grant may say, and over which of one's own areas somebody may give it."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from core.contracts.administration import AMOUNT_MINOR_MAX, CURRENCY, PLACES_MAX, SERVICE_KINDS, GiveGrant
from core.contracts.desk import FieldProblem
from core.contracts.operations import RIGHTS
from core.contracts.permissions import Right
from core.contracts.scope import Scope
from core.identity.model import SignedIn
from core.values.regions import DEPARTMENTS, REGIONS

_CODE: Final = re.compile(r"[a-z][a-z_]{1,39}")

REGION_CODES, REGION_DEPARTMENTS = (
    [code for code, (_, departments) in REGIONS.items() for _ in departments],
    [department for _, departments in REGIONS.values() for department in departments],
)
"""Each region with each of its departments: parallel arrays bound as SQL parameters."""


def problems_of_grant(request: GiveGrant) -> list[FieldProblem]:
    """Return what is wrong with a grant, as far as no directory is needed to see it."""
    found = [
        *_unknown("regions", request.regions, REGIONS),
        *_unknown("departments", request.departments, DEPARTMENTS),
        *_unknown("services", request.services, SERVICE_KINDS),
    ]
    for field in ("regions", "departments", "stores", "companies", "services"):
        values: list[object] | None = getattr(request, field)
        if values is None:
            continue
        if not values:
            # An empty list would hold nothing at all; whoever means everywhere leaves the field out.
            found.append(FieldProblem(field, "empty", "name at least one, or leave the field out"))
        elif len(values) > PLACES_MAX:
            found.append(FieldProblem(field, "too_many", f"at most {PLACES_MAX}"))
        elif len(set(values)) < len(values):
            found.append(FieldProblem(field, "repeated", "each one once"))
    if request.amount_max is not None and request.amount_max.currency != CURRENCY:
        found.append(FieldProblem("amount_max.currency", "unknown_value", CURRENCY))
    if request.amount_max is not None and not 0 < request.amount_max.amount <= AMOUNT_MINOR_MAX:
        found.append(
            FieldProblem("amount_max", "out_of_range", f"1 EUR cents to {AMOUNT_MINOR_MAX} EUR cents")
        )
    return found


def problems_of_role(code: str, name_fr: str | None, name_en: str | None) -> list[FieldProblem]:
    """Return what is wrong with a role's code and names; a name that is None is not looked at."""
    found = []
    if not _CODE.fullmatch(code):
        found.append(FieldProblem("code", "malformed", "2 to 40 lower-case letters and underscores"))
    for field, name in (("name_fr", name_fr), ("name_en", name_en)):
        if name is not None and not (1 <= len(name.strip()) <= 80 and name.isprintable()):
            found.append(FieldProblem(field, "malformed", "1 to 80 characters"))
    return found


def problems_of_permissions(permissions: Sequence[str]) -> list[FieldProblem]:
    """Return the permissions that do not exist."""
    return _unknown("permissions", permissions, RIGHTS)


def scope_to_give(giver: SignedIn, permission: Right, amount_max_minor: int | None) -> Scope:
    """Return where somebody may give a permission: where they hold it, for at least that amount."""
    return Scope(
        tuple(
            dict.fromkeys(
                grant.area
                for grant in giver.grants
                if permission in grant.permissions
                and (
                    grant.amount_max_minor is None
                    or (amount_max_minor is not None and amount_max_minor <= grant.amount_max_minor)
                )
            )
        )
    )


def administers_everything(caller: SignedIn) -> bool:
    """Return whether somebody is an administrator of the whole: they may give what they do not hold themselves."""
    return any(
        grant.role == "administrator"
        and Scope((grant.area,)).is_everything
        and grant.amount_max_minor is None
        for grant in caller.grants
    )


def _unknown(field: str, values: Sequence[str] | None, known: Collection[str]) -> list[FieldProblem]:
    return [
        FieldProblem(field, "unknown_value", value[:40])
        for value in (values or ())[:20]
        if value not in known
    ]
