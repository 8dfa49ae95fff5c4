"""The words with which somebody says why they do something: they stand in the audit for good."""

from typing import Final

_CHARACTERS_MIN: Final = 3


def says_why(reason: str) -> bool:
    """Return whether a text is long enough to be a reason."""
    return len(reason.strip()) >= _CHARACTERS_MIN
