"""Answers are found by the words that they share with a question; what shares too little has none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.conversations.faq.rules import Entry, Index, stem_of, terms_of

ENTRIES = [
    Entry(
        bytes([n]) * 16,
        "card",
        question,
        answer,
        keywords,
    )
    for n, (question, answer, keywords) in enumerate(
        [
            (
                "Comment changer de carte bancaire ?",
                "Dans votre espace, choisissez « Modifier ».",
                "nouvelle carte expirée",
            ),
            ("Quand serai-je prélevé ?", "Les dates figurent sur votre échéancier.", "date prélèvement jour"),
            (
                "Comment régulariser un impayé ?",
                "Choisissez « Régulariser » sur l'échéancier impayé.",
                "dette retard rejeté",
            ),
            (
                "J'ai oublié mon mot de passe.",
                "Choisissez « Mot de passe oublié » à la connexion.",
                "perdu bloqué",
            ),
        ],
        1,
    )
]
INDEX = Index(ENTRIES)


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("Bonjour, je voudrais changer ma carte svp", 0),
        ("MA CARTE EST EXPIREE", 0),
        ("À quelle date le prochain prélèvement ?", 1),
        ("comment regulariser mes impayés", 2),
        ("mot de passe perdu", 3),
    ],
)
def test_a_question_finds_its_answer_whatever_accents_endings_and_politeness(asked: str, place: int) -> None:
    found = INDEX.answers(asked, limit=3)
    assert found
    assert found[0].entry == ENTRIES[place]


@pytest.mark.parametrize(
    "asked",
    [
        "Quelle est la capitale de l'Australie ?",
        "Pouvez-vous me prêter de l'argent pour acheter une voiture ?",
        "Quand ouvrent vos magasins de Lyon ?",
        "???",
        "",
        "bonjour",
    ],
)
def test_a_question_about_something_else_has_no_answer(asked: str) -> None:
    assert INDEX.answers(asked, limit=3) == []


def test_a_word_that_one_entry_has_says_more_than_one_that_all_have() -> None:
    first, *_ = INDEX.search("choisissez carte", limit=4)
    assert first.entry == ENTRIES[0]


def test_words_of_one_family_are_one() -> None:
    assert stem_of("prelevement") == stem_of("prelevements") == stem_of("preleve") == "prelev"
    assert terms_of("Mes prélèvements, mon prélèvement !") == ["prelev"]


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=600))
def test_whatever_is_typed_is_answered_by_an_entry_or_by_none(asked: str) -> None:
    for match in INDEX.answers(asked, limit=3):
        assert match.entry in ENTRIES
        assert 0.5 <= match.covered <= 1.0 + 1e-9
    assert Index([]).answers(asked, limit=3) == []
