"""Ask for an authentication, challenge its holder, take what comes back, and let it time out."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec
import structlog

from core.cards.authenticating import rules
from core.cards.authenticating.issuer import Issuer
from core.cards.authenticating.model import DecidedBy, Liability, Standing, Verdict
from core.cards.model import StoredCard
from core.contracts.cards import (
    AskChallenge,
    Authenticate,
    AuthenticationId,
    AuthenticationState,
    Challenge,
    Language,
    Purpose,
    Returned,
    ReturnTaken,
)
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of
from core.values.clock import Clock

SQL: Final = load_beside(__file__)
EXPIRE_ROWS_MAX: Final = 500

_log = structlog.get_logger("core.cards")


class Authentication(msgspec.Struct, frozen=True):
    """How an authentication stands; `address` is where its holder goes while it is `challenged`."""

    id: bytes
    card_id: bytes
    purpose: Purpose
    subject_id: bytes
    amount_minor: int
    currency: str
    state: AuthenticationState
    expires_at: datetime
    directory_id: str = ""
    eci: str = ""
    proof: str = ""
    liability: Liability | None = None
    decided_at: datetime | None = None
    address: str = ""

    def vouches_for(self, *, amount_minor: int, currency: str) -> bool:
        """Whether the issuer vouches for a payment of this very amount."""
        return self.state in {"authenticated", "attempted"} and (self.amount_minor, self.currency) == (
            amount_minor,
            currency,
        )


class Question(NamedTuple):
    """What a card's issuer is asked, and what its holder sees: who is paid how much; where their browser comes back to."""

    purpose: Purpose
    subject_id: bytes
    amount_minor: int
    currency: str
    payee: str
    language: Language
    return_url: str


