"""What waits for a person is told in a sentence of its own, in both languages."""

from __future__ import annotations

from typing import get_args

import pytest

from core.contracts.engine_requests import ENGINE_REQUESTS
from core.contracts.reasons import Reason
from core.transactions.bookings.rules import Doubt
from portals.agent.to_check.page import GROUPS, sentence_of
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
