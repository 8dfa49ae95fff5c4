"""The forms of other makers: each can be sent, and says what it is there to say."""

import random
from datetime import UTC, datetime

import pytest

from deploy.sandbox.simulators import requests
from deploy.sandbox.simulators.cards import CARDS
from deploy.sandbox.simulators.fleet import foreign
from deploy.sandbox.simulators.requests import Habits, Identity
from deploy.sandbox.simulators.stans import Stans
from deploy.sandbox.simulators.terminal import Exchange, Terminal
from edge.dialects import DIALECTS
from edge.protocol.field import Message

_PAN = next(iter(CARDS.values())).pan


def make_terminal(habits: Habits = requests.USUAL) -> Terminal:
    return Terminal(
        Identity("T0000001"),
        host="127.0.0.1",
        port=1,
        stans=Stans("T0000001", first=1, block=50),
        habits=habits,
    )


def paid(terminal: Terminal) -> Exchange:
    request = terminal.make_payment("0200", requests.PURCHASE, _PAN, 1250)
    answer: Message = {
        0: "0210",
        4: "000000001250",
        11: request[11],
        37: "633112000021",
        38: "000021",
        39: "00",
    }
    return Exchange(request, answer, datetime(2026, 11, 28, 12, tzinfo=UTC), 5.0, "2026-11-28")


@pytest.mark.parametrize("habits", [requests.USUAL, *requests.ODD])
def test_every_form_can_be_sent_by_every_terminal(habits: Habits) -> None:
    chance, terminal = random.Random(3), make_terminal(habits)
    for _ in range(10):
        for offline in foreign.OFFLINE:
            for message in offline(terminal, foreign.Sale(_PAN, 1250), chance):
                assert DIALECTS["ascii1987"].encode(message)
        for cancelling in foreign.CANCELLING:
            for message in cancelling(terminal, paid(terminal), chance):
                assert DIALECTS["ascii1987"].encode(message)


def test_a_repeat_stamped_anew_has_the_number_of_its_first_and_another_day() -> None:
    first, again = foreign.stamped_anew(make_terminal(), foreign.Sale(_PAN, 1250), random.Random(1))
    assert (first[0], again[0]) == ("0220", "0221")
    assert first[11] == again[11]
    assert first[13] != again[13]


def test_a_void_that_overtakes_names_the_sale_that_follows_it() -> None:
    for seed in range(12):
        void, advice = foreign.overtaken(make_terminal(), foreign.Sale(_PAN, 1250), random.Random(seed))
        assert (void[0], advice[0]) == ("0420", "0220")
        assert str(void[90])[4:10] == advice[11]


def test_a_clock_that_stands_still_shows_one_time_of_two_sendings() -> None:
    first, second = foreign.still_clock(make_terminal(), foreign.Sale(_PAN, 1250), random.Random(1))
    assert (first[11], first[12], first[13]) == (second[11], second[12], second[13])
    assert first[7] != second[7]


def test_a_turned_time_is_not_the_time_of_the_payment() -> None:
    terminal = make_terminal()
    payment = paid(terminal)
    (message,) = foreign.turned_time(terminal, payment, random.Random(2))
    assert str(message[90])[4:10] == payment.request[11]
    assert str(message[90])[10:20] != payment.request[7]


def test_a_part_is_repeated_without_what_stays() -> None:
    terminal = make_terminal()
    first, again = foreign.part_without_rest(terminal, paid(terminal), random.Random(1))
    assert 95 in first
    assert 95 not in again
    assert again[0] == "0401"