class Authentications:
    """Authentications of cards that are kept. `frame_url` is where browsers find the card frame."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, issuer: Issuer, *, frame_url: str) -> None:
        self._pool = pool
        self._clock = clock
        self._issuer = issuer
        self._frame_url = frame_url

    async def ask_once(
        self, card: StoredCard, subject_id: bytes, question: Callable[[], Awaitable[Question]]
    ) -> Authentication:
        """Return the one authentication of a card for its subject, whatever became of it; asked for where there was none.

        Raises: what `question` does, which is called in that case alone.
        """
        latest = await self.latest(self._pool, subject_id=subject_id, card_id=card.id)
        return await self.ask(card, await question()) if latest is None else latest

    async def ask(self, card: StoredCard, question: Question) -> Authentication:
        """Have the issuer authenticate the holder of a card; whoever asks again meanwhile gets what stands.

        The card is committed before. `challenged`: the holder goes to the address, and comes back to `return_url`.
        """
        now = self._clock.now()
        made = await self._begin(card, question, now)
        if made is None:
            standing = await self.latest(self._pool, subject_id=question.subject_id, card_id=card.id)
            assert standing is not None
            return standing
        answer = await self._issuer.authenticate(
            Authenticate(
                made,
                card.sealed.ciphertext,
                card.sealed.expiry,
                question.amount_minor,
                question.currency,
                question.payee,
                question.language,
            )
        )
        verdict = rules.judge(
            answer.status,
            eci=answer.eci,
            proof=answer.proof,
            brand=card.sealed.brand,
            bin_=card.sealed.bin,
        )
        if verdict is None and not (answer.acs_id and answer.directory_id and answer.acs_url):
            verdict = Verdict("unavailable", "merchant")
        now = self._clock.now()
        if verdict is None:
            await self._pool.execute(
                SQL.set_challenged,
                uuid_of(made),
                answer.acs_id,
                answer.directory_id,
                answer.acs_url,
                now + rules.CHALLENGE_WITHIN,
            )
        else:
            await _decide(
                self._pool, made, verdict, "answer", now, answer.acs_id or None, answer.directory_id or None
            )
        standing = await self.one(self._pool, made)
        assert standing is not None
        _log.info("authentication", state=standing.state, purpose=question.purpose)
        return standing

    async def latest(
        self, connection: Connection, *, subject_id: bytes, card_id: bytes
    ) -> Authentication | None:
        """Return the newest authentication of a card for a purchase, a change or a settlement."""
        row = await connection.fetchrow(SQL.latest, uuid_of(subject_id), uuid_of(card_id))
        return None if row is None else self._authentication_in(row)

    async def one(self, connection: Connection, authentication_id: bytes) -> Authentication | None:
        """Return an authentication."""
        row = await connection.fetchrow(SQL.one, uuid_of(authentication_id))
        return None if row is None else self._authentication_in(row)

    async def challenge(self, asked: AskChallenge) -> Challenge:
        """Return where a holder is challenged, for the page that leads there."""
        row = await self._pool.fetchrow(SQL.challenge, uuid_of(asked.id))
        if row is None:
            return Challenge("unknown")
        state = row["state"]
        if state == "challenged" and row["expires_at"] <= self._clock.now():
            state = "timed_out"
        return Challenge(
            state,
            row["acs_url"] or "",
            row["acs_id"] or "",
            row["return_url"],
            row["language"],
            row["payee"],
        )

    async def returned(self, asked: Returned) -> ReturnTaken:
        """Take the issuer's word on a challenge. The first that is in time decides; all others are kept beside it."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(SQL.lock, uuid_of(asked.id))
            if row is None:
                return ReturnTaken("unknown")
            standing = Standing(
                row["state"], row["acs_id"] or "", row["directory_id"] or "", row["expires_at"]
            )
            verdict = rules.judge(
                asked.status,
                eci=asked.eci,
                proof=asked.proof,
                brand=row["brand"],
                bin_=row["bin"],
                is_cancelled=asked.is_cancelled,
            )
            taken = rules.take_return(standing, acs_id=asked.acs_id, directory_id=asked.directory_id, now=now)
            if taken == "unknown" or verdict is None:
                return ReturnTaken("unknown")
            if taken == "stands" and standing.state == "challenged":
                # It came after its time, and before whoever sweeps: the deadline was first.
                await connection.execute(SQL.expire_one, uuid_of(asked.id), now)
            if taken == "decides":
                await _decide(connection, asked.id, verdict, asked.path, now)
            await connection.execute(
                SQL.add_return, uuid_of(asked.id), asked.path, verdict.state, taken == "decides", now
            )
            state: Any = await connection.fetchval(SQL.state, uuid_of(asked.id))
        outcome = "decided" if taken == "decides" else "stood"
        _log.info("authentication_returned", path=asked.path, outcome=outcome, state=state)
        return ReturnTaken(outcome, state, row["return_url"], row["language"])

    async def expire(self) -> None:
        """Let those time out whose holder never came back."""
        await self._pool.execute(SQL.expire_all, self._clock.now(), EXPIRE_ROWS_MAX)

    async def _begin(self, card: StoredCard, question: Question, now: datetime) -> bytes | None:
        """Return the id of a new authentication; None where one is open."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(SQL.expire, uuid_of(question.subject_id), uuid_of(card.id), now)
            made: Any = await connection.fetchval(
                SQL.add,
                uuid_of(card.id),
                uuid_of(card.company_id),
                question.purpose,
                uuid_of(question.subject_id),
                question.amount_minor,
                question.currency,
                question.language,
                question.return_url,
                now,
                now + rules.ANSWER_WITHIN,
            )
        return None if made is None else made.bytes

    def _authentication_in(self, row: asyncpg.Record) -> Authentication:
        state: AuthenticationState = row["state"]
        if state in {"asked", "challenged"} and row["expires_at"] <= self._clock.now():
            # Nobody has written it down yet; the word that comes now is too late all the same.
            state = "unavailable" if state == "asked" else "timed_out"
        is_challenged = state == "challenged"
        name = AuthenticationId(row["id"].bytes).text
        return Authentication(
            row["id"].bytes,
            row["card_id"].bytes,
            row["purpose"],
            row["subject_id"].bytes,
            row["amount_minor"],
            row["currency"],
            state,
            row["expires_at"],
            row["directory_id"] or "",
            row["eci"] or "",
            row["proof"] or "",
            row["liability"],
            row["decided_at"],
            f"{self._frame_url}/authentications/{name}" if is_challenged else "",
        )


async def _decide(
    connection: Connection,
    authentication_id: bytes,
    verdict: Verdict,
    by: DecidedBy,
    now: datetime,
    acs_id: str | None = None,
    directory_id: str | None = None,
) -> None:
    await connection.execute(
        SQL.decide,
        uuid_of(authentication_id),
        verdict.state,
        verdict.liability,
        verdict.eci,
        verdict.proof,
        now,
        by,
        acs_id,
        directory_id,
    )
