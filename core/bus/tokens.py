"""The last word of reply subjects: nobody who answered one request can say how the next one will be asked."""

import os
from collections.abc import Iterator
from typing import Final

TOKEN_BYTES: Final = 12
DRAWN_AT_ONCE: Final = 256
"""So that the system is asked once for many: a token costs less than a tenth of a microsecond."""


def reply_tokens() -> Iterator[str]:
    """Yield words of 96 random bits without end.

    An inbox is under the name of its user, where each who answers that user may write: counted, the words of requests that
    others answer would be known to it.
    """
    width = 2 * TOKEN_BYTES
    while True:
        drawn = os.urandom(TOKEN_BYTES * DRAWN_AT_ONCE).hex()
        for start in range(0, len(drawn), width):
            yield drawn[start : start + width]
