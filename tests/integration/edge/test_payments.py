"""Payments over real sockets and a real bus."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from core.contracts.payment import AdministrativeAdvice, AuthoriseReply, Book, Reverse, Totals
from core.contracts.reasons import Reason
from core.contracts.states import Kind
from core.values.ids import rrn_of
from deploy.sandbox.simulators import requests
from deploy.sandbox.simulators.cards import CARDS
from deploy.sandbox.simulators.requests import DayTotals, Identity
from edge.protocol.field import Message
from edge.translate.terminal_messages import TERMINAL_MESSAGES
from observability import metrics
from tests.integration.edge.conftest import IDENTITY, House, now, until
from tests.integration.edge.stand_in import approve

PAN = CARDS["approve-cb"].pan


@pytest.mark.parametrize("dialect", ["ascii1987", "bcd1987"])
async def test_a_purchase_is_answered_in_the_terminals_own_dialect(house: House, dialect: str) -> None:
    terminal = await house.terminal(dialect=dialect)
    request = terminal.purchase()
    answer = await terminal.ask(request)
    assert answer[0] == "0210"
    assert answer[39] == "00"
    assert answer[38] == "A12345"
    assert {n: answer[n] for n in (3, 4, 7, 11, 12, 13, 41, 42, 49)} == {
        n: request[n] for n in (3, 4, 7, 11, 12, 13, 41, 42, 49)
    }
    assert 2 not in answer
    seen = house.core.authorised[0]
    assert (seen.kind, seen.amount_minor, seen.currency, seen.stan) == (
        Kind.PURCHASE,
        1250,
        "EUR",
        terminal.stan,
    )
    assert answer[37] == rrn_of(seen.id)
    assert PAN.encode() not in msgspec.msgpack.encode(seen)


async def test_a_type_of_message_has_one_name_in_every_metric(house: House) -> None:
    took = metrics.EDGE_SECONDS.child("financial")
    answered = sum(took.counts)
    terminal = await house.terminal()
    await terminal.ask(terminal.purchase())
    assert sum(took.counts) == answered + 1
    names = {row.name for row in TERMINAL_MESSAGES}
    for family in (metrics.EDGE_MESSAGES, metrics.EDGE_SECONDS):
        assert {sample.labels["kind"] for sample in family.collect().samples} <= names


async def test_a_tpdu_comes_back_mirrored(house: House) -> None:
    terminal = await house.terminal(signed_on=False)
    tpdu = bytes.fromhex("6000010002")
    terminal.send(requests.sign_on(IDENTITY, stan="000001", at=now()), tpdu=tpdu)
    raw = await terminal.receive_raw()
    assert raw[:5] == bytes.fromhex("6000020001")
    assert terminal.codec.decode(raw[5:])[39] == "00"


async def test_the_acquirer_is_reached_through_the_bus_and_its_answer_comes_back(house: House) -> None:
    house.core.via_host = True
    terminal = await house.terminal()
    answers = [
        await terminal.ask(terminal.purchase(card=card)) for card in ("approve-cb", "insufficient-funds")
    ]
    assert [answer[39] for answer in answers] == ["00", "51"]
    exchange = msgspec.msgpack.decode(house.core.host_replies[0].messages, strict=False)
    assert exchange[0][2] == f"{PAN[:6]}******{PAN[-4:]}"
    assert exchange[1][39] == "00"


async def test_track_2_and_chip_data_cross_the_bus_sealed(house: House) -> None:
    house.core.via_host = True
    terminal = await house.terminal()
    request = terminal.purchase()
    del request[2], request[14]
    request |= {35: f"{PAN}=30122011234500000", 52: b"\x12" * 8, 55: bytes.fromhex("9F0206000000001250")}
    answer = await terminal.ask(request)
    assert answer[39] == "00"
    seen = house.core.authorised[0]
    on_the_bus = msgspec.msgpack.encode(seen) + house.core.host_replies[0].messages
    assert PAN.encode() not in on_the_bus
    assert b"\x12" * 8 not in on_the_bus
    assert seen.card.expiry == "3012"


async def test_a_partial_approval_says_what_was_approved_and_what_was_asked(house: House) -> None:
    house.core.via_host = True
    terminal = await house.terminal()
    declining = await terminal.ask(terminal.purchase(card="partial"))
    answer = await terminal.ask({**terminal.purchase(card="partial"), 60: "PA"})
    assert declining[39] == "51"
    assert (answer[39], answer[4]) == ("10", "000000000625")
    assert answer[54] == "0057978D000000001250"


async def test_each_type_of_message_reaches_core_as_its_own_kind(house: House) -> None:
    terminal = await house.terminal()
    hold = await terminal.ask(terminal.purchase(mti="0100"))
    verified = await terminal.ask(terminal.purchase(mti="0100", amount_minor=0))
    refund = {**terminal.purchase(), 3: requests.REFUND, 37: hold[37]}
    refunded = await terminal.ask(refund)
    kinds = [one.kind for one in house.core.authorised]
    assert kinds == [Kind.AUTHORISATION, Kind.VERIFICATION, Kind.REFUND]
    assert [hold[0], verified[0], refunded[0]] == ["0110", "0110", "0210"]
    assert house.core.authorised[2].original_rrn == hold[37]
    completed = await terminal.ask({**terminal.purchase(mti="0220"), 37: hold[37], 38: "A12345"})
    advised = await terminal.ask({**terminal.purchase(mti="0121"), 38: "A12345"})
    assert [completed[0], completed[39], advised[0], advised[39]] == ["0230", "00", "0130", "00"]
    books = [one for one in house.core.asked if isinstance(one, Book)]
    assert [one.kind for one in books] == [Kind.COMPLETION, Kind.ADVICE]
    assert (books[0].original_rrn, books[1].message_class) == (hold[37], 1)


@pytest.mark.parametrize(
    ("dialect", "mti", "answered"),
    [("ascii1987", "0620", ("0630", "00")), ("ascii1993", "1624", ("1634", "600"))],
)
async def test_an_administrative_advice_is_answered_once_core_has_kept_it(
    house: House, dialect: str, mti: str, answered: tuple[str, str]
) -> None:
    terminal = await house.terminal(dialect=dialect, signed_on=False)
    sign_on = requests.sign_on(IDENTITY, stan=terminal.next_stan(), at=now())
    advice = requests.administrative_advice(IDENTITY, "PAPER OUT", stan=terminal.next_stan(), at=now())
    if dialect == "ascii1993":
        sign_on, advice = _in_1993(sign_on, "1804") | {24: "801"}, _in_1993(advice, mti)
    await terminal.ask(sign_on)
    house.core.acknowledge = False
    terminal.send(advice)
    with pytest.raises(TimeoutError):
        await terminal.receive(0.2)
    house.core.acknowledge = True
    answer = await terminal.ask(requests.repeated(advice) if mti == "0620" else {**advice, 0: "1625"})
    assert (answer[0], answer[39]) == answered
    first, again = (one for one in house.core.asked if isinstance(one, AdministrativeAdvice))
    assert (first.text, first.stan, first.local_time) == (again.text, again.stan, again.local_time)
    assert (first.text, first.repeat, again.repeat) == ("PAPER OUT", False, True)


async def test_an_administrative_advice_that_tells_nothing_is_refused(house: House) -> None:
    terminal = await house.terminal()
    advice = requests.administrative_advice(IDENTITY, " ", stan=terminal.next_stan(), at=now())
    assert (await terminal.ask(advice))[39] == "30"
    assert house.core.asked == []


def _in_1993(message: Message, mti: str) -> Message:
    """Return a message that has no payment as the 1993 edition writes it."""
    kept = {number: value for number, value in message.items() if number not in (12, 13, 70)}
    return {**kept, 0: mti, 12: f"26{message[13]}{message[12]}"}


async def test_a_reversal_names_its_original_and_silence_is_left_silent(house: House) -> None:
    terminal = await house.terminal()
    original = terminal.purchase()
    await terminal.ask(original)
    reversal = requests.reversal(original, mti="0420", stan=terminal.next_stan(), at=now(), reason="68")
    house.core.acknowledge = False
    terminal.send(reversal)
    with pytest.raises(TimeoutError):
        await terminal.receive(0.2)
    house.core.acknowledge = True
    answer = await terminal.ask(requests.repeated(reversal))
    assert (answer[0], answer[39]) == ("0430", "00")
    asked = house.core.asked[-1]
    assert isinstance(asked, Reverse)
    assert (asked.original_message_class, asked.original_stan) == (2, int(str(original[11])))
    sent_on = date.fromordinal(asked.original_business_date)
    assert f"{sent_on:%m%d}" == str(original[7])[:4], "the day of its sending, whatever day it was in Paris"
    assert asked.cause == Reason.REVERSED_BY_TERMINAL
    cancel = requests.reversal(original, mti="0400", stan=terminal.next_stan(), at=now(), reason="17")
    assert (await terminal.ask(cancel))[0] == "0410"
    assert isinstance(house.core.asked[-1], Reverse)
    assert house.core.asked[-1].cause == Reason.CANCELLED_BY_CUSTOMER


@pytest.mark.parametrize(("counted", "code"), [(1250, "1"), (1251, "2")])
async def test_totals_are_compared_and_ours_are_told(house: House, counted: int, code: str) -> None:
    terminal = await house.terminal()
    answered = metrics.EDGE_ANSWERS.child("totals")
    before = answered.n
    totals = requests.totals(
        IDENTITY, DayTotals(debit_count=1, debit_minor=counted), stan=terminal.next_stan(), at=now()
    )
    answer = await terminal.ask(totals)
    assert (answer[0], answer[39], answer[66], answer[88]) == ("0510", "00", code, "0000000000001250")
    assert isinstance(house.core.asked[0], Totals)
    assert answered.n == before + 1


async def test_a_repeat_while_the_first_is_pending_is_answered_once(house: House) -> None:
    house.core.decide = lambda _request: None
    terminal = await house.terminal()
    request = terminal.purchase()
    terminal.send(request)
    terminal.send(requests.repeated(request))
    await until(lambda: house.core.authorised)
    first = house.core.authorised[0]
    house.core.bus.publish("edge.edge1.authorised", msgspec.msgpack.encode([approve(first)]))
    assert (await terminal.receive())[39] == "00"
    with pytest.raises(TimeoutError):
        await terminal.receive(0.1)
    assert len(house.core.authorised) == 1


def at(request: Message, moment: datetime) -> Message:
    """Return a message as its terminal, in UTC, sends it at a moment."""
    return {**request, 7: f"{moment:%m%d%H%M%S}", 12: f"{moment:%H%M%S}", 13: f"{moment:%m%d}"}


def tell(house: House, *replies: AuthoriseReply) -> None:
    """Answer as core does, in one list."""
    house.core.bus.publish("edge.edge1.authorised", msgspec.msgpack.encode(list(replies)))


async def test_a_repeat_after_midnight_while_the_first_is_pending_is_answered_once(house: House) -> None:
    house.core.decide = lambda _request: None
    terminal = await house.terminal()
    request = terminal.purchase()
    today = datetime.now(UTC).replace(hour=0, minute=0, second=3)
    yesterday = today - timedelta(seconds=5)
    terminal.send(at(request, yesterday))
    terminal.send(requests.repeated(at(request, today)))
    terminal.send(at(request, today + timedelta(minutes=16, seconds=40)))
    await until(lambda: len(house.core.authorised) == 3)
    first, again, second = house.core.authorised
    assert (first.local_time[4:], second.local_time[4:]) == ("235958", "001643"), (
        "a first message is no repeat"
    )
    assert first.repeat is second.repeat is False
    assert (again.repeat, again.first_id, again.first_date) == (True, first.id, first.business_date)
    assert second.first_id == b""
    tell(house, approve(first))
    with pytest.raises(TimeoutError):
        await terminal.receive(0.1)
    tell(house, msgspec.structs.replace(approve(first), id=again.id))
    answer = await terminal.receive()
    assert (answer[7], answer[39]) == (f"{today:%m%d%H%M%S}", "00"), "core knows when the last one was sent"
    with pytest.raises(TimeoutError):
        await terminal.receive(0.1)


BUSY, DIFFERS = Reason.SYSTEM_BUSY, Reason.REPEAT_DIFFERS


@pytest.mark.parametrize(
    ("told", "heard"),
    [
        (["first", "again"], ["00"]),
        (["again", "first"], ["00"]),
        (["first", BUSY], ["00"]),
        ([BUSY, "first"], ["00"]),
        (["declined", "again"], ["05"]),
    ],
)
async def test_of_a_payment_and_its_repeat_one_answer_is_told_and_it_is_that_of_the_payment(
    house: House, told: list[str | int], heard: list[str]
) -> None:
    house.core.decide = lambda _request: None
    terminal = await house.terminal()
    request = terminal.purchase()
    sent = datetime.now(UTC) - timedelta(seconds=30)
    terminal.send(at(request, sent))
    terminal.send(requests.repeated(at(request, sent + timedelta(seconds=20))))
    await until(lambda: len(house.core.authorised) == 2)
    first, again = house.core.authorised
    for each in told:
        if each == "first":
            tell(house, approve(first))
        elif each == "declined":
            tell(house, AuthoriseReply(first.id, Reason.DO_NOT_HONOUR, "", 0, "", "05"))
        elif each == "again":
            tell(house, msgspec.structs.replace(approve(first), id=again.id))
        else:
            tell(house, AuthoriseReply(again.id, int(each), "", 0, ""))
    assert [(await terminal.receive())[39] for _ in heard] == heard
    with pytest.raises(TimeoutError):
        await terminal.receive(0.1)
    terminal.send(requests.repeated(at(request, sent)))
    await until(lambda: len(house.core.authorised) == 3)
    assert house.core.authorised[2].first_id == b"", "the first is no longer under way"


@pytest.mark.parametrize("is_same", [True, False])
async def test_what_is_sent_again_as_a_first_message_while_the_first_is_pending_core_judges(
    house: House, is_same: bool
) -> None:
    house.core.decide = lambda _request: None
    terminal = await house.terminal()
    request = at(terminal.purchase(), datetime.now(UTC))
    terminal.send(request)
    terminal.send({**request, 7: f"{datetime.now(UTC) - timedelta(minutes=50):%m%d%H%M%S}"})
    await until(lambda: len(house.core.authorised) == 2)
    first, again = house.core.authorised
    assert (again.repeat, again.first_id) == (False, b"")
    if is_same:
        tell(house, approve(first), msgspec.structs.replace(approve(first), id=again.id))
        assert (await terminal.receive())[39] == "00"
    else:
        tell(house, AuthoriseReply(again.id, DIFFERS, "", 0, ""))
        assert (await terminal.receive())[39] == "94"
        tell(house, approve(first))
        assert (await terminal.receive())[39] == "00"
    with pytest.raises(TimeoutError):
        await terminal.receive(0.1)


@pytest.mark.parametrize("again", [{7: "1129102016"}, {7: "1129110005"}, {7: "1129110005", 12: "000006"}])
async def test_what_is_stamped_anew_at_once_is_told_once(house: House, again: dict[int, str]) -> None:
    house.core.decide = lambda _request: None
    terminal = await house.terminal()
    sent = "1129102010" if again[7] == "1129102016" else "1129105958"
    request = {**terminal.purchase(), 7: sent, 12: "000000"}
    terminal.send(request)
    terminal.send({**request, **again})
    await until(lambda: len(house.core.authorised) == 2)
    first, second = house.core.authorised
    assert (second.repeat, second.first_id) == (False, first.id)
    tell(house, approve(first), msgspec.structs.replace(approve(first), id=second.id))
    assert (await terminal.receive())[39] == "00"
    with pytest.raises(TimeoutError):
        await terminal.receive(0.1)


async def test_a_repeat_on_a_new_connection_takes_the_answer_with_it(house: House) -> None:
    house.core.decide = lambda _request: None
    old = await house.terminal()
    request = old.purchase()
    old.send(request)
    await until(lambda: house.core.authorised)
    new = await house.terminal()
    new.send(requests.repeated(request))
    await new.ask(requests.echo(IDENTITY, stan="000900", at=now()))
    house.core.bus.publish(
        "edge.edge1.authorised", msgspec.msgpack.encode([approve(house.core.authorised[0])])
    )
    assert (await new.receive())[39] == "00"
    with pytest.raises(TimeoutError):
        await old.receive(0.1)
    assert len(house.core.authorised) == 1


async def test_a_repeat_after_the_answer_goes_to_core_with_the_same_hash(house: House) -> None:
    terminal = await house.terminal()
    request = terminal.purchase()
    await terminal.ask(request)
    await terminal.ask(requests.repeated(request))
    await terminal.ask({**request, 0: "0201", 4: "000000009999"})
    first, again, other = house.core.authorised
    assert first.body_hash == again.body_hash != other.body_hash
    assert [one.repeat for one in (first, again, other)] == [False, True, True]
    assert (first.message_class, first.stan, first.business_date) == (
        again.message_class,
        again.stan,
        again.business_date,
    )


async def test_answers_come_in_the_order_in_which_core_has_them(house: House) -> None:
    kept: list[AuthoriseReply] = []

    def decide(request: object) -> None:
        kept.append(approve(request))  # pyright: ignore[reportArgumentType]

    house.core.decide = decide
    terminal = await house.terminal()
    for _ in range(3):
        terminal.send(terminal.purchase())
    await until(lambda: len(kept) == 3)
    house.core.bus.publish("edge.edge1.authorised", msgspec.msgpack.encode(kept[::-1]))
    stans = [int(str((await terminal.receive())[11])) for _ in range(3)]
    assert stans == [terminal.stan, terminal.stan - 1, terminal.stan - 2]


async def test_without_the_bus_a_payment_is_declined_at_once_and_works_again_after(house: House) -> None:
    terminal = await house.terminal()
    await house.nats.kill()
    await until(lambda: not house.edge.bus.connected)
    assert (await terminal.ask(terminal.purchase()))[39] == "91"
    reversal = requests.reversal(terminal.purchase(), mti="0420", stan="000700", at=now(), reason="68")
    terminal.send(reversal)
    with pytest.raises(TimeoutError):
        await terminal.receive(0.1)
    await house.nats.start()
    await until(lambda: house.edge.bus.connected and house.core.bus.connected)
    # Edge may be back before core listens again, so what waited may reach nobody: a terminal repeats.
    await house.core.bus.flush()
    assert (await terminal.ask(requests.repeated(reversal)))[0] == "0430"
    answer = await terminal.ask(terminal.purchase())
    if answer[0] == "0430":  # The first one had waited in edge and was answered too.
        answer = await terminal.receive()
    assert (answer[0], answer[39]) == ("0210", "00")


@pytest.mark.parametrize(("name", "code"), [("UNKNOWN1", "03"), ("BLOCKED1", "66")])
async def test_a_terminal_that_core_refuses_is_told_why_and_closed(
    house: House, name: str, code: str
) -> None:
    terminal = await house.terminal(signed_on=False)
    assert await terminal.sign_on(Identity(name)) == code
    assert await terminal.is_closed()


async def test_presence_is_told_once_a_second_and_at_the_end(house: House) -> None:
    terminal = await house.terminal()
    await until(lambda: house.core.presence)
    assert house.core.presence[0].connected
    terminal.writer.close()
    await until(lambda: not house.core.presence[-1].connected)


async def test_sign_off_ends_the_session_and_sign_on_begins_another(house: House) -> None:
    terminal = await house.terminal()
    answer = await terminal.ask(requests.sign_off(IDENTITY, stan=terminal.next_stan(), at=now()))
    assert (answer[39], answer[70]) == ("00", "002")
    assert (await terminal.ask(terminal.purchase()))[39] == "58"
    assert await terminal.sign_on() == "00"
    assert (await terminal.ask(terminal.purchase()))[39] == "00"


async def test_pending_answers_are_let_out_before_edge_stops(house: House) -> None:
    kept: list[AuthoriseReply] = []
    house.core.decide = lambda request: kept.append(approve(request))
    terminal = await house.terminal()
    terminal.send(terminal.purchase())
    await until(lambda: kept)
    stopping = asyncio.create_task(house.edge.stop(drain_s=5.0))
    await asyncio.sleep(0.05)
    house.core.bus.publish("edge.edge1.authorised", msgspec.msgpack.encode(kept))
    assert (await terminal.receive())[39] == "00"
    await stopping
    assert await terminal.is_closed()
