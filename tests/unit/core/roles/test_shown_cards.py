"""What is hidden in an encoded answer is what is hidden in each of its texts."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.roles.shown_cards import without_card_numbers
from core.values.card_numbers import hide_card_numbers

CARD = "4111111111111111"
WRITTEN = [
    CARD,
    "4111 1111 1111 1111",
    "4111.1111.1111.1111",
    "4111x1111x1111x1111",
    "4111--1111- -1111/1111",
    "4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1",
    "4111%201111%201111%201111",
    "٤١١١١١١١١١١١١١١١",
    "۴۱۱۱۱۱۱۱۱۱۱۱۱۱۱۱",
    "４１１１１１１１１１１１１１１１",
    "४१११११११११११११११",
    "𝟒𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏",
]


def each_text_hidden(value: Any) -> Any:
    match value:
        case str():
            return hide_card_numbers(value)
        case list():
            return [each_text_hidden(item) for item in value]
        case dict():
            return {each_text_hidden(name): each_text_hidden(item) for name, item in value.items()}
    return value


@pytest.mark.parametrize("written", WRITTEN)
def test_a_number_is_hidden_however_it_is_written(written: str) -> None:
    row = {"siren": "732829320", "siret": "73282932000074", "name": f"Payé avec {written} hier", "n": 12}
    assert hide_card_numbers(row["name"]) != row["name"]
    shown = msgspec.msgpack.decode(without_card_numbers(msgspec.msgpack.encode([row, row])))
    assert shown == [{**row, "name": hide_card_numbers(row["name"])}] * 2


def test_numbers_of_companies_stay() -> None:
    # Both pass the check digit.
    rows = [{"siren": "732829320", "siret": "73282932000074"}, {"siret": "73282932000074", "city": "Lyon"}]
    answer = msgspec.msgpack.encode(rows)
    assert without_card_numbers(answer) == answer


_pieces = st.sampled_from(
    [*WRITTEN, "4111", "1111", "11", " ", "-", "x", ":", "é", "2026-11-29T13:56:00Z", "1 234,56 €", "\u3000"]
)
_texts = st.lists(_pieces, max_size=8).map("".join)
_answers = st.recursive(
    _texts | st.integers(-(2**40), 2**40) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "name", "total"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=300)
@given(_answers)
def test_the_quick_look_misses_nothing(value: Any) -> None:
    shown = msgspec.msgpack.decode(without_card_numbers(msgspec.msgpack.encode(value)))
    assert shown == each_text_hidden(value)
