"""TLS towards terminals: whose certificate opens the server (FAULTS 23)."""

import asyncio
import ssl
import time
from datetime import UTC, datetime

import pytest

from deploy.local.authority import CertificateFiles
from edge.dialects import DIALECTS
from observability import metrics
from tests.integration.edge.conftest import IDENTITY, House, Terminal


def client_context(house: House, files: CertificateFiles | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(house.authority.authority_certificate))
    if files is not None:
        context.load_cert_chain(files.certificate, files.key)
    return context


async def connect(house: House, files: CertificateFiles | None) -> Terminal:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", house.edge.tls_port, ssl=client_context(house, files), server_hostname="localhost"
    )
    terminal = Terminal(reader, writer, DIALECTS["ascii1987"])
    house.terminals.append(terminal)
    return terminal


async def connect_and_sign_on(house: House, files: CertificateFiles | None) -> str:
    # With TLS 1.3 a client learns of a refusal when it first reads.
    return await (await connect(house, files)).sign_on()


async def test_a_terminal_with_its_own_certificate_pays(house: House) -> None:
    files = house.authority.terminal_certificate(IDENTITY.terminal, now=datetime.now(UTC))
    terminal = await connect(house, files)
    assert await terminal.sign_on() == "00"
    assert (await terminal.ask(terminal.purchase()))[39] == "00"
    assert house.core.sign_ons[0].certificate_name == IDENTITY.terminal


async def test_a_certificate_of_another_terminal_is_refused_with_its_own_code(house: House) -> None:
    files = house.authority.terminal_certificate("T0000099", now=datetime.now(UTC))
    terminal = await connect(house, files)
    assert await terminal.sign_on() == "63"
    assert await terminal.is_closed()
    assert not house.core.sign_ons


@pytest.mark.parametrize("which", ["none", "expired", "stranger"])
async def test_no_certificate_or_a_bad_one_never_gets_a_word_in(house: House, which: str) -> None:
    moment = datetime.now(UTC)
    files = {
        "none": lambda: None,
        "expired": lambda: house.authority.expired_certificate(IDENTITY.terminal, now=moment),
        "stranger": lambda: house.authority.stranger_certificate(IDENTITY.terminal, now=moment),
    }[which]()
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await connect_and_sign_on(house, files)
    assert not house.core.sign_ons
    assert house.edge.server.connections == 0
    expected = {"none": "no_certificate", "expired": "certificate_expired", "stranger": "certificate"}[which]
    assert metrics.EDGE_CONNECTIONS_CLOSED.child(f"tls_{expected}").n > 0


async def test_tls_1_1_is_refused(house: House) -> None:
    context = client_context(house, None)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection(
            "127.0.0.1", house.edge.tls_port, ssl=context, server_hostname="localhost"
        )


async def test_a_stalled_handshake_is_closed_at_its_deadline(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.edge.tls_port)
    began = time.monotonic()
    writer.write(b"\x16\x03\x01")
    async with asyncio.timeout(8):
        assert await reader.read() == b""
    assert time.monotonic() - began < 6
    writer.close()
    assert house.edge.server.connections == 0
