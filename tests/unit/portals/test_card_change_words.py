"""Each reason why a card is not changed is said, to its customer and to agents, in both languages."""

from __future__ import annotations

from typing import get_args

import pytest

from core.contracts.card_changes import CardChangeFailure, CardChangeRefusal
from portals.kit.i18n import load_words

WORDS = load_words()


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_every_reason_has_its_words(locale: str) -> None:
    asked = [f"card_change.refusal_{each}" for each in get_args(CardChangeRefusal)]
    for failure in get_args(CardChangeFailure):
        asked += [f"card_change.failure_{failure}", f"orders.card_failure_{failure}"]
    assert [key for key in asked if not WORDS[locale].get(key, "")] == []
