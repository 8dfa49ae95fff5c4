"""Test cards: valid, distinct, documented, and enough of them for a load."""

from pathlib import Path

import pytest

from deploy.sandbox.simulators.cards import (
    CARDS,
    LOAD_AMOUNTS,
    LOAD_CARDS,
    LOAD_PAYMENTS_PER_SECOND_MAX,
    CardUnknown,
    card_named,
    estate_pan,
    load_amount_minor,
    load_pan,
    load_start,
    luhn_valid,
)
from deploy.sandbox.simulators.script import BEHAVIOURS, BY_AMOUNT, BY_PAN

SANDBOX = Path(__file__).parents[4] / "docs" / "sandbox.md"


def test_every_named_card_passes_luhn_and_is_the_only_one_with_its_number() -> None:
    assert all(luhn_valid(card.pan) for card in CARDS.values())
    assert len({card.pan for card in CARDS.values()}) == len(CARDS)


def test_every_named_card_lies_on_a_test_range() -> None:
    ranges = ("497010", "411111", "555555", "222300", "37828224")
    assert all(card.pan.startswith(ranges) for card in CARDS.values())


def test_every_behaviour_has_a_card() -> None:
    assert {card.behaviour for card in CARDS.values()} == set(BEHAVIOURS)


def test_a_card_has_an_english_and_a_french_name() -> None:
    assert card_named("insufficient-funds") is card_named("Provision-Insuffisante ")


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(CardUnknown):
        card_named("approve-nothing")


def test_the_sandbox_page_lists_every_card_by_both_names_and_its_number() -> None:
    page = SANDBOX.read_text()
    for card in CARDS.values():
        spaced = " ".join(card.pan[place : place + 4] for place in range(0, len(card.pan), 4))
        row = next(line for line in page.splitlines() if f"`{card.name}`" in line)
        assert f"`{card.name_fr}`" in row
        assert spaced in row
        assert BEHAVIOURS[card.behaviour].code in row


def test_load_cards_are_many_valid_distinct_and_without_a_script() -> None:
    assert LOAD_CARDS >= 200_000
    some = [load_pan(index) for index in range(0, LOAD_CARDS, 997)]
    assert all(map(luhn_valid, some))
    assert len(set(some)) == len(some)
    assert not set(some) & set(BY_PAN)


def test_estate_cards_are_valid_and_distinct() -> None:
    some = [estate_pan(index) for index in range(5_000)]
    assert all(map(luhn_valid, some))
    assert len(set(some)) == len(some)


def test_a_card_pays_each_amount_once_before_any_comes_again() -> None:
    amounts = {load_amount_minor(17 + turn * LOAD_CARDS) for turn in range(LOAD_AMOUNTS)}
    assert len(amounts) == LOAD_AMOUNTS


def test_no_load_amount_is_scripted() -> None:
    assert not {load_amount_minor(turn * LOAD_CARDS) for turn in range(LOAD_AMOUNTS)} & set(BY_AMOUNT)


def test_runs_that_start_a_second_apart_share_no_payment_number() -> None:
    assert load_start(1_800_000_001) - load_start(1_800_000_000) == LOAD_PAYMENTS_PER_SECOND_MAX
