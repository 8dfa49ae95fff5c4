"""Addresses of other people's pages that we name in headers and lead browsers to: nothing else may stand in one."""

import re
from typing import Final

URL_MAX: Final = 500

_HOST: Final = r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?"
_ORIGIN: Final = re.compile(
    rf"(?:https://{_HOST}|http://(?:localhost|127\.0\.0\.1))(?::(?P<port>[1-9][0-9]{{0,4}}))?"
)
_THIS_MACHINE: Final = re.compile(r"https?://(?:(?:[a-z0-9.-]+\.)?localhost|127\.[0-9.]+|0)\.?(?:[:/?#].*)?")
_PATH: Final = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*")


def is_origin(text: str) -> bool:
    """Whether a text is the origin of a page that may be named: by HTTPS, or on this very machine.

    It goes into headers (frame-ancestors, form-action), so that nothing which ends a word there may stand in it.
    """
    found = _ORIGIN.fullmatch(text)
    return found is not None and int(found["port"] or 0) < 65_536


def origin_of(url: str) -> str:
    """Return the origin of an address to which a browser may be led, empty where it may not."""
    found = _ORIGIN.match(url)
    if found is None or len(url) > URL_MAX or not is_origin(found[0]):
        return ""
    return found[0] if _PATH.fullmatch(url, found.end()) is not None else ""


def is_public_https(origin: str) -> bool:
    """Whether an origin is found by HTTPS, and not on this very machine."""
    return origin.startswith("https://") and not is_of_this_machine(origin)


def is_of_this_machine(url: str) -> bool:
    """Whether an address that `origin_of` knows is one of whoever asks for it themselves (RFC 6761, section 6.3)."""
    return _THIS_MACHINE.fullmatch(url) is not None


def is_page_of(url: str, *, origin: str) -> bool:
    """Whether an address is a page of an origin, without a fragment."""
    return bool(origin) and origin_of(url) == origin


def with_parameter(url: str, name: str, value: str) -> str:
    """Return an address with one more parameter; neither has a sign that would have to be written otherwise."""
    return f"{url}{'&' if '?' in url else '?'}{name}={value}"
