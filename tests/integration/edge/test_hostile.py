"""What edge does with bytes that no honest terminal sends (EDG-12)."""

import asyncio

import msgspec
import pytest

from deploy.sandbox.simulators import requests
from deploy.sandbox.simulators.cards import CARDS
from deploy.sandbox.simulators.requests import Identity
from edge.protocol import session
from edge.protocol.framing import frame
from tests.integration.edge.conftest import IDENTITY, House, now, until
from tests.integration.edge.stand_in import approve

PAN = CARDS["approve-cb"].pan


async def honest(house: House) -> None:
    """Somebody else still pays."""
    terminal = await house.terminal()
    assert (await terminal.ask(terminal.purchase()))[39] == "00"


@pytest.mark.parametrize("announced", [b"\x00\x00", b"\xff\xff", b"\x10\x01"])
async def test_a_frame_length_out_of_bounds_closes_the_connection(house: House, announced: bytes) -> None:
    terminal = await house.terminal()
    terminal.writer.write(announced + b"x")
    assert await terminal.is_closed()
    await honest(house)


async def test_what_came_before_a_refused_length_is_still_taken(house: House) -> None:
    terminal = await house.terminal()
    request = terminal.codec.encode(terminal.purchase())
    terminal.writer.write(frame(request) + b"\x00\x00")
    await until(lambda: house.core.authorised)
    assert await terminal.is_closed()


@pytest.mark.parametrize("junk", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", bytes(100)])
async def test_junk_before_sign_on_closes_the_connection(house: House, junk: bytes) -> None:
    terminal = await house.terminal(signed_on=False)
    terminal.writer.write(frame(junk))
    assert await terminal.is_closed()
    await honest(house)


async def test_a_malformed_field_gets_the_answer_that_fits_and_the_next_message_works(house: House) -> None:
    terminal = await house.terminal()
    raw = terminal.codec.encode(terminal.purchase())
    place = raw.index(b"000000001250")
    terminal.writer.write(frame(raw[:place] + b"00000000125X" + raw[place + 12 :]))
    answer = await terminal.receive()
    assert (answer[0], answer[39], answer[41]) == ("0210", "30", IDENTITY.terminal)
    assert not house.core.authorised
    assert (await terminal.ask(terminal.purchase()))[39] == "00"


async def test_a_terminal_that_goes_on_sending_malformed_messages_is_closed(house: House) -> None:
    terminal = await house.terminal()
    raw = terminal.codec.encode(terminal.purchase())
    for _ in range(6):
        terminal.writer.write(frame(raw[:-1]))
    answers = [await terminal.receive_raw() for _ in range(6)]
    assert answers[-1] == b""
    assert all(answers[:-1])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({2: "4970100000000000"}, "14"),
        ({2: None, 14: None}, "30"),
        ({14: "3013"}, "30"),
        ({4: "000000000000"}, "13"),
        ({3: "990000"}, "12"),
        ({49: "999"}, "12"),
        ({13: "0230"}, "30"),
        ({13: None, 12: None, 7: None}, "30"),
        ({35: "4970100000000000=3012201"}, "14"),
        ({3: "200000"}, "30"),
        ({7: "1128250000"}, "30"),
        ({7: "1128236000"}, "30"),
        ({7: "0230120000"}, "30"),
        ({12: "240000"}, "30"),
        ({12: "126000"}, "30"),
        ({11: "000000"}, "30"),
        ({2: PAN, 14: "3012", 35: f"{PAN}=3101201"}, "30"),
    ],
)
async def test_a_senseless_field_is_refused_before_core_hears_of_it(
    house: House, change: dict[int, str | None], code: str
) -> None:
    terminal = await house.terminal()
    request = {**terminal.purchase(), **change}
    answer = await terminal.ask({n: value for n, value in request.items() if value is not None})
    assert (answer[0], answer[39]) == ("0210", code)
    assert not house.core.authorised
    assert (await terminal.ask(terminal.purchase()))[39] == "00"


async def test_a_payment_before_sign_on_and_one_for_another_terminal_are_refused(house: House) -> None:
    stranger = await house.terminal(signed_on=False)
    assert (await stranger.ask(stranger.purchase()))[39] == "58"
    terminal = await house.terminal()
    assert (await terminal.ask({**terminal.purchase(), 41: "T0000002"}))[39] == "63"
    assert not house.core.authorised


async def test_unknown_network_codes_and_types_are_refused(house: House) -> None:
    terminal = await house.terminal()
    unknown = requests.network(IDENTITY, "999", stan=terminal.next_stan(), at=now())
    assert (await terminal.ask(unknown))[39] == "12"
    assert (await terminal.ask(requests.network(IDENTITY, "101", stan="000801", at=now())))[39] == "40"
    assert (await terminal.ask({**terminal.purchase(), 0: "0300"}))[39] == "40"
    terminal.send({**terminal.purchase(), 0: "0210"})
    assert await terminal.is_closed()


