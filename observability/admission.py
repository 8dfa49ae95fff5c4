"""Who gets in: bounds of what one address, one session and everybody may have under way at a time, and until when.

admission = Admission(process="portal", proxies=…, live_paths=frozenset({"/live"}), live_max=500, session_of=…)
Litestar(…, middleware=[admission.around])     # raises Crowded, BodyStalled and BodyCut: say them in the caller's language

A request counts from its headers to the end of its answer; a live page counts as long as it is open, and apart from
requests: open pages of honest people never keep anybody from logging in.
"""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from hashlib import blake2b
from typing import Any, Final, Literal, TypeAlias

from observability.client_address import FORWARDED, TrustedProxies
from observability.metrics import HTTP_REFUSED, HTTP_UNDER_WAY

REQUESTS_MAX: Final = 1_024
REQUESTS_BY_ADDRESS_MAX: Final = 256
REQUESTS_BY_SESSION_MAX: Final = 128
LIVE_BY_ADDRESS_MAX: Final = 500
"""A whole office may come from one address; one browser opens six at most."""

LIVE_BY_SESSION_MAX: Final = 100
BODY_SILENCE_MAX_S: Final = 10.0
BODY_MAX_S: Final = 60.0

_RETRY_AFTER_S: Final = {"address": 5, "session": 5, "everybody": 2}
# Whoever restarts a process that seems dead must not be told that it is busy.
_FORWARDED: Final = FORWARDED.encode()
_ALWAYS_IN: Final = ("/health/live", "/health/ready")
_IPV6_SITE_BITS: Final = 64

By: TypeAlias = Literal["address", "session", "everybody"]
_Scope: TypeAlias = MutableMapping[str, Any]
_Receive: TypeAlias = Callable[[], Awaitable[Any]]


class Crowded(Exception):
    """No more at a time for this address or session (429), or for anybody (503)."""

    def __init__(self, by: By, *, live: bool) -> None:
        super().__init__(f"{'live pages' if live else 'requests'} of {by}")
        self.by: By = by
        self.live = live
        self.status = 503 if by == "everybody" else 429
        self.retry_after_s = _RETRY_AFTER_S[by]


class BodyStalled(Exception):
    """The request's body did not come in time (408)."""


class BodyCut(Exception):
    """The request's body ended before its end, or its chunks cannot be followed (400)."""


class _Count:
    """How many are under way, by key; a key without any is not kept."""

    def __init__(self) -> None:
        self.all = 0
        self._by_key: dict[str, int] = {}

    def of(self, key: str) -> int:
        return self._by_key.get(key, 0)

    def add(self, *keys: str) -> None:
        self.all += 1
        for key in keys:
            self._by_key[key] = self._by_key.get(key, 0) + 1

    def take(self, *keys: str) -> None:
        self.all -= 1
        for key in keys:
            left = self._by_key[key] - 1
            if left:
                self._by_key[key] = left
            else:
                del self._by_key[key]


class Admission:
    """One for a process. Belongs to its event loop."""

    def __init__(
        self,
        *,
        process: str,
        proxies: TrustedProxies,
        live_paths: frozenset[str],
        live_max: int,
        session_of: Callable[[Mapping[bytes, bytes]], bytes],
    ) -> None:
        self._process = process
        self._proxies = proxies
        self._live_paths = live_paths
        self._live_max = live_max
        self._session_of = session_of
        self.requests = _Count()
        self.live = _Count()
        HTTP_UNDER_WAY.watch(lambda: self.requests.all, process, "request")
        HTTP_UNDER_WAY.watch(lambda: self.live.all, process, "live")

    def around(self, app: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        """Return `app` behind these bounds. Raises, for each request: Crowded, BodyStalled, BodyCut."""

        async def call(scope: _Scope, receive: _Receive, send: Any) -> None:
            if scope["path"] in _ALWAYS_IN:
                await app(scope, receive, send)
                return
            count, keys = self._enter(scope)
            try:
                await app(scope, receive_in_time(receive, has_body=_has_body(scope)), send)
            finally:
                count.take(*keys)

        return call

    def _enter(self, scope: _Scope) -> tuple[_Count, tuple[str, ...]]:
        """Take a place, and return where it is to be given back and by which keys. Raises: Crowded."""
        live = scope["path"] in self._live_paths
        count = self.live if live else self.requests
        address = f"a {self._address_of(scope)}"
        token = self._session_of(dict(scope["headers"]))
        # What opens a session is not kept as a key.
        session = f"s {blake2b(token, digest_size=16).hexdigest()}" if token else ""
        keys = (address, session) if session else (address,)
        by = self._refused_by(count, address, session, live=live)
        if by is not None:
            HTTP_REFUSED.child(self._process, by).n += 1
            raise Crowded(by, live=live)
        count.add(*keys)
        return count, keys

    def _refused_by(self, count: _Count, address: str, session: str, *, live: bool) -> By | None:
        if session and count.of(session) >= (LIVE_BY_SESSION_MAX if live else REQUESTS_BY_SESSION_MAX):
            return "session"
        # Everybody's bound comes before the address's: where they are equal, "try again soon" is the truth.
        if count.all >= (self._live_max if live else REQUESTS_MAX):
            return "everybody"
        if count.of(address) >= (LIVE_BY_ADDRESS_MAX if live else REQUESTS_BY_ADDRESS_MAX):
            return "address"
        return None

    def _address_of(self, scope: _Scope) -> str:
        client = scope.get("client")
        forwarded = [
            value.decode("latin-1") for name, value in scope["headers"] if name.lower() == _FORWARDED
        ]
        found = self._proxies.client_of(client[0] if client else "", forwarded)
        if ":" in found:
            # One line at home has a whole network of these.
            return str(ipaddress.ip_network((found, _IPV6_SITE_BITS), strict=False))
        return found


def receive_in_time(receive: _Receive, *, has_body: bool = False) -> _Receive:
    """Return `receive` with a deadline for the request's body; what comes after the body may take for ever.

    Raises: BodyStalled, from the call that waited in vain. BodyCut, when a request that `has_body` ends before it.
    """
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + BODY_MAX_S
    whole = False

    async def receive_next() -> Any:
        nonlocal whole
        if whole:
            return await receive()
        try:
            async with asyncio.timeout_at(min(give_up_at, loop.time() + BODY_SILENCE_MAX_S)):
                message = await receive()
        except TimeoutError as error:
            raise BodyStalled from error
        if has_body and message["type"] == "http.disconnect":
            # The server says the same of a peer that has gone and of one whose chunks it cannot read.
            raise BodyCut
        whole = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return receive_next


def _has_body(scope: _Scope) -> bool:
    return any(
        (name == b"content-length" and value.strip(b"0 ")) or name == b"transfer-encoding"
        for name, value in scope["headers"]
    )
