"""Pure decisions about customers: which passwords are taken, how long links are good."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from core.contracts.access import PASSWORD_CHARACTERS_MAX
from core.contracts.customers import PASSWORD_CHARACTERS_MIN

FIRST_LINK_LIFE: Final = timedelta(hours=24)
PASSWORD_LINK_LIFE: Final = timedelta(hours=1)
EMAIL_LINK_LIFE: Final = timedelta(hours=24)
LINKS_PER_ASKER_MAX: Final = 5
"""To one address, from one place or for one customer."""

LINKS_PER_EMAIL_MAX: Final = 15
"""To one address, whoever asks: a mailbox is not flooded, and it takes more than one stranger to keep its owner waiting."""

LINKS_PER_IP_MAX: Final = 30
EMAILS_MAX: Final = 10
NAME_CHARACTERS_MIN: Final = 4
"""What stands before the @ of an address, from which on a password may not hold it."""


def link_bounds(subject: Callable[[str, str], str], email: str, *, asker: str) -> dict[str, int]:
    """Return how often a link is sent to an address; `subject` says under which name something is counted."""
    return {
        subject("link", email): LINKS_PER_EMAIL_MAX,
        subject("link-asker", f"{email} {asker}"): LINKS_PER_ASKER_MAX,
    }


def why_password_refused(password: str, *, email: str, is_common: bool) -> str | None:
    """Return why a new password is not taken, None when it is: long enough, of four kinds, and not a known one."""
    if lacks := _lacks(password):
        return f"password_too_simple {lacks}"
    if len(password) > PASSWORD_CHARACTERS_MAX:
        return "password_too_long"
    if is_common or len(set(password)) < 4 or _says_name_of(email, password):
        return "password_common"
    return None


def _says_name_of(email: str, password: str) -> bool:
    """Return whether it holds what stands before the @, where that is long enough to be a name."""
    name = email.partition("@")[0]
    return len(name) >= NAME_CHARACTERS_MIN and name in password.lower()


def _lacks(password: str) -> str:
    """Return what a password has not of S2.15, in words of the API with commas between."""
    kinds = {"upper": str.isupper, "lower": str.islower, "digit": str.isdigit, "special": _is_special}
    short = ["length"] if len(password) < PASSWORD_CHARACTERS_MIN else []
    return ",".join(short + [name for name, is_one in kinds.items() if not any(map(is_one, password))])


def _is_special(letter: str) -> bool:
    return not letter.isalnum() and not letter.isspace()
