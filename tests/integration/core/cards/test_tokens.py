"""A card that was typed becomes one token, which is spent once: real rows, and who may ask on the real bus."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from core.bus import Bus, RequestTimedOut
from core.cards.api import CardTokenRefused, Use, card_of, open_frame, spend_token
from core.cards.handlers import FrameHandlers
from core.contracts.cards import (
    SESSION,
    TOKENISE,
    AskSession,
    CardTokenId,
    FrameSession,
    Tokenise,
    Tokenised,
)
from core.contracts.payment import SealedCard
from core.contracts.refusals import FieldRefused
from core.contracts.states import Brand
from core.contracts.subjects import inbox_prefix
from core.db.pool import open_pool
from core.values.ids import uuid7
from deploy.local.nats import NatsServer
from deploy.sandbox.demonstration.store import seed
from tests.support.clocks import FixedClock
from tests.support.desk import running_desk
from tests.support.servers import TestDatabase

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
CARD = SealedCard(b"\1sealed", 42, "497010", "0001", "3012", Brand.VISA)
ORDER, OTHER_ORDER = (uuid7(unix_ms=1, sequence=number, randomness=0) for number in (1, 2))


@dataclass
class Cards:
    """The slice over a database of its own."""

    pool: asyncpg.Pool
    company_id: bytes
    other_company_id: bytes
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    calendar: FixedClock = field(default_factory=lambda: FixedClock(NOW))

    @property
    def frame(self) -> FrameHandlers:
        return FrameHandlers(self.pool, self.clock, self.calendar)

    async def open(self, subject_id: bytes = ORDER, **other: Any) -> bytes:
        """Return the hash of what stands in the address of a new page."""
        asked: dict[str, Any] = {
            "frame_url": "https://cards.example",
            "company_id": self.company_id,
            "purpose": "purchase",
            "subject_id": subject_id,
            "origin": "https://shop.example",
            "return_url": "https://shop.example/paid",
            "language": "fr",
            "amount_minor": 4266,
            "currency": "EUR",
            "needed_until": date(2027, 10, 3),
            "now": self.clock.now(),
        }
        opened = await open_frame(self.pool, **(asked | other))
        return hash_in(opened.address)

    async def token(self, secret_hash: bytes, card: SealedCard = CARD) -> CardTokenId:
        made = await self.frame.tokenise(Tokenise(secret_hash, card, "cards1"))
        assert made.outcome == "made", made
        return CardTokenId.read(made.token)

    async def spend(self, token: bytes, use: Use | None = None) -> bytes:
        """Return the id of the card."""
        use = use or Use(self.company_id, "purchase", ORDER)
        async with self.pool.acquire() as connection, connection.transaction():
            return (await spend_token(connection, token, use, now=self.clock.now())).id

    async def rows(self, table: str) -> int:
        return await self.pool.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608


@pytest.fixture
async def cards(database: TestDatabase) -> AsyncIterator[Cards]:
    await seed(database.dsn, password="a long demonstration password")
    pool = await open_pool(database.dsn, name="test")
    companies = await pool.fetch("SELECT id FROM company ORDER BY id LIMIT 2")
    yield Cards(pool, companies[0]["id"].bytes, companies[1]["id"].bytes)
    await pool.close()


def hash_in(address: str) -> bytes:
    return hashlib.sha256(address.rpartition("/")[2].encode()).digest()


async def test_a_page_says_what_it_is_for_and_then_that_it_was_used(cards: Cards) -> None:
    secret_hash = await cards.open()
    shown = await cards.frame.session(AskSession(secret_hash))
    assert (shown.state, shown.origin, shown.return_url, shown.amount_minor, shown.currency) == (
        "open",
        "https://shop.example",
        "https://shop.example/paid",
        4266,
        "EUR",
    )
    assert shown.payee
    await cards.token(secret_hash)
    assert (await cards.frame.session(AskSession(secret_hash))).state == "used"
    assert await cards.frame.session(AskSession(bytes(32))) == FrameSession("unknown")


async def test_the_secret_of_a_page_is_nowhere_in_the_database(cards: Cards) -> None:
    opened = await open_frame(
        cards.pool,
        frame_url="https://cards.example",
        company_id=cards.company_id,
        purpose="change",
        subject_id=ORDER,
        origin="https://shop.example",
        return_url=None,
        language="en",
        amount_minor=None,
        currency="EUR",
        needed_until=date(2027, 10, 3),
        now=NOW,
    )
    secret = opened.address.rpartition("/")[2]
    assert len(secret) == 43
    row = await cards.pool.fetchrow("SELECT frame_session::text AS text FROM frame_session")
    assert row is not None
    assert secret not in row["text"]


async def test_the_same_card_again_gets_the_same_token_and_another_card_none(cards: Cards) -> None:
    secret_hash = await cards.open()
    first = await cards.token(secret_hash)
    again = await cards.token(secret_hash, msgspec.structs.replace(CARD, ciphertext=b"\1sealed again"))
    assert again == first
    other = msgspec.structs.replace(CARD, fingerprint=43)
    assert await cards.frame.tokenise(Tokenise(secret_hash, other, "cards1")) == Tokenised("used")
    assert await cards.rows("card_token") == 1


async def test_two_who_type_at_once_get_one_token(cards: Cards) -> None:
    secret_hash = await cards.open()
    made = await asyncio.gather(*(cards.token(secret_hash) for _ in range(5)))
    assert len(set(made)) == 1
    assert await cards.rows("card_token") == 1


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"brand": Brand.AMEX}, "brand_refused"),
        ({"brand": Brand.OTHER}, "brand_refused"),
        ({"expiry": "2709"}, "card_ends_too_soon"),
        ({"expiry": "2611"}, "card_expired"),
        ({"expiry": "2713"}, "malformed"),
        ({"expiry": ""}, "malformed"),
    ],
)
async def test_a_card_that_cannot_pay_to_the_end_makes_no_token(
    cards: Cards, changed: dict[str, Any], outcome: str
) -> None:
    secret_hash = await cards.open()
    card = msgspec.structs.replace(CARD, **changed)
    assert await cards.frame.tokenise(Tokenise(secret_hash, card, "cards1")) == Tokenised(outcome)  # pyright: ignore
    assert await cards.rows("card_token") == 0
    # Whoever typed it may type another.
    await cards.token(secret_hash)


async def test_a_card_expires_by_the_calendar_of_the_debits_and_a_page_by_the_clock(cards: Cards) -> None:
    secret_hash = await cards.open()
    cards.calendar.present = NOW + timedelta(days=365 * 5)
    assert (await cards.frame.tokenise(Tokenise(secret_hash, CARD, "cards1"))).outcome == "card_expired"
    cards.calendar.present = NOW
    await cards.token(secret_hash)


async def test_a_page_that_is_over_or_unknown_makes_no_token(cards: Cards) -> None:
    secret_hash = await cards.open()
    cards.clock.present = NOW + timedelta(minutes=30)
    for asked, outcome in ((secret_hash, "expired"), (bytes(32), "unknown")):
        assert (await cards.frame.tokenise(Tokenise(asked, CARD, "cards1"))).outcome == outcome
    assert await cards.rows("card_token") == 0


async def test_a_token_is_spent_once_and_its_card_is_kept(cards: Cards) -> None:
    token = await cards.token(await cards.open())
    card_id = await cards.spend(token)
    kept = await card_of(cards.pool, card_id)
    assert kept is not None
    assert (kept.sealed, kept.company_id, kept.network_transaction_id) == (CARD, cards.company_id, None)
    assert await cards.pool.fetchval("SELECT ciphertext FROM card_token") is None
    with pytest.raises(CardTokenRefused, match="card_token_refused") as refused:
        await cards.spend(token)
    assert refused.value.why == "spent"
    assert await cards.rows("stored_card") == 1


async def test_two_who_spend_a_token_at_once_get_one_card(cards: Cards) -> None:
    token = await cards.token(await cards.open())
    done = await asyncio.gather(*(cards.spend(token) for _ in range(5)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["CardTokenRefused"] * 4 + ["bytes"]
    assert await cards.rows("stored_card") == 1


async def test_a_token_serves_nobody_else_and_nothing_else(cards: Cards) -> None:
    token = await cards.token(await cards.open())
    for use in (
        Use(cards.other_company_id, "purchase", ORDER),
        Use(cards.company_id, "change", ORDER),
        Use(cards.company_id, "purchase", OTHER_ORDER),
    ):
        with pytest.raises(CardTokenRefused) as refused:
            await cards.spend(token, use)
        assert refused.value.why == "unknown"
    with pytest.raises(CardTokenRefused) as refused:
        await cards.spend(OTHER_ORDER)
    assert refused.value.why == "unknown"
    assert await cards.rows("stored_card") == 0
    await cards.spend(token)


async def test_a_token_is_worth_nothing_after_a_quarter_of_an_hour(cards: Cards) -> None:
    secret_hash = await cards.open()
    token = await cards.token(secret_hash)
    cards.clock.present = NOW + timedelta(minutes=15)
    with pytest.raises(CardTokenRefused) as refused:
        await cards.spend(token)
    assert refused.value.why == "expired"
    assert (await cards.frame.tokenise(Tokenise(secret_hash, CARD, "cards1"))).outcome == "expired"
    assert await cards.rows("stored_card") == 0


async def test_what_undoes_the_spending_gives_the_token_back(cards: Cards) -> None:
    token = await cards.token(await cards.open())
    async with cards.pool.acquire() as connection:
        undone = connection.transaction()
        await undone.start()
        await spend_token(connection, token, Use(cards.company_id, "purchase", ORDER), now=NOW)
        await undone.rollback()
    await cards.spend(token)


@pytest.mark.parametrize(
    ("wrong", "field_name"),
    [
        ({"origin": "https://shop.example; script-src *"}, "origin"),
        ({"origin": "http://shop.example", "return_url": None}, "origin"),
        ({"return_url": "https://evil.example/paid"}, "return_url"),
    ],
)
async def test_no_page_is_opened_for_a_place_that_cannot_be(
    cards: Cards, wrong: dict[str, Any], field_name: str
) -> None:
    with pytest.raises(FieldRefused) as refused:
        await cards.open(**wrong)
    assert [each.field for each in refused.value.problem.errors] == [field_name]
    assert await cards.rows("frame_session") == 0


async def test_the_desk_answers_the_frame_on_the_bus_and_nobody_else(
    database: TestDatabase, nats_server_alone: NatsServer
) -> None:
    async with running_desk(database, nats_server_alone) as stack:
        pool = await open_pool(database.dsn, name="test")
        company = await pool.fetchval("SELECT id FROM company ORDER BY id LIMIT 1")
        cards = Cards(pool, company.bytes, company.bytes, FixedClock(datetime.now(UTC)))
        secret_hash = await cards.open()
        frame = await Bus.connect(
            nats_server_alone.url("cards"), name="cards", inbox_prefix=inbox_prefix("cards")
        )
        edge = await Bus.connect(
            nats_server_alone.url("edge"), name="edge", inbox_prefix=inbox_prefix("edge")
        )
        try:
            ask = msgspec.msgpack.encode(AskSession(secret_hash))
            answer = await frame.request(SESSION.subject, ask, 5)
            assert msgspec.msgpack.decode(answer, type=FrameSession).state == "open"
            typed = msgspec.msgpack.encode(Tokenise(secret_hash, CARD, "cards1"))
            made = msgspec.msgpack.decode(await frame.request(TOKENISE.subject, typed, 5), type=Tokenised)
            assert made.outcome == "made"
            with pytest.raises(RequestTimedOut):
                await edge.request(SESSION.subject, ask, 0.5)
            with pytest.raises(RequestTimedOut):
                await frame.request(TOKENISE.subject, b"\xc1 no message at all", 0.5)
            # It still serves.
            assert await frame.request(SESSION.subject, ask, 5)
        finally:
            await frame.close()
            await edge.close()
            await pool.close()
        assert stack.desk_pid
