"""An edge on a real bus, with a stand-in for core, a simulated acquirer and real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.local.authority import DevelopmentAuthority
from deploy.sandbox.simulators import requests
from deploy.sandbox.simulators.acquirer.links import Acquirer, HostSide
from deploy.sandbox.simulators.book import Book
from deploy.sandbox.simulators.cards import CARDS
from deploy.sandbox.simulators.requests import Identity, Moment
from edge.dialects import DIALECTS
from edge.main import Edge
from edge.protocol.codec import Codec
from edge.protocol.field import Message
from edge.protocol.framing import FrameReader, frame
from edge.settings import AcquirerSettings, Address, Settings, TlsFiles
from tests.integration.edge.foreign_terminal import IDENTITY, Foreign
from tests.integration.edge.stand_in import StandInCore
from tests.support.nats_server import NatsServer, free_port


async def until(condition: Callable[[], object]) -> None:
    """Wait until something holds, ten seconds at most."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 -- Conditions are plain reads of many kinds.
            await asyncio.sleep(0.01)


class Host:
    """One listening side of the simulated acquirer."""

    def __init__(self, acquirer: Acquirer) -> None:
        self.acquirer = acquirer
        self.port = free_port()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen, on the same port each time."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: HostSide(self.acquirer), "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Close the listener and every link."""
        if self._server is not None:
            self._server.close()
        for link in list(self.acquirer.links):
            link.close()


class Terminal:
    """A socket that speaks ISO 8583, and whatever else a test makes it say."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, codec: Codec) -> None:
        self._reader = reader
        self.writer = writer
        self.codec = codec
        self._frames = FrameReader()
        self._waiting: list[bytes] = []
        self.stan = 0

    def next_stan(self) -> str:
        """Return a STAN that this terminal has not used."""
        self.stan += 1
        return f"{self.stan:06d}"

    def send(self, message: Message, *, tpdu: bytes | None = None) -> None:
        """Write one message."""
        self.writer.write(frame(self.codec.encode(message), tpdu))

    async def receive_raw(self, timeout_s: float = 5.0) -> bytes:
        """Return the next frame, empty bytes when edge closes. Raises: TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while not self._waiting:
                try:
                    data = await self._reader.read(65536)
                except ConnectionError:
                    return b""
                if not data:
                    return b""
                self._waiting += self._frames.feed(data)
        return self._waiting.pop(0)

    async def receive(self, timeout_s: float = 5.0) -> Message:
        """Return the next answer. Raises: TimeoutError, ConnectionError when edge closes."""
        raw = await self.receive_raw(timeout_s)
        if not raw:
            raise ConnectionError("closed")
        return self.codec.decode(raw)

    async def ask(self, message: Message) -> Message:
        """Send, and return the answer."""
        self.send(message)
        return await self.receive()

    async def is_closed(self, timeout_s: float = 5.0) -> bool:
        """Whether edge closes without another word."""
        return await self.receive_raw(timeout_s) == b""

    async def sign_on(self, identity: Identity = IDENTITY) -> str:
        """Sign on and return the response code."""
        answer = await self.ask(requests.sign_on(identity, stan=self.next_stan(), at=now()))
        assert answer[0] == "0810"
        return str(answer[39])

    def purchase(self, *, amount_minor: int = 1250, card: str = "approve-cb", mti: str = "0200") -> Message:
        """Return a purchase with a fresh STAN."""
        return requests.payment(
            IDENTITY,
            mti=mti,
            processing_code=requests.PURCHASE,
            pan=CARDS[card].pan,
            amount_minor=amount_minor,
            stan=self.next_stan(),
            at=now(),
        )


def now() -> Moment:
    """Return the present as data elements."""
    return Moment.of(datetime.now(UTC))


@dataclass
class House:
    """Everything around one edge."""

    nats: NatsServer
    core: StandInCore
    edge: Edge
    primary: Host
    secondary: Host
    authority: DevelopmentAuthority
    terminals: list[Terminal]

    async def terminal(self, *, dialect: str = "ascii1987", signed_on: bool = True) -> Terminal:
        """Connect in clear."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.edge.port)
        terminal = Terminal(reader, writer, DIALECTS[dialect])
        self.terminals.append(terminal)
        if signed_on:
            assert await terminal.sign_on() == "00"
        return terminal


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    nats = NatsServer(folder=tmp_path, port=free_port())
    await nats.start()
    authority = DevelopmentAuthority(tmp_path / "tls", tmp_path / "authority")
    authority.ensure(now=datetime.now(UTC))
    book = Book(str(tmp_path / "book"))
    acquirer = Acquirer(book)
    primary, secondary = Host(acquirer), Host(acquirer)
    await primary.start()
    await secondary.start()
    core = await StandInCore.start(nats.url)
    edge = await Edge.start(
        Settings(
            nats_url=nats.url,
            keys_dir=tmp_path / "keys",
            tls=TlsFiles(authority.edge.certificate, authority.edge.key, authority.authority_certificate),
            acquirers=(
                AcquirerSettings(
                    "acq1", (Address("127.0.0.1", primary.port),), (Address("127.0.0.1", secondary.port),)
                ),
            ),
        )
    )
    await until(lambda: all(link.up for link in edge.links[0].sockets))
    await edge.bus.flush()
    house = House(nats, core, edge, primary, secondary, authority, [])
    yield house
    for terminal in house.terminals:
        terminal.writer.close()
    await edge.stop(drain_s=0)
    await core.close()
    await primary.stop()
    await secondary.stop()
    await asyncio.sleep(0)
    book.close()
    await nats.kill()


@pytest.fixture
async def foreign(house: House) -> Foreign:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.edge.port)
    terminal = Foreign(reader, writer)
    answer = await terminal.ask(t="0800", f7="1128010000", f11="000001", f70="001")
    assert answer["39"] == "00"
    return terminal
