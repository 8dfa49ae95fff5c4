"""Single sign-on against a provider on a real socket: who gets in, and every answer that lets nobody in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from joserfc.jwk import RSAKey

from core.contracts.access import FinishSignOn, LogInOutcome, SessionOpened
from core.contracts.listing import Nothing
from core.contracts.refusals import NotFound
from core.identity.access.api import LogInHandlers, SignOnHandlers, agents_realm
from core.identity.access.errors import SignOnRefused
from core.identity.access.passwords import Passwords
from core.identity.access.seal import FactorSeal
from core.identity.access.settings import AccessSettings, SignOnSettings
from observability.process import SystemClock
from tests.support.identity_provider import CLIENT_ID, CLIENT_SECRET, CODE, Provider, running_provider
from tests.support.servers import TestDatabase

EMAIL = "ines@guichet.example"


class World(NamedTuple):
    """A provider and the handlers that trust it."""

    provider: Provider
    handlers: SignOnHandlers
    pool: asyncpg.Pool

    async def begin(self) -> str:
        """Start, have the provider ready with good claims, and return the state."""
        started = await self.handlers.start_sign_on(Nothing())
        asked = {name: values[0] for name, values in parse_qs(urlsplit(started.address).query).items()}
        assert asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == "https://agents.example/login/sign-on/back"
        now = int(datetime.now(UTC).timestamp())
        self.provider.challenge = asked["code_challenge"]
        self.provider.claims = {
            "iss": self.provider.issuer,
            "aud": CLIENT_ID,
            "sub": "1",
            "exp": now + 300,
            "iat": now,
            "nonce": asked["nonce"],
            "email": EMAIL.capitalize(),
            "email_verified": True,
            "amr": ["pwd", "mfa"],
        }
        return started.state

    async def finish(self, state: str, code: str = CODE) -> LogInOutcome[SessionOpened]:
        """Come back with what the provider gave."""
        return await self.handlers.finish_sign_on(FinishSignOn(state, code, ip="192.0.2.1"))


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """One provider, with one key, for the module."""
    with running_provider() as running:
        yield running


@pytest.fixture
async def world(database: TestDatabase, provider: Provider) -> AsyncIterator[World]:
    """An agent whom the provider knows, in a database of one's own."""
    provider.header, provider.published, provider.described_as = (
        {"alg": "RS256", "kid": "one"},
        [provider.key],
        None,
    )
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=3) as pool:
        await pool.execute(
            "INSERT INTO agent (email, name, password_hash, role) VALUES ($1, 'Inès', '!', 'hotline')", EMAIL
        )
        yield World(provider, _handlers(pool, provider.issuer), pool)


def _handlers(pool: asyncpg.Pool, issuer: str | None) -> SignOnHandlers:
    sign_on = None if issuer is None else SignOnSettings(issuer, CLIENT_ID, CLIENT_SECRET, "Annuaire")
    settings = AccessSettings(FactorSeal(bytes(32)), "https://agents.example", sign_on)
    clock = SystemClock()
    return SignOnHandlers(
        pool, clock, settings, LogInHandlers(pool, clock, Passwords(), agents_realm(settings))
    )


async def test_an_agent_with_two_factors_at_the_provider_gets_a_session_once(world: World) -> None:
    state = await world.begin()
    outcome = await world.finish(state)
    assert outcome.session is not None
    assert outcome.session.agent.email == EMAIL
    assert not outcome.session.enrolling
    with pytest.raises(SignOnRefused):
        await world.finish(state)


async def test_one_factor_at_the_provider_is_not_enough(world: World) -> None:
    state = await world.begin()
    world.provider.claims["amr"] = ["pwd"]
    outcome = await world.finish(state)
    assert outcome.session is not None
    assert outcome.session.enrolling


async def test_claims_that_are_not_for_us_let_nobody_in(world: World) -> None:
    now = int(datetime.now(UTC).timestamp())
    bent_claims: list[dict[str, Any]] = [
        {"iss": "https://evil.example"},
        {"aud": "somebody else"},
        {"aud": [CLIENT_ID, "somebody else"]},
        {"exp": now - 300},
        {"iat": now - 3_600},
        {"nonce": "of another log in"},
        {"nonce": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": "nobody@guichet.example"},
    ]
    for bent in bent_claims:
        state = await world.begin()
        world.provider.claims |= bent
        with pytest.raises(SignOnRefused):
            await world.finish(state)
    assert await world.pool.fetchval("SELECT count(*) FROM session") == 0
    assert await world.pool.fetchval("SELECT count(*) FROM agent") == 1


async def test_a_token_that_anybody_could_have_signed_is_refused(world: World) -> None:
    for algorithm in ("none", "HS256"):
        state = await world.begin()
        world.provider.header = {"alg": algorithm, "kid": "one"}
        with pytest.raises(SignOnRefused):
            await world.finish(state)


async def test_a_key_that_the_provider_does_not_publish_is_refused_and_a_new_one_is_asked_for(
    world: World,
) -> None:
    await world.finish(await world.begin())
    kept, other = world.provider.key, RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    world.provider.key = other
    try:
        for header in ({"alg": "RS256", "kid": "one"}, {"alg": "RS256", "kid": "two"}):
            world.provider.header = header
            state = await world.begin()
            with pytest.raises(SignOnRefused):
                await world.finish(state)
        world.provider.published = [kept, other]
        assert (await world.finish(await world.begin())).session is not None
    finally:
        world.provider.key = kept


async def test_another_code_another_state_and_a_late_answer_are_refused(world: World) -> None:
    state = await world.begin()
    with pytest.raises(SignOnRefused):
        await world.finish(state, code="another code")
    await world.begin()
    with pytest.raises(SignOnRefused):
        await world.finish("a state that nobody was given")
    state = await world.begin()
    await world.pool.execute("UPDATE sign_on_request SET expires_at = $1", datetime.now(UTC) - timedelta(1))
    with pytest.raises(SignOnRefused):
        await world.finish(state)


async def test_a_disabled_agent_is_refused(world: World) -> None:
    state = await world.begin()
    await world.pool.execute("UPDATE agent SET disabled_at = now()")
    with pytest.raises(SignOnRefused):
        await world.finish(state)


async def test_a_description_of_another_issuer_is_refused(world: World) -> None:
    world.provider.described_as = "https://evil.example"
    with pytest.raises(SignOnRefused):
        await world.handlers.start_sign_on(Nothing())


async def test_without_a_provider_there_is_no_single_sign_on(world: World) -> None:
    handlers = _handlers(world.pool, None)
    assert (await handlers.offered(Nothing())).provider is None
    with pytest.raises(NotFound):
        await handlers.start_sign_on(Nothing())
