"""Subjects of the bus as the server compares them: word by word, `*` for one, `>` for the rest."""

from __future__ import annotations


def covers(patterns: tuple[str, ...], subject: str) -> bool:
    """Tell whether one of the patterns lets a whole subject through, wildcards of its own included.

    The server reads the `>` of a subscription as one word when a pattern has `*` there: who may hear `host.*` may
    subscribe to `host.>`. It is given nothing more for that, since nobody may publish below.
    """
    return any(_covers(pattern.split("."), subject.split(".")) for pattern in patterns)


def _covers(pattern: list[str], subject: list[str]) -> bool:
    for place, word in enumerate(pattern):
        if word == ">":
            return len(subject) > place
        if place >= len(subject) or (word != "*" and word != subject[place]):
            return False
    return len(subject) == len(pattern)


def example_of(pattern: str) -> str:
    """Return a subject that the pattern lets through."""
    return pattern.replace("*", "probe").replace(">", "probe.1")
