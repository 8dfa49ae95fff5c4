"""The acquirer simulator as a process, and a link to it that speaks frames."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from deploy.local.ports import free_ports
from deploy.sandbox.simulators.book import Entry, read_book
from deploy.sandbox.simulators.cards import card_named
from edge.dialects import DIALECTS
from edge.protocol.field import Message
from edge.protocol.framing import FrameReader, frame

CODEC = DIALECTS["ascii1987"]
LATE_MS = 400
START_S = 15.0


class AcquirerProcess:
    """Started on free ports over a folder; `kill` and `start` it again as often as wanted."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port, self.second_port, self.control_port = free_ports(3)
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        environment = os.environ | {
            "GUICHET_ACQUIRER_PORT": str(self.port),
            "GUICHET_ACQUIRER_PORT_SECONDARY": str(self.second_port),
            "GUICHET_CONTROL_PORT": str(self.control_port),
            "GUICHET_BOOK_DIR": str(self.directory),
            "GUICHET_ACQUIRER_LATE_MS": str(LATE_MS),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "deploy.sandbox.simulators.acquirer"],
            env=environment,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + START_S
        while True:
            try:
                if self.control("GET", "/health/ready")[0] == 200:
                    return
            except OSError:
                assert self._process.poll() is None, "the acquirer ended while starting"
                assert time.monotonic() < until, "the acquirer is not ready in time"
                time.sleep(0.05)

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(timeout=10)

    def control(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.control_port}{path}", data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - loopback, http
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text.decode()

    def book(self) -> dict[str, Entry]:
        return read_book(self.directory)


class Link:
    """One socket to the host. Each request has its own STAN and reference unless it says otherwise."""

    _numbers = iter(range(1, 1_000_000))

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self._reader = FrameReader()
        self._frames: list[bytes] = []

    def send(self, message: Message) -> Message:
        self.socket.sendall(frame(CODEC.encode(message)))
        return message

    def receive(self, timeout_s: float = 3.0) -> Message | None:
        """Return the next answer, None when none comes in time. Raises: ConnectionError when the host closed."""
        self.socket.settimeout(timeout_s)
        while not self._frames:
            try:
                data = self.socket.recv(65_536)
            except TimeoutError:
                return None
            if not data:
                raise ConnectionError("closed")
            self._frames += self._reader.feed(data)
        return CODEC.decode(self._frames.pop(0))

    def ask(self, message: Message, timeout_s: float = 3.0) -> Message:
        self.send(message)
        answer = self.receive(timeout_s)
        assert answer is not None, "no answer"
        return answer

    def close(self) -> None:
        self.socket.close()


def purchase(
    card: str = "approve-visa", amount_minor: int = 1250, mti: str = "0200", **changes: Any
) -> Message:
    number = next(Link._numbers)
    message: Message = {
        0: mti,
        2: card_named(card).pan,
        3: "000000",
        4: f"{amount_minor:012d}",
        7: "1122101500",
        11: f"{number:06d}",
        12: "111500",
        13: "1122",
        37: f"{number:012d}",
        41: "T0000001",
        42: "000000000000001",
        49: "978",
        60: "PA",
    }
    return message | {int(field.lstrip("f")): value for field, value in changes.items()}


def reversal(of: Message, mti: str = "0420", *, with_rrn: bool = True) -> Message:
    message: Message = {number: of[number] for number in (2, 3, 4, 12, 13, 41, 42, 49)}
    message |= {0: mti, 7: "1122101600", 11: f"{next(Link._numbers):06d}", 39: "68"}
    message[90] = f"{of[0]}{of[11]}{of[7]}{'0' * 22}"
    if with_rrn:
        message[37] = of[37]
    return message