async def test_a_burst_of_fourteen_waits_its_turn_and_all_are_approved(house: House) -> None:
    house.core.decide = lambda _request: None
    terminal = await house.terminal()
    terminal.writer.write(b"".join(frame(terminal.codec.encode(terminal.purchase())) for _ in range(14)))
    with pytest.raises(TimeoutError):
        await terminal.receive(0.2)
    assert len(house.core.authorised) == 8
    answered = 0
    while answered < 14:
        for one in house.core.authorised[answered:]:
            house.core.bus.publish("edge.edge1.authorised", msgspec.msgpack.encode([approve(one)]))
            assert (await terminal.receive())[39] == "00"
            answered += 1
    assert len(house.core.authorised) == 14
    house.core.decide = approve
    assert (await terminal.ask(terminal.purchase()))[39] == "00", "reading goes on"


async def test_a_half_closed_socket_still_gets_its_answers(house: House) -> None:
    house.core.decide = lambda _request: None
    terminal = await house.terminal()
    terminal.writer.write(b"".join(frame(terminal.codec.encode(terminal.purchase())) for _ in range(10)))
    terminal.writer.write_eof()
    answered = 0
    while answered < 10:
        await until(lambda seen=answered: len(house.core.authorised) > seen)
        for one in house.core.authorised[answered:]:
            house.core.bus.publish("edge.edge1.authorised", msgspec.msgpack.encode([approve(one)]))
            assert (await terminal.receive())[39] == "00"
            answered += 1
    assert await terminal.is_closed()


async def test_a_half_closed_socket_still_gets_its_sign_on(house: House) -> None:
    terminal = await house.terminal(signed_on=False)
    terminal.send(requests.sign_on(IDENTITY, stan="000001", at=now()))
    terminal.writer.write_eof()
    assert (await terminal.receive())[39] == "00"
    assert await terminal.is_closed()


async def test_a_malformed_request_is_answered_with_what_it_shows(house: House) -> None:
    terminal = await house.terminal()
    request = terminal.purchase()
    raw = terminal.codec.encode(request)
    place = raw.index(b"000000001250")
    terminal.writer.write(frame(raw[:place] + b"00000000125X" + raw[place + 12 :]))
    answer = await terminal.receive()
    assert [answer.get(number) for number in (0, 3, 4, 7, 11, 12, 13, 39, 41)] == [
        "0210",
        *(request[3], None, *(request[number] for number in (7, 11, 12, 13))),
        "30",
        IDENTITY.terminal,
    ]
    terminal.writer.write(frame(raw[:-1]))
    assert (await terminal.receive())[11] == request[11]


async def test_too_many_messages_a_second_close_the_connection(house: House) -> None:
    terminal = await house.terminal()
    for number in range(60):
        terminal.send(requests.echo(IDENTITY, stan=f"{number:06d}", at=now()))
    answers = 0
    while await terminal.receive_raw():
        answers += 1
    assert 40 <= answers < 60
    await honest(house)


async def test_slow_bytes_and_half_open_sockets_are_closed_at_their_deadlines(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "READ_DEADLINE_S", 0.5)
    monkeypatch.setattr(session, "SIGN_ON_DEADLINE_S", 0.5)
    silent = await house.terminal(signed_on=False)
    slow = await house.terminal()
    for byte in b"\x00\x40\x30\x32":
        slow.writer.write(bytes([byte]))
        await asyncio.sleep(0.05)
    assert await silent.is_closed(3.0)
    assert await slow.is_closed(3.0)
    await honest(house)


async def test_the_oldest_of_too_many_connections_of_a_terminal_gives_way(house: House) -> None:
    terminals = [await house.terminal() for _ in range(5)]
    assert await terminals[0].is_closed()
    assert (await terminals[4].ask(terminals[4].purchase()))[39] == "00"


async def test_nothing_that_edge_logs_or_shows_holds_the_card(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    pan = CARDS["approve-cb"].pan
    terminal = await house.terminal()
    await terminal.ask({**terminal.purchase(), 3: "990000"})
    raw = terminal.codec.encode(terminal.purchase())
    terminal.writer.write(frame(raw[:-1]))
    await terminal.receive()
    assert await (await house.terminal(signed_on=False)).sign_on(Identity("UNKNOWN1")) == "03"
    written = capsys.readouterr()
    assert "request_refused" in written.out + written.err
    assert pan not in written.out + written.err
