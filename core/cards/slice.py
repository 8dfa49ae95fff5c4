"""What cards bring to the processes: the desk's answers to the card frame, and the end of tokens."""

from typing import Final

from core.cards.handlers import FrameHandlers
from core.cards.store import SQL
from core.contracts import cards as ask
from core.runtime.manifest import HeardFrame, Parts, Slice
from core.runtime.retention import RetentionRule


def _frame(parts: Parts) -> list[HeardFrame]:
    handlers = FrameHandlers(parts.pool, parts.clock)
    return [HeardFrame(ask.SESSION, handlers.session), HeardFrame(ask.TOKENISE, handlers.tokenise)]


SLICE: Final = Slice(
    "cards",
    frame=_frame,
    retention=(
        RetentionRule("card_token", SQL.prune_tokens, "GUICHET_KEEP_CARD_TOKENS_DAYS", days=1, days_min=1),
        RetentionRule(
            "frame_session", SQL.prune_sessions, "GUICHET_KEEP_FRAME_SESSIONS_DAYS", days=30, days_min=2
        ),
    ),
)
