"""What cards bring to the processes: the desk's answers to the card frame, and the end of tokens."""

from typing import Final

from core.cards.api import authentications_of
from core.cards.handlers import FrameHandlers
from core.cards.store import SQL
from core.contracts import cards as ask
from core.runtime.jobs import Job
from core.runtime.manifest import HeardFrame, Parts, Slice
from core.runtime.retention import RetentionRule

EXPIRE_EVERY_S: Final = 15.0


def _frame(parts: Parts) -> list[HeardFrame]:
    handlers = FrameHandlers(parts.pool, parts.clock, parts.calendar)
    authentications = authentications_of(parts)
    return [
        HeardFrame(ask.SESSION, handlers.session),
        HeardFrame(ask.TOKENISE, handlers.tokenise),
        HeardFrame(ask.CHALLENGE, authentications.challenge),
        HeardFrame(ask.RETURNED, authentications.returned),
    ]


def _jobs(parts: Parts) -> list[Job]:
    return [Job("authentications", EXPIRE_EVERY_S, authentications_of(parts).expire)]


SLICE: Final = Slice(
    "cards",
    frame=_frame,
    jobs=_jobs,
    retention=(
        RetentionRule("card_token", SQL.prune_tokens, "GUICHET_KEEP_CARD_TOKENS_DAYS", days=1, days_min=1),
        RetentionRule(
            "frame_session", SQL.prune_sessions, "GUICHET_KEEP_FRAME_SESSIONS_DAYS", days=30, days_min=2
        ),
        RetentionRule(
            "card_try_day",
            SQL.prune_tries,
            "GUICHET_KEEP_CARD_TRIES_DAYS",
            days=400,
            days_min=31,
            by_id=False,
        ),
    ),
)
