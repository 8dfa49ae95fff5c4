"""What waits for a person is told in a sentence of its own, in both languages."""

from __future__ import annotations

from typing import get_args

import pytest

from core.contracts.engine_requests import ENGINE_REQUESTS
from core.contracts.reasons import Reason
from core.transactions.bookings.rules import Doubt
from portals.agent.to_check.page import GROUPS, found_by, sentence_of, step_of, technical_of
from portals.kit.i18n import load_words

REFUSED = (
    Reason.ORIGINAL_NOT_FOUND,
    Reason.ORIGINAL_DISAGREES,
    Reason.ORIGINAL_NOT_CAPTURABLE,
    Reason.ALREADY_CAPTURED,
)
LETTERS = {"refund_advice", *(each.sort for each in ENGINE_REQUESTS)} - {"other"}


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_each_doubt_and_each_refusal_has_words_of_its_own(locale: str) -> None:
    words = load_words()[locale]
    matters = [("booked_in_doubt", cause) for cause in get_args(Doubt)]
    matters += [("advice_refused", reason.name.lower()) for reason in REFUSED]
    matters += [("dead_letter", cause) for cause in LETTERS]
    told = [sentence_of(words, {"kind": kind, "causes": [cause]}) for kind, cause in matters]
    assert len(set(told)) == len(matters)
    general = {sentence_of(words, {"kind": kind, "causes": ["other"]}) for kind, _ in matters}
    assert not general & set(told)


def test_a_refused_advice_stands_under_the_tab_of_doubtful_ones() -> None:
    assert "advice_refused" in GROUPS["doubts"]


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_a_letter_whose_terminal_took_it_back_says_so(locale: str) -> None:
    words = load_words()[locale]
    plain, taken_back = (
        sentence_of(words, {"kind": "dead_letter", "causes": causes})
        for causes in (["advice"], ["advice", "taken_back"])
    )
    assert taken_back.startswith(plain)
    assert taken_back.endswith(words("to_check.happened.letter_taken_back"))


AFTER_A_REVERSAL = ("like_one_reversed", "unlike_one_reversed", "numbered_otherwise", "like_one_repeated")


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("cause", get_args(Doubt))
def test_the_step_of_a_doubt_is_one_that_its_payment_offers(locale: str, cause: str) -> None:
    words = load_words()[locale]
    step = step_of(words, {"kind": "booked_in_doubt", "causes": [cause]})
    cancels, waits = ("annulez", "fin de journée") if locale == "fr" else ("cancel", "end of day")
    # A payment made on line can be cancelled at once: nobody waits for the night.
    assert (cancels in step) == (cause in AFTER_A_REVERSAL)
    assert (waits in step) == (cause not in {*AFTER_A_REVERSAL, "repeated_late"})


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_a_payment_made_on_line_is_not_called_an_advice(locale: str) -> None:
    words = load_words()[locale]
    for name in ("to_check.group.doubts", "matter_kind.booked_in_doubt"):
        assert not any(word in words(name).lower() for word in ("avis", "advice"))


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_a_refund_made_off_line_says_who_settles_it_and_by_what_it_is_found(locale: str) -> None:
    words = load_words()[locale]
    matter = {
        "kind": "dead_letter",
        "causes": ["refund_advice"],
        "last_result": "money given back off line",
        "said": {
            "card_last_four": "4242",
            "stan": "000123",
            "approval_code": "OFF123",
            "local_time": "1129103005",
        },
    }
    assert ("remboursez-le ici" if locale == "fr" else "refund it here") in step_of(words, matter)
    assert [text for _, text in found_by(words, matter)] == [
        "•••• 4242",
        "29/11",
        "10:30:05",
        "000123",
        "OFF123",
    ]
    assert technical_of(words, matter) == ""


def test_what_the_books_say_of_a_letter_is_in_the_language_of_the_page() -> None:
    words = load_words()["fr"]
    for reason in ("another message has its number", "unknown terminal"):
        assert technical_of(words, {"causes": ["advice"], "last_result": reason}) != reason


def test_what_a_terminal_does_not_say_is_not_shown_as_noughts() -> None:
    words = load_words()["fr"]
    said = {"card_last_four": "", "stan": "", "approval_code": "", "local_time": "0000000000"}
    assert found_by(words, {"said": said}) == []
    assert found_by(words, {}) == []


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_a_refused_reversal_says_who_pays_and_that_it_is_refunded_in_whole_or_in_part(locale: str) -> None:
    words = load_words()[locale]
    matters = [{"kind": "reversal_refused", "causes": [cause]} for cause in ("whole", "part")]
    charged, refund = ("débité", "remboursez") if locale == "fr" else ("charged", "refund")
    sentences, steps = [sentence_of(words, one) for one in matters], [step_of(words, one) for one in matters]
    assert all(charged in one for one in sentences)
    assert all(refund in one for one in steps)
    assert len({*sentences, *steps}) == 4
    assert "reversal_refused" in GROUPS["reversals"]
