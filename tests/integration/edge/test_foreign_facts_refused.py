"""What another implementation of ISO 8583 tells of what has happened and edge cannot take: kept before it is answered."""

import asyncio

import pytest

from core.contracts.payment import RefusedFact
from tests.integration.edge.conftest import House
from tests.integration.edge.foreign_terminal import AMOUNT, PAN, Foreign

REFUSED = {
    "without its currency": ({"t": "0220", "f49": None}, "30", 49, 5_000),
    "of no amount": ({"t": "0120", "f4": "0" * 12}, "13", 4, 0),
    "with a card that is none": ({"t": "0221", "f2": "4970101234567891"}, "14", 2, 5_000),
    "that takes back what is no payment": (
        {"t": "0420", "f90": f"0800000123{'1128010000'}{'0' * 22}"},
        "12",
        90,
        5_000,
    ),
    "that takes back nothing": ({"t": "0400", "f90": None}, "30", 90, 5_000),
    "whose amount is no number": ({"t": "0220", "f4": "00000000500A"}, "30", 4, -1),
    "without a number": ({"t": "0220", "f11": None}, "30", 0, 5_000),
}


@pytest.mark.parametrize("how", REFUSED)
async def test_what_happened_and_is_refused_is_kept_by_core_before_its_terminal_is_told(
    house: House, foreign: Foreign, how: str
) -> None:
    changes, code, field, amount_minor = REFUSED[how]
    fields: dict[str, str | None] = {
        "f2": PAN, "f3": "000000", "f4": AMOUNT, "f7": "1128010200", "f11": "000124", "f12": "210200", "f13": "1127",
        "f49": "978", "f90": None, **changes,
    }  # fmt: skip
    answer = await foreign.ask(**{name: value for name, value in fields.items() if value is not None})
    assert answer["39"] == code
    (kept,) = house.core.asked
    assert isinstance(kept, RefusedFact)
    assert (kept.message_type, kept.field, kept.response_code, kept.amount_minor) == (
        fields["t"],
        field,
        code,
        amount_minor,
    )
    assert PAN.encode() not in kept.request


async def test_what_core_does_not_keep_is_not_answered(house: House, foreign: Foreign) -> None:
    house.core.acknowledge = False
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await foreign.ask(t="0400", f2=PAN, f4=AMOUNT, f7="1128010200", f11="000124")
    house.core.acknowledge = True
    assert (await foreign.ask(t="0401", f2=PAN, f4=AMOUNT, f7="1128010200", f11="000124"))["39"] == "30"


async def test_a_payment_that_is_refused_has_not_happened_and_is_not_kept(
    house: House, foreign: Foreign
) -> None:
    answer = await foreign.ask(t="0200", f2=PAN, f3="000000", f4=AMOUNT, f7="1128010200", f11="000124")
    assert answer["39"] == "30"
    assert house.core.asked == []
