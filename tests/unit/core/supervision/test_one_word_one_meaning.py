"""What was claimed from the acquirer is called one thing on pages, in files and in what agents read."""

from __future__ import annotations

import tomllib
from pathlib import Path

from core.contracts.states import EventKind, Kind, State
from core.supervision.exports.words import KINDS, STATES, TITLES
from core.transactions.desk.views import EVENT_TITLES, STATE_NAMES
from core.transactions.reasons import REASONS
from core.transactions.reasons_kinds import words_of

WORDS = Path(__file__).parents[4] / "portals/kit/words"


def test_a_state_is_called_in_a_file_what_it_is_called_on_a_page() -> None:
    shown = tomllib.loads((WORDS / "states.toml").read_text())["state"]["transaction"]
    assert {state: list(words) for state, words in STATES.items()} == {
        state: shown[name] for state, name in STATE_NAMES.items()
    }


def test_captured_is_the_word_for_what_was_claimed_and_the_figure_alone_is_called_otherwise() -> None:
    pages = [tomllib.loads(path.read_text()) for path in WORDS.parents[1].glob("agent/*/words.toml")]
    counter = tomllib.loads((WORDS / "transactions.toml").read_text())["counter"]
    assert counter["gross"][0] == "Encaissé brut"
    assert TITLES["captured_amount"] == ("Montant capturé", "Captured amount")
    assert list(TITLES["captured_amount"]) in [
        group["captured_amount"] for page in pages for group in page.values() if "captured_amount" in group
    ]
    said = [title for titles in EVENT_TITLES.values() for title in titles]
    for reason in REASONS:
        for kind in Kind:
            said += words_of(reason, kind=kind, state=State.DECLINED, locale="fr")
    assert [text for text in said if "encaiss" in text.lower()] == []
    assert EVENT_TITLES[EventKind.CAPTURED] == ("Capturée", "Captured")
    assert KINDS[Kind.COMPLETION] == ("Finalisation", "Completion")
