"""Which address a request comes from, when proxies stand in between: gateway and portals read it alike.

`X-Forwarded-For` is the sender's own words. It is read from the right, as far as whoever wrote is trusted: the first
address that is nobody's proxy is the client's, and what stands to its left may be anything.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, TypeAlias

FORWARDED: Final = "x-forwarded-for"
HOPS_MAX: Final = 16
_HEADER_CHARACTERS_MAX: Final = 2_000
_PEERS_KEPT: Final = 4_096

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class ProxiesMalformed(Exception):
    """The setting holds something that is neither an address nor a network."""


class TrustedProxies:
    """The peers whose `X-Forwarded-For` is believed."""

    def __init__(self, networks: Sequence[_Network]) -> None:
        self._networks = tuple(networks)
        self._holds = lru_cache(maxsize=_PEERS_KEPT)(self._find)
        self._plain = lru_cache(maxsize=_PEERS_KEPT)(_plain_address)

    @classmethod
    def parse(cls, text: str) -> TrustedProxies:
        """Read addresses and networks separated by commas; empty trusts nobody.

        Raises: ProxiesMalformed.
        """
        try:
            return cls([ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip()])
        except ValueError as error:
            raise ProxiesMalformed from error

    def client_of(self, peer: str, forwarded: Sequence[str]) -> str:
        """Return the client's address: the socket's peer, unless that is a proxy of ours and says for whom it asks.

        `forwarded` is each header of that name, in the order in which they came.
        """
        if not forwarded:
            return self._plain(peer)
        found = _address(peer)
        if found is None:
            return peer
        if self._holds(found):
            # The newest words stand at the end: what is cut is what counts least.
            said = ",".join(forwarded)[-_HEADER_CHARACTERS_MAX:].split(",")
            for part in reversed(said[-HOPS_MAX:]):
                following = _address(part)
                if following is None:
                    # Not an address: what our proxy itself saw is the best that is known.
                    break
                found = following
                if not self._holds(found):
                    break
        return str(found)

    def _find(self, address: _Address) -> bool:
        return any(address in network for network in self._networks)


def _plain_address(peer: str) -> str:
    found = _address(peer)
    return peer if found is None else str(found)


def _address(text: str) -> _Address | None:
    """Return an address as proxies write it: bare, in brackets, or with the port that it came from."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        # A zone is a name of the machine that wrote it; an IPv4 client of an IPv6 socket is still that client.
        return found.ipv4_mapped or ipaddress.IPv6Address(int(found))
    return found
