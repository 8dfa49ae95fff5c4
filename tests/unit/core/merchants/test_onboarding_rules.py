"""What a file lacks and whose turn it is, who is alike, and what of a scope an index can use."""

from __future__ import annotations

import pytest

from core.contracts.merchants import StoreFields
from core.contracts.onboarding import Answers, CompanyAnswers, MerchantAnswers, OnboardingState
from core.merchants.duplicates.rules import Hit, name_to_compare, needs_reason, ranked
from core.merchants.onboarding.rules import (
    STEPS,
    TRANSITIONS,
    Known,
    department_of_file,
    is_complete,
    lacking,
    tidied,
    waits_for,
)

STORE = StoreFields(
    name="A", siret="73282932000074", merchant_category="5411", street="b", postcode="20200", city="Bastia"
)
OPEN: tuple[OnboardingState, ...] = ("draft", "submitted", "returned", "validated", "handed_over")


def codes(answers: Answers, known: Known | None = None) -> dict[str, list[str]]:
    steps = lacking(answers, known or Known())
    return {step.name: [f"{w.field}:{w.code}" for w in step.wrong] for step in steps if step.wrong}


def test_an_empty_file_lacks_something_in_every_step_but_the_review() -> None:
    steps = lacking(Answers(), Known())
    assert [step.name for step in steps] == list(STEPS)
    assert [step.name for step in steps if not step.wrong] == ["review"]
    assert not any(step.started for step in steps)
    # There is nothing to review before the rest is there.
    assert not any(is_complete(step, steps) for step in steps)


def test_what_only_the_database_knows_is_named_beside_its_field() -> None:
    answers = Answers(
        merchant=MerchantAnswers(trade_name="A", siren="732829320"),
        company=CompanyAnswers(legal_name="A", street="b", postcode="75001", city="Paris"),
        stores=[STORE, STORE],
    )
    known = Known(
        siren_taken=True,
        sirets_taken=frozenset({STORE.siret}),
        account_missing=True,
        outside_area=True,
        doubtful=True,
    )
    found = codes(answers, known)
    assert found["merchant"] == ["siren:siren_taken"]
    assert found["company"] == ["account_id:account_unknown", "postcode:outside_area"]
    assert found["stores"] == ["0.siret:siret_taken", "1.siret:siret_twice"]
    assert found["review"] == ["not_duplicate_reason:duplicate_unanswered"]
    assert codes(answers)["contacts"] == ["0.name:contacts_missing"]


def test_answers_are_kept_tidy_and_wrong_ones_as_they_were_typed() -> None:
    kept = tidied(
        Answers(
            merchant=MerchantAnswers(trade_name="  La   Part ", siren="732 829 320", activity="4711f"),
            company=CompanyAnswers(account_id="acc_1", iban="FR76 1234", postcode="7500 1"),
            stores=[StoreFields(), STORE],
        )
    )
    assert (kept.merchant.trade_name, kept.merchant.siren, kept.merchant.activity) == (
        "La Part",
        "732829320",
        "47.11F",
    )
    assert (kept.company.account_id, kept.company.iban, kept.company.postcode) == (
        "acc_1",
        "FR76 1234",
        "75001",
    )
    assert kept.stores == [STORE]
    assert tidied(kept) == kept


def test_a_file_belongs_to_its_registered_address_then_to_its_first_store() -> None:
    assert department_of_file(Answers()) is None
    assert department_of_file(Answers(stores=[STORE])) == "2B"
    address = CompanyAnswers(postcode="97410")
    assert department_of_file(Answers(company=address, stores=[STORE])) == "974"


@pytest.mark.parametrize("state", OPEN)
def test_whoever_a_file_waits_for_has_a_way_on(state: OnboardingState) -> None:
    permission = waits_for(state)
    assert any(state in way.sources and way.permission == permission for way in TRANSITIONS.values())


def test_nothing_leads_out_of_an_end() -> None:
    assert waits_for("done") is None
    assert not any({"done", "abandoned"} & way.sources for way in TRANSITIONS.values())


def test_the_likeliest_comes_first_and_what_is_elsewhere_tells_nothing() -> None:
    here, there, far = bytes(16), bytes([1]) * 16, bytes([2]) * 16
    found = ranked(
        [
            Hit("company", here, "A", "75001 Paris", "name", 60, True),
            Hit("company", here, "A", "75001 Paris", "phone", 70, True),
            Hit("store", there, "Secret", "69001 Lyon", "siret", 100, False),
            Hit("store", there, "Secret", "69001 Lyon", "name", 90, False),
            Hit("company", far, "Secret too", "69001 Lyon", "email", 70, False),
        ]
    )
    assert [(one.kind, one.reasons, one.score, one.visible) for one in found] == [
        ("store", ["siret"], 100, False),
        ("company", ["phone", "name"], 78, True),
    ]
    assert (found[0].id, found[0].label, found[0].place) == (None, None, None)
    assert needs_reason(found)
    assert not needs_reason(ranked([Hit("company", here, "A", "", "name", 49, True)]))


def test_words_that_every_second_company_has_are_not_compared() -> None:
    assert name_to_compare("S.A.R.L. Groupe Ondine") == "Ondine"
    assert name_to_compare("Sardine SAS") == "Sardine"
    assert name_to_compare("SAS") == "SAS"
