"""An authentication is decided once, whatever comes back, by whichever path, how often and how late: real rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import asyncpg
import msgspec
import pytest

from core.cards.api import Authentication, Authentications, Question, StoredCard, payment_proof
from core.contracts.cards import (
    AskChallenge,
    Authenticate,
    Authenticated,
    AuthenticationId,
    Returned,
    ReturnTaken,
)
from core.contracts.payment import SealedCard
from core.contracts.states import Brand
from core.db.pool import open_pool
from core.db.rows import uuid_of
from core.values.ids import uuid7
from tests.support.clocks import FixedClock
from tests.support.servers import TestDatabase

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
ORDER = uuid7(unix_ms=1, sequence=1, randomness=0)
PROOF = "AAABBJg0VhI0VniQEjRWAAAAAAA="
VOUCHES = Authenticated("Y", "acs-1", "ds-1", "05", PROOF)
CHALLENGES = Authenticated("C", "acs-1", "ds-1", acs_url="https://bank.example/challenge")


@dataclass
class House:
    """Authentications over a database, before an issuer that answers what the test says."""

    pool: asyncpg.Pool
    card: StoredCard
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    answer: Authenticated = VOUCHES
    asked: list[Authenticate] = field(default_factory=list)

    async def authenticate(self, asked: Authenticate) -> Authenticated:
        """Issuer."""
        self.asked.append(asked)
        return self.answer

    @property
    def authentications(self) -> Authentications:
        return Authentications(self.pool, self.clock, self, frame_url="https://cards.example")

    def question(self, **other: Any) -> Question:
        said: dict[str, Any] = {
            "purpose": "purchase",
            "subject_id": ORDER,
            "amount_minor": 4266,
            "currency": "EUR",
            "payee": "Maison",
            "language": "fr",
            "return_url": "https://shop.example/paid",
        }
        return Question(**(said | other))

    async def ask(self, **other: Any) -> Authentication:
        return await self.authentications.ask(self.card, self.question(**other))

    async def returned(
        self, authentication: Authentication, path: Literal["browser", "server"] = "server", **other: Any
    ) -> ReturnTaken:
        word = Returned(authentication.id, "acs-1", "ds-1", path, "Y", False, "05", PROOF)
        return await self.authentications.returned(msgspec.structs.replace(word, **other))

    async def returns(self) -> list[tuple[str, str, bool]]:
        rows = await self.pool.fetch("SELECT path, said, has_decided FROM authentication_return ORDER BY id")
        return [(row["path"], row["said"], row["has_decided"]) for row in rows]

    async def state(self, authentication: Authentication) -> str:
        return await self.pool.fetchval(
            "SELECT state FROM card_authentication WHERE id = $1", uuid_of(authentication.id)
        )


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    pool = await open_pool(database.dsn, name="test")
    company: Any = await pool.fetchval(
        "WITH a AS (INSERT INTO account (name) VALUES ('Maison') RETURNING id)"
        " INSERT INTO company (account_id, legal_name, siren) SELECT id, 'Maison', '732829320' FROM a RETURNING id"
    )
    sealed = SealedCard(b"\1sealed", 42, "497010", "0001", "3012", Brand.CB)
    card: Any = await pool.fetchval(
        "INSERT INTO stored_card (token_id, company_id, ciphertext, fingerprint, bin, last_four, expiry, brand, stored_at)"
        " VALUES (gen_random_uuid(), $1, $2, 42, '497010', '0001', '3012', 1, $3) RETURNING id",
        company,
        sealed.ciphertext,
        NOW,
    )
    yield House(pool, StoredCard(card.bytes, company.bytes, sealed))
    await pool.close()


async def test_a_holder_whom_the_issuer_knows_is_authenticated_at_once(house: House) -> None:
    made = await house.ask()
    assert (made.state, made.liability, made.eci, made.proof) == ("authenticated", "issuer", "05", PROOF)
    assert made.address == ""
    assert payment_proof(made) == f"05{PROOF}ds-1"
    assert made.vouches_for(amount_minor=4266, currency="EUR")
    assert not made.vouches_for(amount_minor=4267, currency="EUR")
    (asked,) = house.asked
    assert asked.ciphertext == house.card.sealed.ciphertext
    assert asked.id == made.id


async def test_what_was_refused_is_not_asked_again(house: House) -> None:
    house.answer = Authenticated("N", "acs-1", "ds-1")
    questions: list[Question] = []

    async def question() -> Question:
        questions.append(house.question())
        return questions[-1]

    first = await house.authentications.ask_once(house.card, ORDER, question)
    again = await house.authentications.ask_once(house.card, ORDER, question)
    assert (first.state, again) == ("failed", first)
    assert len(house.asked) == len(questions) == 1


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Authenticated("A", "acs-1", "ds-1", "06", PROOF), "attempted"),
        (Authenticated("N", "acs-1", "ds-1"), "failed"),
        (Authenticated("R"), "failed"),
        (Authenticated("U"), "unavailable"),
        (Authenticated("Y", "acs-1", "ds-1", "02", PROOF), "unavailable"),
        (Authenticated("C", "acs-1", "ds-1"), "unavailable"),
    ],
)
async def test_what_the_issuer_answers_at_once_stands(
    house: House, answer: Authenticated, state: str
) -> None:
    house.answer = answer
    made = await house.ask()
    assert made.state == state
    assert (made.liability == "issuer") is (state == "attempted")
    # Whoever tries again is authenticated anew.
    house.answer = VOUCHES
    again = await house.ask()
    assert again.state == "authenticated"
    assert again.id != made.id


async def test_a_challenge_is_one_while_it_is_open_whoever_asks_again(house: House) -> None:
    house.answer = CHALLENGES
    made = await house.ask()
    assert made.state == "challenged"
    assert made.address == f"https://cards.example/authentications/{AuthenticationId(made.id).text}"
    assert not made.vouches_for(amount_minor=4266, currency="EUR")
    again = await asyncio.gather(*(house.ask() for _ in range(5)))
    assert {each.id for each in again} == {made.id}
    assert {each.address for each in again} == {made.address}
    assert len(house.asked) == 1
    page = await house.authentications.challenge(AskChallenge(made.id))
    assert (page.state, page.acs_url, page.acs_id) == (
        "challenged",
        "https://bank.example/challenge",
        "acs-1",
    )


async def test_two_who_ask_at_once_ask_the_issuer_once(house: House) -> None:
    house.answer = CHALLENGES
    asked = await asyncio.gather(*(house.ask() for _ in range(5)))
    assert len({each.id for each in asked}) == 1
    assert len(house.asked) == 1


@pytest.mark.parametrize("first", ["browser", "server"])
async def test_the_two_paths_back_bring_one_result(house: House, first: Any) -> None:
    house.answer = CHALLENGES
    made = await house.ask()
    second: Any = "server" if first == "browser" else "browser"
    assert (await house.returned(made, first)).outcome == "decided"
    taken = await house.returned(made, second)
    assert (taken.outcome, taken.state, taken.return_url) == (
        "stood",
        "authenticated",
        "https://shop.example/paid",
    )
    assert await house.returns() == [(first, "authenticated", True), (second, "authenticated", False)]


async def test_whatever_comes_back_together_and_again_one_result_is_kept(house: House) -> None:
    house.answer = CHALLENGES
    made = await house.ask()
    words: list[dict[str, Any]] = [
        {"path": "browser"},
        {"path": "server"},
        {"path": "browser", "status": "N"},
        {"path": "server", "status": "N", "is_cancelled": True},
        {"path": "server", "status": "U"},
    ]
    taken = await asyncio.gather(*(house.returned(made, **word) for word in words * 4))
    assert [each.outcome for each in taken].count("decided") == 1
    (final,) = {each.state for each in taken}
    assert await house.state(made) == final
    kept = await house.returns()
    assert len(kept) == len(words)
    ((_, said, _),) = [each for each in kept if each[2]]
    assert said == final
    latest = await house.authentications.latest(house.pool, subject_id=ORDER, card_id=house.card.id)
    assert latest is not None
    assert latest.state == final
    assert latest.vouches_for(amount_minor=4266, currency="EUR") is (final == "authenticated")


async def test_a_word_after_the_time_is_kept_and_decides_nothing(house: House) -> None:
    house.answer = CHALLENGES
    made = await house.ask()
    house.clock.present = made.expires_at
    standing = await house.authentications.one(house.pool, made.id)
    assert standing is not None
    assert (standing.state, standing.address) == ("timed_out", "")
    taken = await house.returned(made)
    assert (taken.outcome, taken.state) == ("stood", "timed_out")
    assert await house.returns() == [("server", "authenticated", False)]
    # The holder may be asked again.
    again = await house.ask()
    assert again.state == "challenged"
    assert again.id != made.id


async def test_who_never_comes_back_is_timed_out_by_the_sweep_and_what_nobody_answered_is_unavailable(
    house: House,
) -> None:
    house.answer = CHALLENGES
    made = await house.ask()
    # A process that ended between its two commits leaves it asked.
    await house.pool.execute(
        "INSERT INTO card_authentication (card_id, company_id, purpose, subject_id, amount_minor, currency, language,"
        " return_url, asked_at, expires_at) VALUES ($1, $2, 'purchase', gen_random_uuid(), 1, 'EUR', 'fr',"
        " 'https://a.example/', $3, $3)",
        uuid_of(house.card.id),
        uuid_of(house.card.company_id),
        NOW + timedelta(seconds=30),
    )
    await house.authentications.expire()
    assert await house.state(made) == "challenged"
    house.clock.present = NOW + timedelta(minutes=10)
    await house.authentications.expire()
    rows = await house.pool.fetch("SELECT state, decided_by, liability FROM card_authentication ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("timed_out", "deadline", "merchant"),
        ("unavailable", "deadline", "merchant"),
    ]


@pytest.mark.parametrize(
    "wrong", [{"acs_id": "acs-2"}, {"directory_id": "ds-2"}, {"id": bytes(16)}, {"status": "C"}]
)
async def test_a_word_about_another_challenge_is_unknown_and_nothing_is_written(
    house: House, wrong: dict[str, Any]
) -> None:
    house.answer = CHALLENGES
    made = await house.ask()
    assert await house.returned(made, **wrong) == ReturnTaken("unknown")
    assert await house.state(made) == "challenged"
    assert await house.returns() == []


async def test_a_word_that_vouches_for_too_little_decides_and_vouches_for_nothing(house: House) -> None:
    house.answer = CHALLENGES
    made = await house.ask()
    assert (await house.returned(made, proof="")).state == "unavailable"
    assert (await house.returned(made)).state == "unavailable"


async def test_a_page_of_a_challenge_that_is_over_leads_back(house: House) -> None:
    house.answer = CHALLENGES
    made = await house.ask()
    await house.returned(made)
    page = await house.authentications.challenge(AskChallenge(made.id))
    assert (page.state, page.return_url) == ("authenticated", "https://shop.example/paid")
    assert (await house.authentications.challenge(AskChallenge(bytes(16)))).state == "unknown"
