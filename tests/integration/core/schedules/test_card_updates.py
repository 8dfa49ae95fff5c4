"""Schemes say of cards that end soon that they go on, or that they are over: once, and of those that pay something."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from core.contracts.cards import CardId
from core.contracts.reasons import Reason
from core.schedules.updating.schemes import SchemesByFile
from core.schedules.updating.updating import CardUpdates
from tests.integration.core.schedules.shop import Shop


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The update file of the sandbox."""
    return tmp_path / "updates.jsonl"


def updates(shop: Shop, file: Path) -> CardUpdates:
    return CardUpdates(shop.world.pool, shop.calendar, SchemesByFile(file))


def line(card: UUID, says: str, expiry: str | None = None) -> bytes:
    return msgspec.json.encode({"card": CardId(card.bytes).text, "says": says, "expiry": expiry}) + b"\n"


async def expiry_of(shop: Shop, card: UUID) -> str:
    return await shop.value("SELECT expiry FROM stored_card WHERE id = $1", card)


async def test_car_4_a_card_that_was_renewed_pays_what_it_would_not_have_paid(shop: Shop, file: Path) -> None:
    ended = f"{shop.today().replace(day=1) - timedelta(days=1):%y%m}"
    card = await shop.card(expiry=ended)
    _, instalments = await shop.order(card=card)
    file.write_bytes(line(card, "renewed", "9912"))
    assert await updates(shop, file).round() == 1
    assert await expiry_of(shop, card) == "9912"
    assert await shop.collect(await shop.run()) == 1
    assert (await shop.instalment(instalments[1]))["state"] == "paid"
    kept = await shop.world.owner.fetchrow("SELECT * FROM card_update WHERE card_id = $1", card)
    assert kept is not None
    assert (kept["says"], kept["expiry_before"], kept["expiry"]) == ("renewed", ended, "9912")


async def test_car_4_a_card_whose_account_was_closed_is_sent_no_more(shop: Shop, file: Path) -> None:
    card = await shop.card(expiry=f"{shop.today():%y%m}")
    _, instalments = await shop.order(card=card)
    file.write_bytes(line(card, "closed"))
    assert await updates(shop, file).round() == 1
    await shop.collect(await shop.run())
    assert shop.world.host.messages("0200") == []
    (debit,) = await shop.debits(instalments[1])
    assert (debit["state"], debit["reason"]) == ("not_sent", Reason.INVALID_CARD_NUMBER)


async def test_a_card_is_asked_about_once_a_week_and_only_while_it_pays(shop: Shop, file: Path) -> None:
    soon = f"{shop.today():%y%m}"
    paying, idle, lasting = [await shop.card(expiry=each) for each in (soon, soon, "9911")]
    for card in (paying, lasting):
        await shop.order(due_in_days=5, card=card)
    file.write_bytes(b"".join(line(card, "renewed", "9912") for card in (idle, lasting)))
    asks = updates(shop, file)
    assert await asks.round() == 0
    file.write_bytes(file.read_bytes() + line(paying, "renewed", "9912"))
    assert await asks.round() == 0
    shop.later(days=8)
    assert await asks.round() == 1
    assert [await expiry_of(shop, card) for card in (paying, idle, lasting)] == ["9912", soon, "9911"]


async def test_what_no_scheme_would_say_changes_nothing(shop: Shop, file: Path) -> None:
    soon = f"{shop.today():%y%m}"
    card = await shop.card(expiry=soon)
    await shop.order(due_in_days=5, card=card)
    earlier = line(card, "renewed", "2001")
    file.write_bytes(b"\xff\n{}\n" + line(card, "renewed", "9913") + line(card, "renewed") + earlier)
    assert await updates(shop, file).round() == 0
    assert await expiry_of(shop, card) == soon
    assert await updates(shop, file.with_name("none")).round() == 0
