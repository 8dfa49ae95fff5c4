"""Locust's users: agents on the API and on the pages, a screen on the live feed, terminals at their tills.

`make load` starts a stack of its own and runs this against it. By hand, against a stack that runs:
GUICHET_LOAD_API, _PORTAL (http://127.0.0.1:port), _EDGE (127.0.0.1:port), _PASSWORD_FILE, then `locust -f perf/locustfile.py`.
Nothing but loopback is ever loaded.
"""

import http.client
import itertools
import json
import os
import random
import re
import socket
import time
from datetime import UTC, datetime
from http.cookiejar import Cookie
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gevent.lock import RLock
from locust import FastHttpUser, User, between, constant_throughput, task
from locust.exception import StopUser

from core.values.clock import PARIS
from deploy.sandbox.demonstration.access import demonstration_code
from deploy.sandbox.simulators import requests
from deploy.sandbox.simulators.cards import load_amount_minor, load_pan, load_start
from deploy.sandbox.simulators.load import LOAD_TERMINAL_FIRST
from deploy.sandbox.simulators.requests import Identity, Moment
from deploy.sandbox.simulators.stans import Stans, run_offset
from edge.dialects import DIALECTS
from edge.protocol.field import Message
from edge.protocol.framing import FrameReader, frame

LOOPBACKS: Final = frozenset({"127.0.0.1", "localhost", "::1"})
# A code of the second factor works once in its thirty seconds, so each agent logs in once for all its users.
API_AGENTS: Final = ("hotline@guichet.example", "technicien@guichet.example", "backoffice@guichet.example")
PORTAL_AGENTS: Final = ("superviseur@guichet.example", "admin@guichet.example")
LIVE_AGENT: Final = "commercial@guichet.example"
ANSWER_TIMEOUT_S: Final = 20.0
FEED_READ_S: Final = 10.0
TERMINALS: Final = int(os.environ.get("GUICHET_LOAD_TERMINALS", "200"))
_CODEC: Final = DIALECTS["ascii1987"]
_CSRF: Final = re.compile(r'name="csrf" value="([^"]+)"')
_SHOWN: Final = re.compile(r'data-id="(txn_[0-9a-z]+)"')
_numbers = itertools.count(load_start())
_terminals = itertools.count()
_logging_in = RLock()
_tokens: dict[str, str] = {}
_cookies: dict[str, list[Cookie]] = {}


def _place(name: str) -> str:
    """Return an address from the environment. Raises: SystemExit when it is missing or not on this machine."""
    text = os.environ.get(f"GUICHET_LOAD_{name}", "")
    parts = urlsplit(text if "//" in text else f"//{text}")
    if parts.hostname not in LOOPBACKS or parts.port is None:
        raise SystemExit(f"locust: GUICHET_LOAD_{name} must name a port on loopback; `make load` sets it")
    return text


API: Final = _place("API")
PORTAL: Final = _place("PORTAL")
EDGE: Final = _place("EDGE")
PASSWORD: Final = Path(os.environ["GUICHET_LOAD_PASSWORD_FILE"]).read_text(encoding="utf-8").strip()


