"""Ask schemes about cards that end soon and pay something, and keep what they say."""

from datetime import timedelta
from typing import Final

import asyncpg
import structlog

from core.contracts.reasons import Reason
from core.db.queries import load_beside
from core.db.rows import uuid_of
from core.schedules.updating.schemes import AskedCard, News, Schemes
from core.values.clock import Clock, paris_date

ASKED_MAX: Final = 500
ENDS_WITHIN: Final = timedelta(days=60)
ASKED_AGAIN_AFTER: Final = timedelta(days=7)

_SQL: Final = load_beside(__file__)
_log = structlog.get_logger("core.card_updates")


class CardUpdates:
    """Rounds of the worker; days are those of the schedules' `calendar`."""

    def __init__(self, pool: asyncpg.Pool, calendar: Clock, schemes: Schemes) -> None:
        self._pool = pool
        self._calendar = calendar
        self._schemes = schemes

    async def round(self) -> int:
        """Ask about one batch of cards, each once a week; return of how many there was something to say."""
        now = self._calendar.now()
        ends_by = f"{paris_date(now) + ENDS_WITHIN:%y%m}"
        rows = await self._pool.fetch(_SQL.take_asked, ends_by, now - ASKED_AGAIN_AFTER, now, ASKED_MAX)
        cards = [
            AskedCard(row["id"].bytes, row["brand"], row["bin"], row["last_four"], row["expiry"])
            for row in rows
        ]
        news = await self._schemes.news_of(cards) if cards else []
        kept = [each for each in news if await self._keep(each)]
        if kept:
            _log.info("cards_updated", count=len(kept))
        return len(kept)

    async def _keep(self, news: News) -> bool:
        """Keep a scheme's word, once."""
        now = self._calendar.now()
        match news.says:
            case "renewed":
                done = await self._pool.fetchval(_SQL.renew, uuid_of(news.card_id), news.expiry, now)
            case "closed":
                done = await self._pool.fetchval(
                    _SQL.close, uuid_of(news.card_id), int(Reason.INVALID_CARD_NUMBER), now
                )
        return done is not None
