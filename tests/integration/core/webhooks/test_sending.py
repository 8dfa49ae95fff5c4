"""One message over real sockets: what counts as taken, and what no receiver can make us do."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from core.webhooks import sending
from core.webhooks.model import Answered
from core.webhooks.sending import ANSWER_BYTES_MAX, Sender
from deploy.local.authority import DevelopmentAuthority
from tests.integration.core.webhooks.receiver import OK, Receiver, listening

BODY = b'{"type":"endpoint.tested"}'
TIMEOUT_S = 0.5


@asynccontextmanager
async def sender(*, loopback: bool = True, tls: ssl.SSLContext | None = None) -> AsyncIterator[Sender]:
    opened = Sender(loopback=loopback, timeout_s=TIMEOUT_S, tls=tls)
    try:
        yield opened
    finally:
        await opened.close()


async def send_to(receiver: Receiver, path: str = "/hooks") -> Answered:
    async with listening(receiver) as port, sender() as opened:
        return await opened.send(f"http://127.0.0.1:{port}{path}", {"webhook-id": "whk_1"}, BODY)


def answer(status: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def test_a_message_is_a_post_of_json_with_its_headers() -> None:
    receiver = Receiver()
    assert await send_to(receiver, "/hooks?shop=1") == Answered("accepted", 200, "ok")
    (message,) = receiver.messages
    assert (message.head, message.body) == ("POST /hooks?shop=1 HTTP/1.1", BODY)
    assert message.headers["content-type"] == "application/json"
    assert message.headers["webhook-id"] == "whk_1"
    assert message.headers["host"].startswith("127.0.0.1:")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("204 No Content", "accepted"),
        ("400 Bad Request", "refused"),
        ("500 Oops", "refused"),
        ("410 Gone", "gone"),
        ("301 Moved", "redirected"),
        ("307 Temporary Redirect", "redirected"),
    ],
)
async def test_only_a_status_of_success_counts_as_taken(status: str, outcome: str) -> None:
    elsewhere = Receiver()
    async with listening(elsewhere) as port:
        answered = await send_to(Receiver(answer(status, f"location: http://127.0.0.1:{port}/")))
    assert answered.outcome == outcome
    assert elsewhere.messages == []  # no redirect is followed


async def test_a_receiver_may_say_when_to_come_back() -> None:
    answered = await send_to(Receiver(answer("429 Too Many", "Retry-After: 90")))
    assert (answered.outcome, answered.retry_after_s) == ("refused", 90)


async def test_a_receiver_that_names_a_date_is_held_to_the_machine_s_clock() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    answered = await send_to(Receiver(answer("503 Busy", f"Retry-After: {date}")))
    assert 7_100 < answered.retry_after_s <= 7_200


@pytest.mark.parametrize(
    ("status", "outcome"), [("200 OK", "accepted"), ("500 Oops", "refused"), ("410 Gone", "gone")]
)
@pytest.mark.parametrize("ends", ["drips", "closes", "no chunk"])
async def test_the_status_counts_whatever_becomes_of_the_body(
    status: str, outcome: str, ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "REST_TIMEOUT_S", 0.2)
    framing = "transfer-encoding: chunked" if ends == "no chunk" else "content-length: 100"
    head = f"HTTP/1.1 {status}\r\n{framing}\r\n\r\n".encode()

    async def answer_in_part(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(BODY)
        writer.write(head + (b"zz\r\nbegun" if ends == "no chunk" else b"begun"))
        await writer.drain()
        if ends != "closes":
            await reader.read()  # Until the sender has had enough.
        writer.close()

    server = await asyncio.start_server(answer_in_part, "127.0.0.1", 0)
    async with server, sender() as opened:
        port = server.sockets[0].getsockname()[1]
        answered = await opened.send(f"http://127.0.0.1:{port}/", {}, BODY)
    assert (answered.outcome, answered.status) == (outcome, int(status[:3]))
    assert answered.answer == ("" if ends == "no chunk" else "begun")


async def test_a_receiver_that_never_answers_is_left_at_the_deadline() -> None:
    assert (await send_to(Receiver(None))).outcome == "timed_out"


async def test_an_endless_answer_is_read_up_to_its_bound() -> None:
    endless = answer("500 Oops", body=b"x" * 50_000_000)
    answered = await send_to(Receiver(endless))
    assert (answered.outcome, answered.status, set(answered.answer)) == ("refused", 500, {"x"})
    assert len(answered.answer) <= 300 < ANSWER_BYTES_MAX


async def test_what_is_no_http_or_no_server_is_said_as_it_is() -> None:
    assert (await send_to(Receiver(b"SSH-2.0-OpenSSH\r\n\r\n"))).outcome == "malformed"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with sender() as opened:
            address = f"http://127.0.0.1:{taken.getsockname()[1]}/"
            assert (await opened.send(address, {}, BODY)).outcome == "unreachable"


async def test_the_log_holds_no_control_character_and_no_card_number() -> None:
    shown = (await send_to(Receiver(answer("500 Oops", body=b"a\x1b[2J\r\nb 4970100000000014")))).answer
    assert shown.startswith("a [2J b ")
    assert "4970100000000014" not in shown


async def test_a_name_that_stands_for_an_address_of_ours_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    receiver = Receiver()
    async with listening(receiver) as port:
        # The name server says so, first a public one and then ours: all of them are looked at.
        found = [(2, 1, 6, "", ("93.184.215.14", port)), (2, 1, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr(sending.socket, "getaddrinfo", lambda *_args, **_more: found)
        async with sender(loopback=False) as opened:
            answered = await opened.send(f"https://shop.example:{port}/", {}, BODY)
            direct = await opened.send(f"https://127.0.0.1:{port}/", {}, BODY)
    assert (answered.outcome, direct.outcome) == ("address_refused", "address_refused")
    assert receiver.connections == 0


async def test_a_certificate_of_nobody_known_is_refused_and_one_of_a_known_authority_is_taken(
    tmp_path: Path,
) -> None:
    authority = DevelopmentAuthority(tmp_path / "tls", tmp_path / "authority")
    authority.ensure(now=datetime.now(UTC))
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(authority.edge.certificate, authority.edge.key)
    known = ssl.create_default_context(cafile=str(authority.authority_certificate))
    receiver = Receiver(OK)
    async with listening(receiver, serving) as port, sender() as stranger, sender(tls=known) as trusting:
        address = f"https://localhost:{port}/"
        assert (await stranger.send(address, {}, BODY)).outcome == "tls_failed"
        assert (await trusting.send(address, {}, BODY)).outcome == "accepted"
    assert len(receiver.messages) == 1


async def test_a_name_that_nobody_knows_is_unreachable() -> None:
    async with sender(loopback=False) as opened:
        assert (await opened.send("https://nobody.invalid/", {}, BODY)).outcome in {
            "unreachable",
            "timed_out",
        }
