"""Identifiers, addresses and people of merchants: what is right, how it is kept, what is wrong by its code.

Each check returns the text as it is kept, and a code of words.PROBLEMS when it cannot be kept. Empty is never wrong
here: whether a field may be empty is the form's business.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final, NamedTuple

import phonenumbers
from stdnum import iban as iban_numbers
from stdnum import luhn
from stdnum.fr import siret as siret_numbers
from stdnum.fr import tva as vat_numbers

from core.values.regions import department_of, is_in_monaco
from core.values.zones import TIME_ZONES

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
_ACTIVITY: Final = re.compile(r"^([0-9]{2})([0-9]{2})([A-Z])$")
_EMAIL: Final = re.compile(
    r"^[^\s@,;:<>()\[\]\"\\]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,22}[^\W_]$"
)
_FRENCH_PLACES: Final = ("FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "PF", "NC", "WF")
_NO_SIREN: Final = "000"
"""How the numbers begin that Monaco's companies have for VAT alone: nobody in France has one."""

_BETWEEN: Final = frozenset(".\u00b7\u2022\u2027\u2212")
_NO_ESTABLISHMENT: Final = "00000"
_EXTENSION: Final = re.compile(r"[0-9)]\W*(?:ext|extension|poste|x|#|;ext=)\W*[0-9]{1,7}\W*", re.IGNORECASE)
_DIALLED: Final = re.compile(r"\+?[0-9 ()./-]+")


class Checked(NamedTuple):
    """A value as it is kept, and the code of what is wrong with it."""

    value: str
    code: str | None = None


Check = Callable[[str], Checked]


def one_line(text: str) -> str:
    """Return a text without spaces around it or doubled within."""
    return " ".join(text.split())


def _compact(text: str) -> str:
    """Return an identifier without what people put between its parts: blanks, dashes, points, and what is invisible.

    Digits and letters of full width are the plain ones: a Japanese keyboard or a scanner made them.
    """
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKC", text)
        if unicodedata.category(letter) not in ("Cc", "Cf", "Pd", "Zs", "Zl", "Zp") and letter not in _BETWEEN
    )


def check_siren(text: str) -> Checked:
    """Nine digits, the last by Luhn. Source: INSEE, identifiant SIREN."""
    digits = _compact(text)
    if not digits:
        return Checked("")
    if not _is_digits(digits) or len(digits) != 9:
        return Checked(one_line(text), "siren_shape")
    right = luhn.is_valid(digits) and not digits.startswith(_NO_SIREN)
    return Checked(digits, None if right else "siren_key")


def check_siret(text: str, siren: str = "") -> Checked:
    """The company's nine digits and five more, by Luhn; for La Poste the sum of the digits is a multiple of 5.

    Source: INSEE, identifiant SIRET, and its exception for SIREN 356000000.
    """
    digits = _compact(text)
    if not digits:
        return Checked("")
    if not _is_digits(digits) or len(digits) != 14:
        return Checked(one_line(text), "siret_shape")
    unknown = digits.startswith(_NO_SIREN) or digits.endswith(_NO_ESTABLISHMENT)
    if unknown or not siret_numbers.is_valid(digits):
        return Checked(digits, "siret_key")
    if siren and digits[:9] != siren:
        return Checked(digits, "siret_of_other_company")
    return Checked(digits)


def check_vat(text: str, siren: str = "") -> Checked:
    """FR, a key of two, the SIREN. Source: code général des impôts, art. 286 ter; the key is (12 + 3 x SIREN) mod 97."""
    compact = _compact(text).upper()
    if not compact:
        return Checked("")
    if not re.fullmatch(r"FR[0-9A-Z]{2}[0-9]{9}", compact):
        return Checked(one_line(text), "vat_shape")
    if compact[4:].startswith(_NO_SIREN) or not vat_numbers.is_valid(compact):
        return Checked(compact, "vat_key")
    if siren and compact[4:] != siren:
        return Checked(compact, "vat_of_other_company")
    return Checked(compact)


def check_iban(text: str) -> Checked:
    """Country, two digits of modulo 97, the country's own shape. Source: ISO 13616."""
    compact = _compact(text).upper()
    if not compact:
        return Checked("")
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}", compact):
        return Checked(one_line(text), "iban_shape")
    # The key is 98 less a remainder: 02 to 98. An account of zeros has a right key and is nobody's.
    right = "02" <= compact[2:4] <= "98" and compact[4:].strip("0") != ""
    right = right and iban_numbers.is_valid(compact, check_country=False)
    return Checked(compact, None if right else "iban_key")


def check_postcode(text: str) -> Checked:
    """A French postcode that lies in a department."""
    digits = _compact(text)
    if not digits:
        return Checked("")
    if not _is_digits(digits) or len(digits) != 5:
        return Checked(one_line(text), "postcode_shape")
    if is_in_monaco(digits):
        return Checked(digits, "postcode_monaco")
    return Checked(digits, None if department_of(digits) else "postcode_unknown")


def check_phone(text: str) -> Checked:
    """A number that can be called, kept as E.164; without a country it is French, overseas included.

    Nothing that was typed is left out: an extension and a second number are refused, and letters are no digits.
    """
    asked = one_line(text)
    if not asked:
        return Checked("")
    plain = "".join(map(_plain_letter, asked))
    if _EXTENSION.search(plain):
        return Checked(asked, "phone_extension")
    if _DIALLED.fullmatch(plain) is None:
        return Checked(asked, "phone_malformed")
    for place in _FRENCH_PLACES:
        try:
            number = phonenumbers.parse(plain, place)
        except phonenumbers.NumberParseException:
            return Checked(asked, "phone_malformed")
        if phonenumbers.is_valid_number(number) and _says_all(plain, number):
            return Checked(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return Checked(asked, "phone_malformed")


def _plain_letter(letter: str) -> str:
    """Return a digit of any script as 0 to 9, any dash as `-` and any blank as a blank; others as they are."""
    match unicodedata.category(letter):
        case "Nd":
            return str(unicodedata.decimal(letter))
        case "Pd":
            return "-"
        case "Zs":
            return " "
    return {"\u2212": "-", "\uff0b": "+"}.get(letter, letter)


def _says_all(typed: str, number: phonenumbers.PhoneNumber) -> bool:
    """Return whether every digit that was typed is in the number, or in front of it as one dials."""
    digits = re.sub("[^0-9]", "", typed)
    significant = phonenumbers.national_significant_number(number)
    before = digits.removesuffix(significant)
    return digits.endswith(significant) and (
        re.fullmatch(f"(?:(?:00)?{number.country_code})?0?", before) is not None
    )


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
    compact = _compact(text).upper()
    if not compact:
        return Checked("")
    found = _ACTIVITY.match(compact)
    return Checked(f"{found[1]}.{found[2]}{found[3]}") if found else Checked(one_line(text), "activity_shape")


def check_time_zone(text: str) -> Checked:
    """A time zone of a French territory, by its IANA name; empty for that of the department."""
    name = one_line(text)
    return Checked(name, None if not name or name in TIME_ZONES else "time_zone_unknown")


def check_category(text: str) -> Checked:
    """A merchant category code of four digits. Source: ISO 18245."""
    digits = _compact(text)
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
