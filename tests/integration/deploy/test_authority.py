"""Development certificates, tried in real TLS handshakes."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.local.authority import CertificateFiles, DevelopmentAuthority

NOW = datetime.now(UTC)


@pytest.fixture
def authority(tmp_path: Path) -> DevelopmentAuthority:
    made = DevelopmentAuthority(tmp_path / "tls", tmp_path / "authority")
    made.ensure(now=NOW)
    return made


async def common_name_seen(authority: DevelopmentAuthority, client: CertificateFiles) -> str:
    """Connect as the client and return the name that the server read from its certificate."""
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.authority_certificate)
    server_side.verify_mode = ssl.CERT_REQUIRED
    server_side.load_cert_chain(authority.edge.certificate, authority.edge.key)
    client_side = ssl.create_default_context(cafile=authority.authority_certificate)
    client_side.load_cert_chain(client.certificate, client.key)
    seen: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        subject = writer.get_extra_info("peercert")["subject"]
        seen.set_result(dict(pair[0] for pair in subject)["commonName"])
        writer.write(b"k")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_side)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=client_side, server_hostname="localhost"
        )
        # With TLS 1.3 the client learns of a refused certificate at its first read.
        if await reader.read(1) != b"k":
            raise ConnectionResetError("closed by the server")
        writer.close()
    return await seen


async def test_edge_reads_the_terminal_id_from_a_good_certificate(authority: DevelopmentAuthority) -> None:
    files = authority.terminal_certificate("T0000001", now=NOW)
    assert await common_name_seen(authority, files) == "T0000001"


async def test_an_expired_certificate_is_refused(authority: DevelopmentAuthority) -> None:
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        await common_name_seen(authority, authority.expired_certificate("T0000001", now=NOW))


async def test_another_authoritys_certificate_is_refused(authority: DevelopmentAuthority) -> None:
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        await common_name_seen(authority, authority.stranger_certificate("T0000001", now=NOW))


async def test_files_are_private_and_kept(authority: DevelopmentAuthority, tmp_path: Path) -> None:
    first = authority.terminal_certificate("T0000001", now=NOW).certificate.read_bytes()
    authority.ensure(now=NOW + timedelta(days=1))
    assert authority.terminal_certificate("T0000001", now=NOW).certificate.read_bytes() == first
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()} == {0o600}
    assert not list((tmp_path / "tls").glob("authority.key"))


async def test_a_certificate_is_renewed_before_its_end(authority: DevelopmentAuthority) -> None:
    first = authority.edge.certificate.read_bytes()
    authority.ensure(now=NOW + timedelta(days=380))
    assert authority.edge.certificate.read_bytes() != first
