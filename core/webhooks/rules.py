"""Pure decisions on webhooks: where they may go, when to try again, when an endpoint is given up."""

import ipaddress
import math
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from core.webhooks.model import Answered

URL_CHARACTERS_MAX: Final = 500
ENDPOINTS_MAX: Final = 10
SECRETS_IN_USE_MAX: Final = 3
DISABLED_AFTER: Final = timedelta(days=3)
"""An endpoint that has taken nothing for so long is asked no more."""

_S, _M, _H = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
GAPS: Final = (5 * _S, _M, 5 * _M, 30 * _M, 2 * _H, 5 * _H, 10 * _H, 14 * _H, 16 * _H, 24 * _H)
"""Between one attempt and the next: eleven attempts within 72 hours."""
TRIES_MAX: Final = len(GAPS) + 1
_RETRY_AFTER_S_MAX: Final = 24 * 3600
_DIGITS_MAX: Final = 6
_HTTP_DATE: Final = re.compile(
    r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT"
    r"|[A-Z][a-z]{5,8}, [0-9]{2}-[A-Z][a-z]{2}-[0-9]{2} [0-9:]{8} GMT"
    r"|[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}"
)

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_HOST: Final = re.compile(
    r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
)
_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# Addresses that stand for another one: it is looked at as well (RFC 6052, 3056).
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")
_LOCALLY_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b:1::/48")


def fault_of_url(url: str, *, loopback: bool) -> str | None:
    """Return why no message may be sent to an address, None when one may as far as the text tells.

    Codes: malformed, not_https, not_public. `loopback`: the sandbox's own receivers are allowed, without TLS.
    What a name resolves to is looked at whenever a message leaves (`is_public`).
    """
    if len(url) > URL_CHARACTERS_MAX or not _VISIBLE.fullmatch(url):
        return "malformed"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "malformed"
    if not host or port == 0 or parts.username is not None or parts.password is not None or "#" in url:
        return "malformed"
    if loopback and host in _LOOPBACK_NAMES:
        return None if parts.scheme in ("http", "https") else "not_https"
    if parts.scheme != "https":
        return "not_https" if parts.scheme == "http" else "malformed"
    try:
        return None if is_public(ipaddress.ip_address(host)) else "not_public"
    except ValueError:
        pass
    if host in _LOOPBACK_NAMES or host.endswith((".localhost", ".local", ".internal")):
        return "not_public"
    # A number that a resolver may read as an address (`2130706433`, `0x7f.1`) is no name that ends in letters.
    return None if _HOST.fullmatch(host) else "malformed"


def is_public(address: _Address) -> bool:
    """Return whether an address is one of the Internet: not private, shared, loopback, link-local, multicast or reserved."""
    if isinstance(address, ipaddress.IPv6Address):
        behind = _stands_for(address)
        if behind is not None:
            return is_public(behind)
        if address in _LOCALLY_TRANSLATED or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _stands_for(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]


def may_connect(address: _Address, *, loopback: bool) -> bool:
    """Return whether a message may go to an address that a name stands for."""
    return (loopback and address.is_loopback) or is_public(address)


def next_try(answered: Answered, *, tries: int, now: datetime) -> datetime | None:
    """Return when to try again after so many tries, None when no more; a receiver may ask for a longer gap."""
    if answered.outcome == "gone" or tries >= TRIES_MAX:
        return None
    asked = timedelta(seconds=min(answered.retry_after_s, _RETRY_AFTER_S_MAX))
    return now + max(GAPS[tries - 1], asked)


def disabled_why(answered: Answered, *, failing_since: datetime, now: datetime) -> str | None:
    """Return why an endpoint that did not take a message is asked no more, None when it is asked again."""
    if answered.outcome == "gone":
        return "gone"
    return "failing" if now - failing_since >= DISABLED_AFTER else None


def retry_after_s(text: str, *, now: datetime) -> int:
    """Return the seconds that a receiver asks for, as a number of them or as a date; 0 for a past one or for neither.

    Source: RFC 9110, 10.2.3 and 5.6.7: the three forms of dates, all in UTC.
    """
    if text.isascii() and text.isdigit():
        return int(text) if len(text) <= _DIGITS_MAX else 0
    if not _HTTP_DATE.fullmatch(text):
        return 0
    try:
        at = parsedate_to_datetime(text).replace(tzinfo=UTC)
    except ValueError:  # such as 31 February
        return 0
    return max(0, math.ceil((at - now).total_seconds()))
