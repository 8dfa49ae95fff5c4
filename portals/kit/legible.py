"""What a browser asks for, as text: an address that somebody cut, pasted or made up still leads to a page."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote_to_bytes, urlencode, urlsplit

PARAMETERS_MAX = 100
QUERY_BYTES_MAX = 16 * 1024
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Invisible, or a change of direction: pasted with a name, and no part of it.
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ufdd0-\ufdef]")


def readable_query(raw: bytes) -> bytes:
    """Return a query whose parameters are text: what is not UTF-8 is left out, control characters are blanks.

    The gateway refuses such parameters. A person who followed a link wants the page without them.
    """
    pairs: list[tuple[str, str]] = []
    for part in raw[:QUERY_BYTES_MAX].split(b"&")[:PARAMETERS_MAX]:
        name, _, value = part.replace(b"+", b" ").partition(b"=")
        try:
            pair = (
                readable_text(unquote_to_bytes(name).decode()),
                readable_text(unquote_to_bytes(value).decode()),
            )
        except UnicodeDecodeError:
            continue
        if pair[0]:
            pairs.append(pair)
    return urlencode(pairs).encode()


def readable_text(text: str) -> str:
    """Return a text without what nobody sees."""
    return _UNSEEN.sub("", _CONTROL.sub(" ", text)).strip()


def address_parts(address: str) -> SplitResult:
    """Return the parts of an address that a browser told; nothing of one that is none, such as `http://[`."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def local_path(address: str | None, login: str) -> str:
    """Return a path of this portal, or `/` for anything that would lead elsewhere, and for the way in and out."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return "/"
    if any(ord(letter) < 0x20 for letter in address) or address.startswith((login, "/logout")):
        return "/"
    return address
