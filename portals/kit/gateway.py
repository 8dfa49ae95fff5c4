"""The one way from a portal to the rest: the gateway's HTTP API, with the user's own token."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
from yarl import URL

Json = dict[str, Any]
Parameters = Sequence[tuple[str, str]]

REQUEST_TIMEOUT_S = 10.0
WRITE_TIMEOUT_S = 28.0  # The gateway answers a write within 27 s: a refund waits for the engine.
UPLOAD_TIMEOUT_S = 40.0
CONNECT_TIMEOUT_S = 2.0
CONNECTIONS_MAX = 40
LIVE_CONNECTIONS_MAX = 500
# The gateway sends a heartbeat every 10 s: two and a half of them missing is a dead stream.
LIVE_SILENCE_MAX_S = 25.0
KEPT_ALIVE_S = 5.0
_HEADER_TEXT = re.compile("[!-~]{1,255}")
_NOTHING_TO_DO: Final = frozenset(
    {
        "alert_recovered",
        "already_blocked",
        "already_disabled",
        "already_enabled",
        "already_granted",
        "already_lifted",
        "already_revoked",
        "approval_already_decided",
        "approval_already_waiting",
        "approval_expired",
        "contract_act_refused",
        "done_by_another",
        "fee_act_refused",
        "host_matter_over",
        "mail_still_waiting",
        "onboarding_move_not_possible",
        "payment_of_order",
        "request_not_closed",
        "request_status_standing",
        "transaction_not_cancellable",
        "transaction_not_refundable",
    }
)
"""Refusals of an act that was done already, or that the state reached meanwhile does not allow any more."""


class GatewayDown(Exception):
    """The gateway did not answer, or answered nonsense."""


class FieldError(msgspec.Struct, frozen=True):
    """One field that the gateway refused."""

    field: str = ""
    code: str = ""
    detail: str = ""


class GatewayProblem(Exception):
    """The gateway refused, in its own words (RFC 9457, already in the user's language)."""

    def __init__(self, status: int, body: Mapping[str, Any], *, retry_after_s: int = 0) -> None:
        self.status = status
        self.code = str(body.get("code") or f"http_{status}")
        self.title = str(body.get("title") or "")
        self.detail = str(body.get("detail") or self.title)
        self.trace_id = str(body.get("trace_id") or "")
        self.retry_after_s = retry_after_s
        self.errors = msgspec.convert(body.get("errors") or [], list[FieldError])
        self.body = dict(body)
        super().__init__(f"{status} {self.code}")

    @property
    def is_beyond_the_form(self) -> bool:
        """Whether no field can mend it: the session ended, the thing does not exist, a right is missing."""
        return self.status in (401, 404) or self.code == "not_permitted"


class NothingToDo(Exception):
    """A colleague was faster, or things moved on: no field can mend it, and sending it again would change nothing."""

    def __init__(self, problem: GatewayProblem) -> None:
        self.detail = problem.detail
        super().__init__(problem.code)


class Upstream:
    """An answer of the gateway whose body is still to come: the event stream, or a file."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.headers: Mapping[str, str] = answer.headers

    async def read(self) -> bytes:
        """Return the whole of it. Raises: GatewayDown."""
        try:
            return await self._answer.read()
        except _FAILURES as error:
            raise GatewayDown(type(error).__name__) from error

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give it as it comes. Raises: GatewayDown."""
        try:
            async for chunk in self._answer.content.iter_any():
                yield chunk
        except _FAILURES as error:
            raise GatewayDown(type(error).__name__) from error


class Gateway:
    """Keep-alive connections to the gateway; one instance for the portal's life, used by one event loop."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")

    # Made when they are first used: a session belongs to the loop that runs then.

    @cached_property
    def _client(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=CONNECTIONS_MAX, keepalive_timeout=KEPT_ALIVE_S)
        return _session(connector, aiohttp.ClientTimeout(REQUEST_TIMEOUT_S))

    @cached_property
    def _live(self) -> aiohttp.ClientSession:
        return _session(aiohttp.TCPConnector(limit=LIVE_CONNECTIONS_MAX, force_close=True), _STREAMING)

    @cached_property
    def _files(self) -> aiohttp.ClientSession:
        """Apart from live pages: when all of those are open, a file can still be fetched."""
        return _session(aiohttp.TCPConnector(limit=CONNECTIONS_MAX, force_close=True), _STREAMING)

    async def close(self) -> None:
        """Close every connection."""
        for name in ("_client", "_live", "_files"):
            if session := self.__dict__.pop(name, None):
                await session.close()

    def as_user(self, *, token: str | None, locale: str, browser: str = "", address: str = "") -> GatewayUser:
        """Return the API as one user sees it.

        `browser` is what theirs calls itself, kept with a session that it opens; `address` is where it is.
        """
        return GatewayUser(self, token=token, locale=locale, browser=browser, address=address)

    async def is_ready(self) -> bool:
        """Say whether the gateway answers that it can work."""
        within = aiohttp.ClientTimeout(CONNECT_TIMEOUT_S)
        try:
            async with self._client.get(self._address("/health/ready", ()), timeout=within) as answer:
                return answer.status == HTTPStatus.OK
        except _FAILURES:
            return False

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str], parameters: Parameters, body: Json | None
    ) -> Json:
        """Send one request and return its JSON.

        Raises: GatewayProblem, GatewayDown.
        """
        content = None if body is None else msgspec.json.encode(body)
        within_s = REQUEST_TIMEOUT_S if method == "GET" else WRITE_TIMEOUT_S
        return await self._ask(method, path, headers, parameters, content, within_s)

    async def send(
        self, path: str, *, headers: Mapping[str, str], parameters: Parameters, content: bytes
    ) -> Json:
        """Post bytes as they are and return the JSON of the answer.

        Raises: GatewayProblem, GatewayDown.
        """
        return await self._ask("POST", path, headers, parameters, content, UPLOAD_TIMEOUT_S)

    @asynccontextmanager
    async def stream(
        self, path: str, *, headers: Mapping[str, str], parameters: Parameters, live: bool
    ) -> AsyncIterator[Upstream]:
        """Open the event stream, or a file; its body is read by the caller, chunk by chunk.

        Raises: GatewayProblem, GatewayDown.
        """
        session = self._live if live else self._files
        try:
            answer = await session.get(
                self._address(path, parameters), headers=headers, allow_redirects=False
            )
        except _FAILURES as error:
            raise GatewayDown(type(error).__name__) from error
        try:
            upstream = Upstream(answer)
            if answer.status != HTTPStatus.OK:
                _read(answer.status, answer.headers, await upstream.read())
            yield upstream
        finally:
            answer.close()

    async def _ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        parameters: Parameters,
        content: bytes | None,
        within_s: float,
    ) -> Json:
        within = aiohttp.ClientTimeout(within_s, sock_connect=CONNECT_TIMEOUT_S)
        address = self._address(path, parameters)
        try:
            async with self._client.request(
                method, address, headers=headers, data=content, timeout=within, allow_redirects=False
            ) as answer:
                status, told, read = answer.status, answer.headers, await answer.read()
        except _FAILURES as error:
            raise GatewayDown(type(error).__name__) from error
        return _read(status, told, read)

    def _address(self, path: str, parameters: Parameters) -> URL:
        """Return an address as it is: a path is never made shorter by the dots that somebody typed into it."""
        asked = f"?{urlencode(parameters)}" if parameters else ""
        return URL(f"{self._base_url}{quote(path, safe=_SAFE)}{asked}", encoded=True)


_FAILURES: Final = (aiohttp.ClientError, TimeoutError, OSError)
_SAFE: Final = "/%:@!$&'()*+,;=-._~"
_STREAMING: Final = aiohttp.ClientTimeout(total=None, connect=CONNECT_TIMEOUT_S, sock_read=LIVE_SILENCE_MAX_S)


def _session(connector: aiohttp.TCPConnector, within: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=within,
        # On one machine, or between two of ours: packing costs both sides more than it saves.
        headers={"Accept-Encoding": "identity"},
        auto_decompress=False,
        skip_auto_headers=("User-Agent", "Content-Type"),
    )


class GatewayUser:
    """The API as one user: their token, their language."""

    def __init__(
        self, gateway: Gateway, *, token: str | None, locale: str, browser: str = "", address: str = ""
    ) -> None:
        self._gateway = gateway
        self._headers = {"Accept-Language": locale, "Accept": "application/json"}
        if browser:
            self._headers["User-Agent"] = browser
        if address:
            # One address and no chain: the portal has judged the words of whoever stands before it.
            self._headers["X-Forwarded-For"] = address
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    async def get(self, path: str, parameters: Parameters = ()) -> Json:
        """Read. Raises: GatewayProblem, GatewayDown."""
        return await self._gateway.request(
            "GET", path, headers=self._headers, parameters=parameters, body=None
        )

    async def post(self, path: str, body: Json, *, idempotency_key: str | None = None) -> Json:
        """Write. Raises: NothingToDo, GatewayProblem, GatewayDown."""
        try:
            return await self._write("POST", path, body, idempotency_key)
        except GatewayProblem as problem:
            if problem.code in _NOTHING_TO_DO:
                raise NothingToDo(problem) from problem
            raise

    async def patch(self, path: str, body: Json, *, idempotency_key: str | None = None) -> Json:
        """Change. Raises: GatewayProblem, GatewayDown."""
        return await self._write("PATCH", path, body, idempotency_key)

    async def delete(self, path: str) -> None:
        """Delete. Raises: GatewayProblem, GatewayDown."""
        await self._gateway.request("DELETE", path, headers=self._headers, parameters=(), body=None)

    async def upload(self, path: str, parameters: Parameters, content: bytes) -> Json:
        """Send a file as the body of a POST. Raises: GatewayProblem, GatewayDown."""
        headers = {**self._headers, "Content-Type": "application/octet-stream"}
        return await self._gateway.send(path, headers=headers, parameters=parameters, content=content)

    @asynccontextmanager
    async def download(self, path: str, parameters: Parameters = ()) -> AsyncIterator[Upstream]:
        """Open a file; its body is read by the caller, chunk by chunk. Raises: GatewayProblem, GatewayDown."""
        async with self._gateway.stream(
            path, headers=self._headers, parameters=parameters, live=False
        ) as answer:
            yield answer

    @asynccontextmanager
    async def events(
        self, path: str, parameters: Parameters, *, last_event_id: str | None
    ) -> AsyncIterator[Upstream]:
        """Open a stream. Raises: GatewayProblem, GatewayDown."""
        headers = {**self._headers, "Accept": "text/event-stream"}
        # A place in the feed that a header cannot say is none of ours: the feed begins with now.
        if last_event_id and _HEADER_TEXT.fullmatch(last_event_id):
            headers["Last-Event-ID"] = last_event_id
        async with self._gateway.stream(path, headers=headers, parameters=parameters, live=True) as answer:
            yield answer

    async def _write(self, method: str, path: str, body: Json, idempotency_key: str | None) -> Json:
        headers = {**self._headers, "Content-Type": "application/json"}
        if idempotency_key:
            headers["Idempotency-Key"] = header_key(idempotency_key)
        return await self._gateway.request(method, path, headers=headers, parameters=(), body=body)


def header_key(text: str) -> str:
    """Return a key as a header can carry it; one that a form of ours did not make stays one key, whatever is in it."""
    if _HEADER_TEXT.fullmatch(text):
        return text
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _read(status: int, headers: Mapping[str, str], content: bytes) -> Json:
    if status == HTTPStatus.NO_CONTENT:
        return {}
    try:
        body = msgspec.json.decode(content) if content else {}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if status < HTTPStatus.BAD_REQUEST:
            raise GatewayDown("the gateway's answer is not JSON") from error
        body = {}
    # Some lists may come bare; callers always see an object.
    if isinstance(body, list):
        body = {"data": body, "next_cursor": None}
    if status in (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT):
        raise GatewayDown(str(body.get("trace_id") or f"status {status}"))
    if status >= HTTPStatus.BAD_REQUEST:
        retry = headers.get("Retry-After", "")
        raise GatewayProblem(status, body, retry_after_s=int(retry) if retry.isdigit() else 0)
    return body
