"""Who or what caused an event, in words: core keeps it as a short English text for machines and for the log."""

from __future__ import annotations

import re
from typing import Final

from portals.kit.i18n import Words

_HOST: Final = re.compile(r"host (\w{1,3})")
_KNOWN: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"no answer by the deadline"), "no_answer"),
    (re.compile(r"completion"), "completion"),
    (re.compile(r"terminal"), "terminal"),
    (re.compile(r"refund(?: [0-9a-f]+)?"), "refund"),
    (re.compile(r"refund [0-9a-f]+ given back"), "refund_given_back"),
    (re.compile(r"agent .+"), "agent"),
    (re.compile(r"ambiguous"), "ambiguous"),
    (re.compile(r"before its authorisation"), "before"),
)


def cause_of(words: Words, cause: str) -> str:
    """Return a cause in the reader's language: an agent's name stays, what is not known is not shown."""
    if match := _HOST.fullmatch(cause):
        return words("event_cause.host", code=match[1])
    for form, key in _KNOWN:
        if form.fullmatch(cause):
            return words(f"event_cause.{key}")
    return cause if cause[:1].isupper() else ""
