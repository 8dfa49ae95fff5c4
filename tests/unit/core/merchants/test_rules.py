"""Identifiers, places and people of merchants: what is kept, and what is refused by which name."""

from __future__ import annotations

import pytest

from core.contracts.merchants import CompanyFields, ContactFields, StoreFields
from core.merchants import rules
from core.merchants.forms import Wrong, check_company, check_contact, check_store, problems_of
from core.merchants.words import PROBLEMS
from core.values.regions import DEPARTMENTS


@pytest.mark.parametrize(
    ("check", "typed", "kept", "code"),
    [
        (rules.check_siren, "732 829 320", "732829320", None),
        (rules.check_siren, "356000000", "356000000", None),
        (rules.check_siren, "732829321", "732829321", "siren_key"),
        (rules.check_siren, "73282932", "73282932", "siren_shape"),
        (rules.check_siren, "73282932٠", "73282932٠", "siren_shape"),
        (rules.check_siret, "732 829 320 00074", "73282932000074", None),
        (rules.check_siret, "73282932000075", "73282932000075", "siret_key"),
        # La Poste: the sum of the digits is a multiple of 5; its head office passes Luhn all the same.
        (rules.check_siret, "35600000000048", "35600000000048", None),
        (rules.check_siret, "35600000049837", "35600000049837", None),
        (rules.check_siret, "35600000049838", "35600000049838", "siret_key"),
        (rules.check_siret, "7328293200007", "7328293200007", "siret_shape"),
        # Numbers of zeros pass every check digit, and Monaco's begin with three of them: nobody in France has one.
        (rules.check_siren, "000000000", "000000000", "siren_key"),
        (rules.check_siren, "000000018", "000000018", "siren_key"),
        (rules.check_siret, "00000000000000", "00000000000000", "siret_key"),
        (rules.check_siret, "73282932000000", "73282932000000", "siret_key"),
        (rules.check_vat, "FR00000000000", "FR00000000000", "vat_key"),
        (rules.check_iban, "FR76 0000 0000 0000 0000 0000 000", "FR7600000000000000000000000", "iban_key"),
        # As they are pasted from a web page, a table or a scan.
        (rules.check_siren, "732\u00a0829\u202f320", "732829320", None),
        (rules.check_siren, "732-829.320", "732829320", None),
        (rules.check_siren, "\uff17\uff13\uff12829320", "732829320", None),
        (rules.check_siret, "732 829 320\u201100074\u200b", "73282932000074", None),
        (rules.check_vat, "FR-40.303\u00a0265 045", "FR40303265045", None),
        (rules.check_iban, "FR76-3000-6000\u20110112\u200b34567890189", "FR7630006000011234567890189", None),
        (rules.check_postcode, "75\u00a0014", "75014", None),
        (rules.check_postcode, "98000", "98000", "postcode_monaco"),
        (rules.check_vat, "fr 40 303 265 045", "FR40303265045", None),
        (rules.check_vat, "FR41303265045", "FR41303265045", "vat_key"),
        (rules.check_vat, "DE136695976", "DE136695976", "vat_shape"),
        (rules.check_iban, "FR76 3000 6000 0112 3456 7890 189", "FR7630006000011234567890189", None),
        (rules.check_iban, "be68539007547034", "BE68539007547034", None),
        (rules.check_iban, "FR7630006000011234567890188", "FR7630006000011234567890188", "iban_key"),
        (rules.check_iban, "30006000011234567890189", "30006000011234567890189", "iban_shape"),
        (rules.check_phone, "01 42 68 53 00", "+33142685300", None),
        (rules.check_phone, "+33 (0)1 42 68 53 00", "+33142685300", None),
        (rules.check_phone, "0262 20 20 20", "+262262202020", None),
        (rules.check_phone, "+32 2 555 12 12", "+3225551212", None),
        (rules.check_phone, "12", "12", "phone_malformed"),
        (rules.check_phone, "01.42\u00a068\u201153-00", "+33142685300", None),
        (rules.check_phone, "0033 1 42 68 53 00", "+33142685300", None),
        (rules.check_phone, "01 42 68 53 00 ext. 12", "01 42 68 53 00 ext. 12", "phone_extension"),
        (rules.check_phone, "01 42 68 53 00 poste 12", "01 42 68 53 00 poste 12", "phone_extension"),
        (rules.check_phone, "01 42 68 53 00;ext=12", "01 42 68 53 00;ext=12", "phone_extension"),
        (rules.check_phone, "01 42 68 53 00#12", "01 42 68 53 00#12", "phone_extension"),
        (rules.check_phone, "0142 CALLME", "0142 CALLME", "phone_malformed"),
        (
            rules.check_phone,
            "01 42 68 53 00 / 06 12 34 56 78",
            "01 42 68 53 00 / 06 12 34 56 78",
            "phone_malformed",
        ),
        (rules.check_phone, "call me", "call me", "phone_malformed"),
        (rules.check_email, " Inès.M@Exemple.FR ", "Inès.M@exemple.fr", None),
        (rules.check_email, "ines@exemple", "ines@exemple", "email_malformed"),
        (rules.check_email, "ines@@exemple.fr", "ines@@exemple.fr", "email_malformed"),
        (rules.check_email, "a b@exemple.fr", "a b@exemple.fr", "email_malformed"),
        (rules.check_activity, "4711f", "47.11F", None),
        (rules.check_activity, "47.1", "47.1", "activity_shape"),
        (rules.check_category, "5411", "5411", None),
        (rules.check_category, "541", "541", "category_shape"),
    ],
)
def test_a_value_is_kept_clean_or_refused_by_name(
    check: rules.Check, typed: str, kept: str, code: str | None
) -> None:
    assert check(typed) == (kept, code)


