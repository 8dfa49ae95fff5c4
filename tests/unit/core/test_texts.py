"""What is kept of a text that somebody typed or pasted, and what is refused by which name."""

from __future__ import annotations

import unicodedata
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts.texts import LINES, OPAQUE, TextsRefused, tidied
from core.values.texts import TextRefused, kept_line, kept_lines


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Café", "Café"),
        ("Cafe\u0301", "Café"),
        ("e\u200b\u0301", "é"),
        ("\u00a0\u3000Belle\t\r\n Rive\u2003", "Belle Rive"),
        ("Belle\u200bRive\ufeff", "BelleRive"),
        ("Belle\u00adRive\u200e", "BelleRive"),
        ("a\u200db\u200cc", "abc"),
        # Spelling in Persian and in Hindi, and a family of three.
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("한국\u3164어", "한국어"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_a_line_is_kept_as_its_reader_sees_it(typed: str, kept: str) -> None:
    assert kept_line(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("\u200b", "invisible"),
        ("\u3164", "invisible"),
        ("\u2800\u2800", "invisible"),
        ("\uffa0 \u115f", "invisible"),
        ("\u0301\u0302", "invisible"),
        ("\ufe0f", "invisible"),
        ("\U000e0041", "invisible"),
        ("\u200e\u200f", "invisible"),
        ("\u034f", "invisible"),
        ("\ue000", "invisible"),
        ("Facture\u202ecod.exe", "direction_mark"),
        ("\u2067abc\u2069", "direction_mark"),
        ("a\x00b", "control_character"),
        ("a\x1b[31m", "control_character"),
        ("a\x9b", "control_character"),
        ("\ud800", "not_text"),
        ("a\uffff", "not_text"),
        ("Z" + "\u0335" * 9, "too_many_marks"),
    ],
)
def test_what_a_reader_cannot_see_is_refused_by_name(typed: str, code: str) -> None:
    for keep in (kept_line, kept_lines):
        with pytest.raises(TextRefused) as refused:
            keep(typed)
        assert refused.value.code == code


def test_several_lines_keep_their_ends_and_their_french_blanks() -> None:
    assert (
        kept_lines("  Bonjour\u202f!\r\n\r\n10\u00a0000\u202f€ \x0bfin\u2028 ")
        == "Bonjour\u202f!\n\n10\u00a0000\u202f€\nfin"
    )


@given(st.text())
def test_what_is_kept_is_kept_again_the_same(typed: str) -> None:
    for keep in (kept_line, kept_lines):
        try:
            kept = keep(typed)
        except TextRefused:
            continue
        assert keep(kept) == kept
        assert unicodedata.is_normalized("NFC", kept)


class _Inner(msgspec.Struct):
    name: str
    note: Annotated[str, msgspec.Meta(max_length=9), LINES] | None = None


class _Body(msgspec.Struct):
    reason: str
    password: Annotated[str, OPAQUE] = ""
    inner: list[_Inner] = []
    answers: dict[str, Annotated[str, LINES]] = {}


def test_every_text_of_a_body_is_tidied_but_what_says_otherwise() -> None:
    read = {
        "reason": " a\nb ",
        "password": " \u200b",
        "inner": [{"name": "x\u200b", "note": "1\r\n2"}],
        "answers": {"k": "1\n2 "},
    }
    assert tidied(read, _Body) == {
        "reason": "a b",
        "password": " \u200b",
        "inner": [{"name": "x", "note": "1\n2"}],
        "answers": {"k": "1\n2"},
    }


def test_each_refused_text_says_where_it_stands() -> None:
    with pytest.raises(TextsRefused) as refused:
        tidied({"reason": "\u200b", "inner": [{"name": "a"}, {"name": "\x00"}]}, _Body)
    assert refused.value.found == [(("reason",), "invisible"), (("inner", 1, "name"), "control_character")]


def test_what_has_another_shape_is_left_to_whoever_checks_shapes() -> None:
    assert tidied({"reason": 1, "inner": "x", "other": " y"}, _Body) == {
        "reason": 1,
        "inner": "x",
        "other": " y",
    }