class ApiAgent(FastHttpUser):
    """A program, or a screen, on the gateway's API with one session."""

    host = API
    weight = 4
    wait_time = between(0.2, 1.0)
    _seen: list[str]

    def on_start(self) -> None:
        """Log in once an agent."""
        self._seen = []
        email = random.choice(API_AGENTS)
        with _logging_in:
            if email not in _tokens:
                code = demonstration_code(PASSWORD, email)
                answer = self.client.post(
                    "/v1/sessions", json={"email": email, "password": PASSWORD, "code": code}
                )
                if answer.status_code != 201:
                    raise StopUser
                _tokens[email] = answer.json()["token"]
        self.client.client.default_headers["Authorization"] = f"Bearer {_tokens[email]}"

    @task(5)
    def list_transactions(self) -> None:
        """The newest fifty."""
        answer = self.client.get("/v1/transactions?limit=50")
        if answer.status_code == 200:
            self._seen = [row["id"] for row in answer.json()["data"]]

    @task(1)
    def filtered(self) -> None:
        """What was declined, page by page as far as two."""
        answer = self.client.get("/v1/transactions?state=declined&limit=25", name="/v1/transactions?state=")
        cursor = answer.json().get("next_cursor") if answer.status_code == 200 else None
        if cursor:
            self.client.get(
                f"/v1/transactions?state=declined&limit=25&cursor={cursor}", name="/v1/transactions?cursor="
            )

    @task(4)
    def one_transaction(self) -> None:
        """One of those just seen, with its diagnosis."""
        if self._seen:
            self.client.get(f"/v1/transactions/{random.choice(self._seen)}", name="/v1/transactions/{id}")

    @task(2)
    def counters(self) -> None:
        """The last quarter of an hour."""
        self.client.get("/v1/counters?minutes=15")

    @task(1)
    def blocks(self) -> None:
        """What is blocked."""
        self.client.get("/v1/blocks?standing=true")


class PortalAgent(FastHttpUser):
    """Somebody with the agents' portal open."""

    host = PORTAL
    weight = 3
    wait_time = between(0.5, 2.0)
    _seen: list[str]

    def on_start(self) -> None:
        """Log in once an agent, through both forms."""
        self._seen = []
        email = random.choice(PORTAL_AGENTS)
        with _logging_in:
            if email not in _cookies:
                self._fill("/login", email=email, password=PASSWORD, next="/blocks")
                self._fill("/login/second", code=demonstration_code(PASSWORD, email))
                _cookies[email] = list(self.client.cookiejar)
        for cookie in _cookies[email]:
            self.client.cookiejar.set_cookie(cookie)

    def _fill(self, path: str, **fields: str) -> None:
        form = _CSRF.search(self.client.get(path).text or "")
        if form is None or self.client.post(path, data={**fields, "csrf": form[1]}).status_code != 200:
            raise StopUser

    @task(5)
    def transactions(self) -> None:
        """The live page as it opens."""
        answer = self.client.get("/transactions", name="page /transactions")
        self._seen = _SHOWN.findall(answer.text or "")

    @task(3)
    def one_transaction(self) -> None:
        """A record."""
        if self._seen:
            self.client.get(f"/transactions/{random.choice(self._seen)}", name="page /transactions/{id}")

    @task(1)
    def home(self) -> None:
        """The first page."""
        self.client.get("/", name="page /")

    @task(1)
    def terminals(self) -> None:
        """The estate."""
        self.client.get("/terminals", name="page /terminals")

    @task(1)
    def blocks(self) -> None:
        """What is blocked."""
        self.client.get("/blocks", name="page /blocks")


class LiveScreen(User):
    """A screen on the live feed: stays for a while, comes back; the time is that to its first event."""

    fixed_count = 2
    wait_time = between(0.5, 1.0)
    _token = ""

    @task
    def listen(self) -> None:
        """Read the feed line by line over one connection."""
        began = time.perf_counter()
        connection = http.client.HTTPConnection(urlsplit(API).netloc, timeout=FEED_READ_S)
        bytes_read, first_ms, failure = 0, 0.0, None
        try:
            self._token = self._token or _log_in(connection)
            began = time.perf_counter()
            connection.request("GET", "/v1/events", headers={"Authorization": f"Bearer {self._token}"})
            feed = connection.getresponse()
            if feed.status != 200:
                raise ConnectionError(f"status {feed.status}")
            while time.perf_counter() - began < FEED_READ_S:
                line = feed.readline()
                if not line:
                    raise ConnectionError("the feed ended")
                bytes_read += len(line)
                if not first_ms and line.startswith(b"event: transaction"):
                    first_ms = (time.perf_counter() - began) * 1000
        except TimeoutError:
            # Nothing to show is no failure while nobody pays.
            first_ms = first_ms or FEED_READ_S * 1000
        except (OSError, http.client.HTTPException) as error:
            failure = error
        finally:
            connection.close()
        _tell(self, "SSE", "/v1/events, first event", first_ms, bytes_read, failure)


