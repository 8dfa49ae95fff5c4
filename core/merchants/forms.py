"""Whole forms: every field checked and kept clean, every problem with its field."""

from typing import NamedTuple, TypeVar

import msgspec

from core.contracts.desk import FieldProblem
from core.contracts.merchants import CompanyFields, ContactFields, StoreFields
from core.merchants import rules
from core.merchants.words import problem_text

_Fields = TypeVar("_Fields", CompanyFields, StoreFields, ContactFields)


class Wrong(NamedTuple):
    """A field and the code of what is wrong with it."""

    field: str
    code: str


def check_company(fields: CompanyFields) -> tuple[CompanyFields, list[Wrong]]:
    """Return a company's fields as they are kept, and what is wrong with them."""
    siren = rules.check_siren(fields.siren)
    known = "" if siren.code else siren.value
    return _checked(
        fields,
        {
            "siren": siren,
            "vat": rules.check_vat(fields.vat, known),
            "activity": rules.check_activity(fields.activity),
            "postcode": rules.check_postcode(fields.postcode),
            "iban": rules.check_iban(fields.iban),
        },
        required=("legal_name", "siren", "street", "postcode", "city"),
    )


def check_store(fields: StoreFields, siren: str) -> tuple[StoreFields, list[Wrong]]:
    """Return a store's fields as they are kept, and what is wrong with them, its company's SIREN at hand."""
    return _checked(
        fields,
        {
            "siret": rules.check_siret(fields.siret, siren),
            "merchant_category": rules.check_category(fields.merchant_category),
            "time_zone": rules.check_time_zone(fields.time_zone),
            "postcode": rules.check_postcode(fields.postcode),
        },
        required=("name", "siret", "merchant_category", "street", "postcode", "city"),
    )


def check_contact(fields: ContactFields) -> tuple[ContactFields, list[Wrong]]:
    """Return a contact's fields as they are kept, and what is wrong with them."""
    kept, wrong = _checked(
        fields,
        {
            "role": rules.check_role(fields.role),
            "email": rules.check_email(fields.email),
            "phone": rules.check_phone(fields.phone),
        },
        required=("name", "role"),
    )
    if not kept.email and not kept.phone:
        wrong.append(Wrong("phone", "phone_or_email"))
    return kept, wrong


def problems_of(wrong: list[Wrong], locale: str, *, under: str = "") -> list[FieldProblem]:
    """Return the problems in the caller's words; `under` is the path of the form."""
    return [
        FieldProblem(f"{under}{each.field}", each.code, problem_text(each.code, locale)) for each in wrong
    ]


def _checked(
    fields: _Fields, checks: dict[str, rules.Checked], *, required: tuple[str, ...]
) -> tuple[_Fields, list[Wrong]]:
    kept: dict[str, str] = {}
    wrong: list[Wrong] = []
    for name, text in msgspec.structs.asdict(fields).items():
        checked = checks.get(name) or rules.Checked(rules.one_line(text))
        kept[name] = checked.value
        if checked.code is not None:
            wrong.append(Wrong(name, checked.code))
        elif name in required and not checked.value:
            wrong.append(Wrong(name, "missing"))
    return type(fields)(**kept), wrong
