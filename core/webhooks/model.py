"""Messages on their way to merchants' systems."""

from datetime import datetime
from typing import Final, NamedTuple

from core.contracts.webhooks import WebhookKind, WebhookOutcome

ANSWER_CHARACTERS_MAX: Final = 300


class Leased(NamedTuple):
    """A delivery that this worker may try now; `tries` counts this one."""

    id: bytes
    endpoint_id: bytes
    event_id: bytes
    attempts: int
    tries: int
    url: str
    kind: WebhookKind
    facts: bytes
    at: datetime
    sealed: list[bytes]  # of the secrets in use, the newest first


class Answered(NamedTuple):
    """What became of one attempt; `answer` is how the body began."""

    outcome: WebhookOutcome
    status: int | None = None
    answer: str = ""
    retry_after_s: int = 0
