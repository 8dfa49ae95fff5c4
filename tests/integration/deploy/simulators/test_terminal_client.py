"""One terminal over a real socket: it never charges twice, and keeps asking until its reversal is heard."""

import asyncio
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.cli.exchange import client_context
from deploy.local.authority import DevelopmentAuthority
from deploy.sandbox.simulators.cards import card_named
from deploy.sandbox.simulators.requests import DayTotals, Identity
from deploy.sandbox.simulators.stans import StanFile, Stans
from deploy.sandbox.simulators.terminal import LinkLost, SignOnRefused, Terminal
from edge.protocol.field import Message
from tests.integration.deploy.simulators.responder import TinyHost, tiny_host, whole_host

VISA = card_named("approve-visa").pan


def make_terminal(
    port: int, tmp_path: Path, *, reply_timeout_s: float = 2.0, reversal_timeout_s: float = 0.15
) -> Terminal:
    return Terminal(
        Identity("T0000001"),
        host="127.0.0.1",
        port=port,
        stans=Stans("T0000001", file=StanFile(tmp_path / "stans.json")),
        reply_timeout_s=reply_timeout_s,
        reversal_timeout_s=reversal_timeout_s,
    )


async def test_a_day_of_a_terminal(tmp_path: Path) -> None:
    async with whole_host(tmp_path) as (acquirer, port):
        terminal = make_terminal(port, tmp_path)
        await terminal.connect()
        assert (await terminal.sign_on()).code == "00"
        assert (await terminal.echo()).code == "00"
        paid = (await terminal.pay(VISA, 1250)).exchange
        assert (paid.code, paid.approved_minor) == ("00", 1250)
        partial = (await terminal.pay(card_named("partial").pan, 1000)).exchange
        assert (partial.code, partial.approved_minor) == ("10", 500)
        assert (await terminal.pay(card_named("insufficient-funds").pan, 1000)).exchange.code == "51"
        hold = (await terminal.preauthorise(VISA, 5000)).exchange
        assert (
            await terminal.complete(VISA, 4000, rrn=hold.rrn, approval_code=hold.approval_code)
        ).code == "00"
        assert (await terminal.verify(VISA)).exchange.code == "00"
        assert (await terminal.refund(VISA, 250, rrn=paid.rrn)).exchange.code == "00"
        assert (await terminal.cancel(partial.request, rrn=partial.rrn)).code == "00"
        assert (await terminal.advise(VISA, 700, approval_code="OFFL01")).code == "00"
        assert (await terminal.send_totals(DayTotals())).code == "95"
        assert (await terminal.sign_off()).code == "00"
        await terminal.close()
        book = {entry.rrn: entry for entry in acquirer.book.entries()}
        assert (book[paid.rrn].refunded_minor, book[partial.rrn].state) == (250, "reversed")
        assert (book[hold.rrn].state, book[hold.rrn].captured_minor) == ("captured", 4000)


async def test_silence_is_reversed_and_repeated_never_charged_again(tmp_path: Path) -> None:
    silent_for = 3

    def answer(message: Message) -> Message | None:
        nonlocal silent_for
        if str(message[0])[:2] == "04":
            silent_for -= 1
            return None if silent_for else {39: "00"}
        return {39: "00"} if message[0] == "0800" else None

    async with tiny_host(answer) as (heard, port):
        terminal = make_terminal(port, tmp_path, reply_timeout_s=0.15)
        await terminal.connect()
        await terminal.sign_on()
        payment = await terminal.pay(VISA, 1250)
        await terminal.close()
    assert payment.exchange.answer is None
    assert payment.reversal_acknowledged
    kinds = [message[0] for message in heard]
    assert kinds == ["0800", "0200", "0420", "0421", "0421"]
    assert len({message[11] for message in heard[2:]}) == 1
    assert str(heard[2][90]).startswith(f"0200{heard[1][11]}{heard[1][7]}")


async def test_a_reversal_that_nobody_answers_ends_without_acknowledgement(tmp_path: Path) -> None:
    async with tiny_host(lambda message: {39: "00"} if message[0] == "0800" else None) as (heard, port):
        terminal = make_terminal(port, tmp_path, reply_timeout_s=0.05, reversal_timeout_s=0.05)
        await terminal.connect()
        payment = await terminal.pay(VISA, 1250)
        await terminal.close()
    assert not payment.reversal_acknowledged
    assert [message[0] for message in heard] == ["0200", "0420", "0421", "0421", "0421", "0421"]


async def test_a_double_answer_is_noticed_and_harmless(tmp_path: Path) -> None:
    async with whole_host(tmp_path) as (_, port):
        terminal = make_terminal(port, tmp_path)
        await terminal.connect()
        assert (await terminal.pay(card_named("twice").pan, 100)).exchange.code == "00"
        await terminal.echo()
        assert len(terminal.unexpected) == 1
        await terminal.close()


async def test_a_link_closed_while_waiting_is_silence(tmp_path: Path) -> None:
    async with whole_host(tmp_path) as (_, port):
        terminal = make_terminal(port, tmp_path)
        await terminal.connect()
        payment = await terminal.pay(card_named("close-link").pan, 100)
        assert payment.exchange.answer is None
        assert payment.exchange.elapsed_ms < 1500
        assert not payment.reversal_acknowledged


async def test_a_refused_sign_on_carries_its_code(tmp_path: Path) -> None:
    async with tiny_host(lambda _: {39: "58"}) as (_, port):
        terminal = make_terminal(port, tmp_path)
        await terminal.connect()
        with pytest.raises(SignOnRefused) as refused:
            await terminal.sign_on()
        assert refused.value.code == "58"
        await terminal.close()


async def test_a_terminal_speaks_tls_with_its_own_certificate(tmp_path: Path) -> None:
    authority = DevelopmentAuthority(tmp_path / "tls", tmp_path / "authority")
    authority.ensure(now=datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(authority.edge.certificate), str(authority.edge.key))
    context.load_verify_locations(str(authority.authority_certificate))
    context.verify_mode = ssl.CERT_REQUIRED
    names: list[object] = []

    class Named(TinyHost):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            names.append(transport.get_extra_info("peercert")["subject"])

    server = await asyncio.get_running_loop().create_server(
        lambda: Named([], lambda _: {39: "00"}), "127.0.0.1", 0, ssl=context
    )
    terminal = Terminal(
        Identity("T0000001"),
        host="127.0.0.1",
        port=server.sockets[0].getsockname()[1],
        stans=Stans("T0000001"),
        tls=client_context(tmp_path, "T0000001"),
    )
    await terminal.connect()
    assert (await terminal.sign_on()).code == "00"
    await terminal.close()
    server.close()
    assert "T0000001" in str(names)


async def test_nothing_listening_is_said(tmp_path: Path) -> None:
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    with pytest.raises(LinkLost):
        await make_terminal(port, tmp_path).connect()


async def test_stans_go_on_over_restarts_of_a_terminal(tmp_path: Path) -> None:
    async with tiny_host(lambda _: {39: "00"}) as (heard, port):
        for _ in range(3):
            terminal = make_terminal(port, tmp_path)
            await terminal.connect()
            await terminal.sign_on()
            await terminal.pay(VISA, 100)
            await terminal.close()
    stans = [message[11] for message in heard]
    assert len(set(stans)) == len(stans) == 6
