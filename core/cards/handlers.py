"""What the desk answers the card frame: what a page is for, and a token for the card that was typed on it."""

import asyncpg

from core.cards import rules, store
from core.cards.model import TypedCard
from core.contracts.cards import AskSession, CardTokenId, FrameSession, Tokenise, Tokenised
from core.values.clock import Clock, paris_date


class FrameHandlers:
    """The frame's questions. Whoever asks has the address of the page, which is a secret of its own.

    Cards expire by the `calendar` of the debits to come, pages and tokens by the clock.
    """

    def __init__(self, pool: asyncpg.Pool, clock: Clock, calendar: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._calendar = calendar

    async def session(self, asked: AskSession) -> FrameSession:
        """Return what a page is for."""
        row = await self._pool.fetchrow(store.SQL.session, asked.secret_hash)
        if row is None:
            return FrameSession("unknown")
        return FrameSession(
            rules.session_state(
                expires_at=row["expires_at"], has_token=row["has_token"], now=self._clock.now()
            ),
            row["purpose"],
            row["origin"],
            row["return_url"] or "",
            row["language"],
            row["payee"],
            -1 if row["amount_minor"] is None else row["amount_minor"],
            row["currency"],
            row["needed_until"].isoformat(),
        )

    async def tokenise(self, asked: Tokenise) -> Tokenised:
        """Keep a card under a token, once for its page: the same card again gets the same token, another is refused."""
        now = self._clock.now()
        card = asked.card
        async with self._pool.acquire() as connection, connection.transaction():
            session = await connection.fetchrow(store.SQL.lock_session, asked.secret_hash)
            if session is None:
                return Tokenised("unknown")
            made = await connection.fetchrow(store.SQL.token_of_session, session["id"])
            if made is not None:
                is_same = (made["fingerprint"], made["expiry"]) == (card.fingerprint, card.expiry)
                if not is_same or made["spent_at"] is not None:
                    return Tokenised("used")
                if made["expires_at"] <= now:
                    return Tokenised("expired")
                return Tokenised("made", CardTokenId(made["id"].bytes).text)
            if session["expires_at"] <= now:
                return Tokenised("expired")
            refusal = rules.refuse_card(
                TypedCard(card.brand, card.expiry),
                needed_until=session["needed_until"],
                today=paris_date(self._calendar.now()),
            )
            if refusal is not None:
                return Tokenised(refusal)
            token_id = await store.add_token(
                connection,
                session_id=session["id"],
                card=card,
                frame=asked.frame,
                made_at=now,
                expires_at=now + rules.TOKEN_LASTS,
            )
        return Tokenised("made", CardTokenId(token_id).text)