class TillTerminal(User):
    """A terminal: signs on over its own socket, then a payment a second; a payment without answer is reversed."""

    weight = 8
    wait_time = constant_throughput(1)

    def on_start(self) -> None:
        """Connect and sign on."""
        self._identity = Identity(f"T{LOAD_TERMINAL_FIRST + next(_terminals) % TERMINALS:07d}")
        local = datetime.now(PARIS)
        first = run_offset(local.hour * 3600 + local.minute * 60 + local.second)
        self._stans = Stans(self._identity.terminal, first=first)
        self._wire: socket.socket | None = None
        self._reader = FrameReader()
        self._connect()

    def on_stop(self) -> None:
        """Hang up."""
        self._hang_up()

    @task
    def pay(self) -> None:
        """Buy something with a load card."""
        if self._wire is None and not self._connect():
            return
        number = next(_numbers)
        stan, at = self._moment()
        message = requests.payment(
            self._identity,
            mti="0200",
            processing_code=requests.PURCHASE,
            pan=load_pan(number),
            amount_minor=load_amount_minor(number),
            stan=stan,
            at=at,
        )
        if self._exchange("0200 purchase", message) is None and self._connect():
            stan, at = self._moment()
            self._exchange(
                "0400 reversal", requests.reversal(message, mti="0400", stan=stan, at=at, reason="68")
            )

    def _connect(self) -> bool:
        self._hang_up()
        host, _, port = EDGE.rpartition(":")
        try:
            self._wire = socket.create_connection((host, int(port)), ANSWER_TIMEOUT_S)
        except OSError as error:
            _tell(self, "ISO", "connect", 0, 0, error)
            return False
        self._reader = FrameReader()
        stan, at = self._moment()
        answer = self._exchange("0800 sign-on", requests.sign_on(self._identity, stan=stan, at=at))
        if answer is None or answer.get(39) != "00":
            self._hang_up()
            return False
        return True

    def _hang_up(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def _moment(self) -> tuple[str, Moment]:
        at = Moment.of(datetime.now(UTC))
        return self._stans.take(datetime.now(PARIS).date()), at

    def _exchange(self, name: str, message: Message) -> Message | None:
        """Send one message and return its answer, None for silence, which closes the socket."""
        wire = self._wire
        if wire is None:
            return None
        began = time.perf_counter()
        answer: Message | None = None
        failure: Exception | None = None
        size = 0
        try:
            wire.sendall(frame(_CODEC.encode(message)))
            while answer is None:
                data = wire.recv(4096)
                if not data:
                    raise ConnectionError("edge closed the connection")
                for raw in self._reader.feed(data):
                    decoded = _CODEC.decode(raw)
                    if decoded.get(11) == message[11]:
                        answer, size = decoded, len(raw)
        except OSError as error:
            failure = error
            self._hang_up()
        if answer is not None and answer.get(39) not in {"00", "10"}:
            failure = RuntimeError(f"code {answer.get(39)}")
        _tell(self, "ISO", name, (time.perf_counter() - began) * 1000, size, failure)
        return answer


def _log_in(connection: http.client.HTTPConnection) -> str:
    with _logging_in:
        if LIVE_AGENT not in _tokens:
            body = {
                "email": LIVE_AGENT,
                "password": PASSWORD,
                "code": demonstration_code(PASSWORD, LIVE_AGENT),
            }
            headers = {"Content-Type": "application/json"}
            connection.request("POST", "/v1/sessions", json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            if answer.status != 201:
                raise ConnectionError(f"log in: status {answer.status}")
            _tokens[LIVE_AGENT] = json.loads(text)["token"]
        return _tokens[LIVE_AGENT]


def _tell(user: User, kind: str, name: str, took_ms: float, size: int, failure: Exception | None) -> None:
    user.environment.events.request.fire(
        request_type=kind,
        name=name,
        response_time=took_ms,
        response_length=size,
        exception=failure,
        context={},
    )