def test_nothing_typed_is_never_wrong() -> None:
    for check in (
        rules.check_siren,
        rules.check_siret,
        rules.check_vat,
        rules.check_iban,
        rules.check_postcode,
        rules.check_phone,
        rules.check_email,
        rules.check_activity,
        rules.check_category,
    ):
        assert check("") == ("", None)


@pytest.mark.parametrize(
    ("postcode", "department"),
    [
        ("75014", "75"),
        ("01000", "01"),
        ("95880", "95"),
        ("20000", "2A"),
        ("20167", "2A"),
        ("20200", "2B"),
        ("20620", "2B"),
        ("97110", "971"),
        ("97460", "974"),
        ("97600", "976"),
        ("97133", "977"),
        ("97150", "978"),
        ("98800", "988"),
        ("97500", "975"),
        ("97700", "977"),
        ("98411", "984"),
        ("98600", "986"),
        ("98714", "987"),
        ("98799", "989"),
        ("00100", None),
        ("96000", None),
        ("97900", None),
        ("98000", None),
        ("7501", None),
    ],
)
def test_a_postcode_lies_in_a_department(postcode: str, department: str | None) -> None:
    assert rules.department_of(postcode) == department


def test_wherever_a_store_may_stand_a_grant_may_hold() -> None:
    found = {rules.department_of(f"{number:05d}") for number in range(100_000)} - {None}
    assert found == DEPARTMENTS
    assert {"2A", "2B", "971", "977", "978", "984", "986", "989"} <= DEPARTMENTS
    assert "980" not in DEPARTMENTS
    assert "20" not in DEPARTMENTS


def test_identifiers_of_one_company_agree() -> None:
    company = CompanyFields(
        legal_name="  Belle   Rive ",
        siren="732 829 320",
        vat="FR40303265045",
        street="1 rue A",
        postcode="20200",
        city="Bastia",
    )
    kept, wrong = check_company(company)
    assert kept.legal_name == "Belle Rive"
    assert wrong == [Wrong("vat", "vat_of_other_company")]
    store = StoreFields(
        name="A", siret="73282932000074", merchant_category="5411", street="b", postcode="75001", city="Paris"
    )
    assert check_store(store, "732829320")[1] == []
    assert check_store(store, "303265045")[1] == [Wrong("siret", "siret_of_other_company")]


def test_an_empty_form_names_every_field_that_is_needed() -> None:
    assert [each.field for each in check_company(CompanyFields())[1]] == [
        "legal_name",
        "siren",
        "street",
        "postcode",
        "city",
    ]
    assert [each.code for each in check_contact(ContactFields(name="A", role="owner"))[1]] == [
        "phone_or_email"
    ]
    (told,) = problems_of([Wrong("siren", "siren_key")], "en", under="company.")
    assert (told.field, told.code) == ("company.siren", "siren_key")
    assert told.detail.startswith("No such SIREN")


def test_every_problem_has_words_in_both_languages() -> None:
    assert all(french and english and french != english for french, english in PROBLEMS.values())
