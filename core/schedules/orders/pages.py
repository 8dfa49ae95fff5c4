"""Pages of shops: where a card may be typed in a frame, and where a customer is led back to.

Of this very machine they are a developer's. In production such a page is whatever runs on a customer's own computer.
"""

from collections.abc import Mapping
from typing import Final

from core.contracts.refusals import FieldRefused
from core.values.web_pages import is_of_this_machine, origin_of
from observability.process import SettingRefused

SETTING: Final = "GUICHET_SHOP_LOOPBACK"
_ALLOWED: Final = "allowed"


def loopback_of(environment: Mapping[str, str]) -> bool:
    """Return whether shops may be on this very machine, as the sandbox's is. Raises: SettingRefused."""
    said = environment.get(SETTING, "")
    if said not in ("", _ALLOWED):
        raise SettingRefused(f"{SETTING} is empty or {_ALLOWED}")
    return said == _ALLOWED


def check_return_page(url: str, *, loopback: bool) -> str:
    """Return a page to which a browser may be led back. Raises: FieldRefused, of `return_url`."""
    if not origin_of(url):
        raise FieldRefused("return_url", "malformed", "https://…")
    refuse_own_machine(url, "return_url", loopback=loopback)
    return url


def refuse_own_machine(url: str, field: str, *, loopback: bool) -> None:
    """Refuse a page of this very machine, where it is not allowed. Raises: FieldRefused."""
    if not loopback and is_of_this_machine(url):
        raise FieldRefused(field, "malformed", "https://…")
