"""E-mail addresses as they are kept and compared."""

import re
from typing import Final

_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,180}[a-z0-9])?\.[a-z]{2,24}")
CHARACTERS_MAX: Final = 254


class EmailMalformed(ValueError):
    """A text that no mail can be sent to."""


def email_key(text: str) -> str:
    """Return an address in the form in which two of them are one: without blanks around it, in small letters.

    Raises: EmailMalformed.
    """
    key = text.strip().lower()
    if len(key) > CHARACTERS_MAX or not _EMAIL.fullmatch(key):
        raise EmailMalformed
    return key
