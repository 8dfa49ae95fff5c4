"""Who or what caused an event, in words: core keeps it as a short English text for machines and for the log."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from portals.kit.i18n import Words

_HOST: Final = re.compile(r"host ?(\w{0,3})")
_CODE: Final = re.compile(r"code (\w{1,3})")
_DIFFERS: Final = re.compile(r"answer differs: ([a-z_ ]+)")
_FACTS: Final = re.compile(r"[a-z_]+(?:, [a-z_]+)*")
_KNOWN: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"no answer by the deadline"), "no_answer"),
    (re.compile(r"completion"), "completion"),
    (re.compile(r"terminal"), "terminal"),
    (re.compile(r"refund(?: [0-9a-f]+)?"), "refund"),
    (re.compile(r"refund [0-9a-f]+ given back"), "refund_given_back"),
    (re.compile(r"agent .+"), "agent"),
    (re.compile(r"ambiguous"), "ambiguous"),
    (re.compile(r"before its authorisation"), "before"),
    (re.compile(r"host without a code"), "host_without_code"),
    (re.compile(r"cannot be written"), "cannot_be_written"),
)


def cause_of(words: Words, cause: str, event: str = "") -> str:
    """Return the cause of an event in the reader's language: an agent's name stays, a word of a newer core is general.

    What a word means is its event's: a doubt about an amount is another thing than a reversal of another amount.
    """
    if not cause or cause[:1].isupper():
        return cause
    match event:
        case "doubted":
            return words.get(f"event_cause.doubt_{cause}", words("event_cause.other"))
        case "reversal_refused" if cause != "ambiguous" and _FACTS.fullmatch(cause):
            return words("event_cause.reversal_differs", facts=facts_named(words, cause.split(", ")))
        case _:
            pass
    if match := _DIFFERS.fullmatch(cause):
        return words("event_cause.answer_differs", facts=facts_named(words, match[1].split()))
    if match := _HOST.fullmatch(cause):
        return (
            words("event_cause.host", code=match[1]) if match[1] else words("event_cause.host_without_code")
        )
    for form, key in _KNOWN:
        if form.fullmatch(cause):
            return words(f"event_cause.{key}")
    return words("event_cause.other")


def result_of(words: Words, result: str) -> str:
    """Return what became of the last try of a delivery."""
    if match := _CODE.fullmatch(result):
        return words("event_cause.host", code=match[1])
    if match := _DIFFERS.fullmatch(result):
        return words("event_cause.answer_differs", facts=facts_named(words, match[1].split()))
    return words.get(f"result.{result.replace(' ', '_')}", words("event_cause.other")) if result else ""


def facts_named(words: Words, names: Iterable[str]) -> str:
    """Return what two messages say differently, in words and each once."""
    other = words("event_cause.fact.other")
    return ", ".join(dict.fromkeys(words.get(f"event_cause.fact.{name}", other) for name in names)) or other
