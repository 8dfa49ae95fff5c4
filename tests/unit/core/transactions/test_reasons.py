"""Every reason has its meaning and its words, in both languages."""

from __future__ import annotations

import pytest

from core.contracts.reasons import Reason
from core.transactions.reasons import REASONS, meaning_of


@pytest.mark.parametrize("reason", list(Reason), ids=lambda reason: reason.name)
def test_a_reason_is_complete(reason: Reason) -> None:
    meaning = REASONS[reason]
    for words in (meaning.fr, meaning.en):
        for text in words:
            assert text.endswith((".", "?")), text
            assert 5 < len(text) < 160
    assert meaning.fr.customer != meaning.en.customer
    # A hard decline is never retried with the same card; what is no decline has no severity.
    assert not (meaning.severity == "hard" and meaning.retry)


def test_customers_are_never_accused() -> None:
    accusing = ("vol", "perdue", "fraud", "stolen", "lost", "soupçon")
    for reason in (Reason.LOST_CARD, Reason.STOLEN_CARD, Reason.SUSPECTED_FRAUD, Reason.PICK_UP_CARD):
        for words in (REASONS[reason].fr, REASONS[reason].en):
            assert not any(word in words.customer.lower() for word in accusing)


def test_a_reason_of_a_newer_version_is_an_other_decline() -> None:
    assert meaning_of(9999) is REASONS[Reason.OTHER_DECLINE]
