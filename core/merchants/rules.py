"""Identifiers, addresses and people of merchants: what is right, how it is kept, what is wrong by its code.

Each check returns the text as it is kept, and a code of words.PROBLEMS when it cannot be kept. Empty is never wrong
here: whether a field may be empty is the form's business.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

import phonenumbers
from stdnum import iban as iban_numbers
from stdnum import luhn
from stdnum.fr import siret as siret_numbers
from stdnum.fr import tva as vat_numbers

CONTACT_ROLES: Final = ("owner", "manager", "accounting", "technical", "other")
LEGAL_FORMS: Final = (
    "EI",
    "EURL",
    "SARL",
    "SAS",
    "SASU",
    "SA",
    "SNC",
    "SCOP",
    "SCI",
    "GIE",
    "Association",
    "Établissement public",
)
_SPACES: Final = re.compile(r"[\s.\u00a0\u202f-]+")
_ACTIVITY: Final = re.compile(r"^([0-9]{2})([0-9]{2})([A-Z])$")
_EMAIL: Final = re.compile(
    r"^[^\s@,;:<>()\[\]\"\\]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,22}[^\W_]$"
)
_FRENCH_PLACES: Final = ("FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "PF", "NC", "WF")
_ISLANDS: Final = {"97133": "977", "97150": "978"}
_BEYOND_SEAS: Final = frozenset({"971", "972", "973", "974", "975", "976", "977", "978", "986", "987", "988"})


class Checked(NamedTuple):
    """A value as it is kept, and the code of what is wrong with it."""

    value: str
    code: str | None = None


Check = Callable[[str], Checked]


def one_line(text: str) -> str:
    """Return a text without spaces around it or doubled within."""
    return " ".join(text.split())


def check_siren(text: str) -> Checked:
    """Nine digits, the last by Luhn. Source: INSEE, identifiant SIREN."""
    digits = _SPACES.sub("", text)
    if not digits:
        return Checked("")
    if not _is_digits(digits) or len(digits) != 9:
        return Checked(one_line(text), "siren_shape")
    return Checked(digits, None if luhn.is_valid(digits) else "siren_key")


def check_siret(text: str, siren: str = "") -> Checked:
    """The company's nine digits and five more, by Luhn; for La Poste the sum of the digits is a multiple of 5.

    Source: INSEE, identifiant SIRET, and its exception for SIREN 356000000.
    """
    digits = _SPACES.sub("", text)
    if not digits:
        return Checked("")
    if not _is_digits(digits) or len(digits) != 14:
        return Checked(one_line(text), "siret_shape")
    if not siret_numbers.is_valid(digits):
        return Checked(digits, "siret_key")
    if siren and digits[:9] != siren:
        return Checked(digits, "siret_of_other_company")
    return Checked(digits)


def check_vat(text: str, siren: str = "") -> Checked:
    """FR, a key of two, the SIREN. Source: code général des impôts, art. 286 ter; the key is (12 + 3 x SIREN) mod 97."""
    compact = _SPACES.sub("", text).upper()
    if not compact:
        return Checked("")
    if not re.fullmatch(r"FR[0-9A-Z]{2}[0-9]{9}", compact):
        return Checked(one_line(text), "vat_shape")
    if not vat_numbers.is_valid(compact):
        return Checked(compact, "vat_key")
    if siren and compact[4:] != siren:
        return Checked(compact, "vat_of_other_company")
    return Checked(compact)


def check_iban(text: str) -> Checked:
    """Country, two digits of modulo 97, the country's own shape. Source: ISO 13616."""
    compact = _SPACES.sub("", text).upper()
    if not compact:
        return Checked("")
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}", compact):
        return Checked(one_line(text), "iban_shape")
    return Checked(compact, None if iban_numbers.is_valid(compact, check_country=False) else "iban_key")


def check_postcode(text: str) -> Checked:
    """A French postcode that lies in a department."""
    digits = _SPACES.sub("", text)
    if not digits:
        return Checked("")
    if not _is_digits(digits) or len(digits) != 5:
        return Checked(one_line(text), "postcode_shape")
    return Checked(digits, None if department_of(digits) else "postcode_unknown")


def department_of(postcode: str) -> str | None:
    """Return the department of a French postcode; None for one that is not in France.

    Corsica's 20xxx is 2A up to 201xx and 2B after; overseas the first three digits say it, except for
    Saint-Barthélemy and Saint-Martin, which kept postcodes of Guadeloupe. A dozen communes have the postcode of
    the department beside theirs; they count there.
    """
    if len(postcode) != 5 or not _is_digits(postcode):
        return None
    if postcode in _ISLANDS:
        return _ISLANDS[postcode]
    if postcode.startswith(("97", "98")):
        return postcode[:3] if postcode[:3] in _BEYOND_SEAS else None
    if postcode.startswith("20"):
        return "2A" if postcode < "20200" else "2B"
    return postcode[:2] if "01" <= postcode[:2] <= "95" else None


def check_phone(text: str) -> Checked:
    """A number that can be called, kept as E.164; without a country it is French, overseas included."""
    asked = one_line(text)
    if not asked:
        return Checked("")
    for place in _FRENCH_PLACES:
        try:
            number = phonenumbers.parse(asked, place)
        except phonenumbers.NumberParseException:
            return Checked(asked, "phone_malformed")
        if phonenumbers.is_valid_number(number):
            return Checked(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return Checked(asked, "phone_malformed")


def check_email(text: str) -> Checked:
    """One address; the domain in small letters. Whether somebody reads it, only a message can tell."""
    asked = text.strip()
    if not asked:
        return Checked("")
    if len(asked) > 254 or ".." in asked or not asked.isprintable() or not _EMAIL.match(asked):
        return Checked(asked, "email_malformed")
    local, _, domain = asked.rpartition("@")
    return Checked(f"{local}@{domain.lower()}")


def check_activity(text: str) -> Checked:
    """A NAF code, kept as 47.11F. Source: INSEE, NAF rev. 2."""
    compact = _SPACES.sub("", text).upper()
    if not compact:
        return Checked("")
    found = _ACTIVITY.match(compact)
    return Checked(f"{found[1]}.{found[2]}{found[3]}") if found else Checked(one_line(text), "activity_shape")


def check_category(text: str) -> Checked:
    """A merchant category code of four digits. Source: ISO 18245."""
    digits = _SPACES.sub("", text)
    if not digits:
        return Checked("")
    if not re.fullmatch(r"[0-9]{4}", digits) or digits == "0000":
        return Checked(one_line(text), "category_shape")
    return Checked(digits)


def check_role(text: str) -> Checked:
    """One of CONTACT_ROLES."""
    return Checked(text, None if not text or text in CONTACT_ROLES else "role_unknown")


def masked_iban(iban: str) -> tuple[str, str]:
    """Return what a list may show: the country and the last four."""
    return iban[:2], iban[-4:]


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
