"""`python -m edge` as the supervisor starts it: on uvloop, by its environment."""

import asyncio
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.local.authority import DevelopmentAuthority
from edge.dialects import DIALECTS
from tests.integration.edge.conftest import IDENTITY, Terminal
from tests.integration.edge.stand_in import StandInCore
from tests.support.nats_server import NatsServer, free_port

SOCKETS = 1000
TLS_SOCKETS = 200


async def http_status(port: int, path: str) -> int:
    """Return the status, 0 when nobody listens."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return 0
    writer.write(f"GET {path} HTTP/1.1\r\n\r\n".encode())
    line = await reader.readline()
    writer.close()
    return int(line.split()[1])


def resident_bytes(pid: int) -> int:
    """Return the memory that a process really holds."""
    fields = Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()
    return int(fields[0]) * 1024


class Running:
    """One edge process and what it listens on."""

    def __init__(
        self, process: asyncio.subprocess.Process, ports: tuple[int, int, int], tls_dir: Path
    ) -> None:
        self.process = process
        self.port, self.tls_port, self.health_port = ports
        self.tls_dir = tls_dir

    async def terminal(self, tls: ssl.SSLContext | None = None) -> Terminal:
        """Connect, in clear or not."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1",
            self.tls_port if tls else self.port,
            ssl=tls,
            server_hostname="localhost" if tls else None,
        )
        return Terminal(reader, writer, DIALECTS["ascii1987"])

    def client(self, name: str) -> ssl.SSLContext:
        """Return the TLS of a terminal."""
        authority = DevelopmentAuthority(self.tls_dir, self.tls_dir.parent / "authority")
        files = authority.terminal_certificate(name, now=datetime.now(UTC))
        context = ssl.create_default_context(cafile=str(authority.authority_certificate))
        context.load_cert_chain(files.certificate, files.key)
        return context


@asynccontextmanager
async def running(tmp_path: Path, nats: NatsServer) -> AsyncIterator[Running]:
    tls_dir = tmp_path / "tls"
    DevelopmentAuthority(tls_dir, tmp_path / "authority").ensure(now=datetime.now(UTC))
    ports = (free_port(), free_port(), free_port())
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "edge",
        env={
            "GUICHET_NATS_URL": nats.url,
            "GUICHET_KEYS_DIR": str(tmp_path / "keys"),
            "GUICHET_TLS_DIR": str(tls_dir),
            "GUICHET_EDGE_PORT": str(ports[0]),
            "GUICHET_EDGE_TLS_PORT": str(ports[1]),
            "GUICHET_HEALTH_PORT": str(ports[2]),
        },
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(15):
            while await http_status(ports[2], "/health/ready") != 200:  # noqa: ASYNC110 -- Another process.
                await asyncio.sleep(0.05)
        yield Running(process, ports, tls_dir)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
async def nats(tmp_path: Path) -> AsyncIterator[NatsServer]:
    server = NatsServer(folder=tmp_path, port=free_port())
    await server.start()
    yield server
    await server.kill()


async def test_it_serves_both_listeners_and_ends_when_told(tmp_path: Path, nats: NatsServer) -> None:
    core = await StandInCore.start(nats.url)
    async with running(tmp_path, nats) as edge:
        for tls in (None, edge.client(IDENTITY.terminal)):
            terminal = await edge.terminal(tls)
            assert await terminal.sign_on() == "00"
            assert (await terminal.ask(terminal.purchase()))[39] == "00"
        assert await http_status(edge.health_port, "/metrics") == 200
        await nats.kill()
        async with asyncio.timeout(10):
            while await http_status(edge.health_port, "/health/ready") != 503:  # noqa: ASYNC110 -- Another process.
                await asyncio.sleep(0.05)
        edge.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await edge.process.wait() == 0
    await core.close()


async def test_bad_certificates_are_refused_on_uvloop_too(tmp_path: Path, nats: NatsServer) -> None:
    core = await StandInCore.start(nats.url)
    async with running(tmp_path, nats) as edge:
        stranger = ssl.create_default_context(cafile=str(edge.tls_dir / "authority.crt"))
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await (await edge.terminal(stranger)).sign_on()
        assert await (await edge.terminal(edge.client("T0000009"))).sign_on() == "63"
    assert not core.sign_ons
    await core.close()


async def test_idle_sockets_cost_little_memory(tmp_path: Path, nats: NatsServer) -> None:
    async with running(tmp_path, nats) as edge:
        tls = edge.client(IDENTITY.terminal)
        # The first ones pay for what all share.
        kept = [await edge.terminal() for _ in range(20)] + [await edge.terminal(tls) for _ in range(20)]
        before = resident_bytes(edge.process.pid)
        kept += [await edge.terminal() for _ in range(SOCKETS)]
        plain = (resident_bytes(edge.process.pid) - before) / SOCKETS
        before = resident_bytes(edge.process.pid)
        kept += [await edge.terminal(tls) for _ in range(TLS_SOCKETS)]
        secure = (resident_bytes(edge.process.pid) - before) / TLS_SOCKETS
        for terminal in kept:
            terminal.writer.close()
    print(f"{plain:.0f} bytes a socket, {secure:.0f} with TLS")  # noqa: T201 -- Shown with -rP.
    assert plain < 8 * 1024
    assert secure < 60 * 1024


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        ({"GUICHET_NATS_URL": ""}, 2, "GUICHET_NATS_URL"),
        ({"GUICHET_EDGE_PORT": "http"}, 2, "GUICHET_EDGE_PORT"),
        ({"GUICHET_ACQUIRER_PRIMARY": "nowhere"}, 2, "GUICHET_ACQUIRER_PRIMARY"),
        ({"GUICHET_ACQUIRERS": "{"}, 2, "GUICHET_ACQUIRERS"),
        ({"GUICHET_TLS_DIR": "/nowhere"}, 2, "GUICHET_TLS_DIR"),
        ({"GUICHET_LOG_LEVEL": "loud"}, 2, "log level"),
    ],
)
async def test_a_wrong_setting_is_one_line_and_an_exit_code(
    tmp_path: Path, change: dict[str, str], code: int, word: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "edge",
        env={"GUICHET_NATS_URL": "nats://127.0.0.1:1", "GUICHET_KEYS_DIR": str(tmp_path / "keys"), **change},
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    assert process.returncode == code
    assert errors.decode().count("\n") == 1
    assert word in errors.decode()
