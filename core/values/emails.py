"""E-mail addresses as they are kept and compared."""

import re
from typing import Final

_ATOM: Final = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EMAIL: Final = re.compile(
    rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{0,58}}[a-z0-9])"
)
"""RFC 5321, 4.1.2: a dot-atom and a domain, both in ASCII. All else that the standard allows (quotes, comments) is read
otherwise by one relay and another, so that a mail goes to somebody else."""

CHARACTERS_MAX: Final = 254


class EmailMalformed(ValueError):
    """A text that no mail can be sent to."""


def email_key(text: str) -> str:
    """Return an address in the form in which two of them are one: without blanks around it, in small letters.

    A domain in another alphabet is taken as DNS writes it (`xn--…`). Raises: EmailMalformed.
    """
    key = text.strip().lower()
    # Before small letters: one of the Kelvin sign is a plain k.
    if not text.strip().isascii() or len(key) > CHARACTERS_MAX or not _EMAIL.fullmatch(key):
        raise EmailMalformed
    return key
