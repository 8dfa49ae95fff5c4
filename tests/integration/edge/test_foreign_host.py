"""A host that answers anything: what we say of it to core, compared field by field with what was asked."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.contracts.payment import (
    DELIVERY_ACCEPTED,
    DELIVERY_AGAIN,
    DELIVERY_REFUSED,
    HOST_NO_REPLY,
    HOST_NOT_SENT,
    HOST_REPLIED,
    HostReply,
    HostRequest,
)
from core.contracts.reasons import Reason
from core.contracts.response_codes import CODES_1987
from deploy.sandbox.simulators.cards import CARDS
from edge.main import Edge
from edge.settings import AcquirerSettings, Address, Settings
from observability import metrics
from tests.integration.edge.conftest import until
from tests.integration.edge.foreign_host import Fields, ForeignHost, answer_to
from tests.integration.edge.stand_in import StandInCore
from tests.support.nats_server import NatsServer, free_port

PAN, OTHER_PAN = CARDS["approve-cb"].pan, CARDS["approve-visa"].pan


@dataclass
class Abroad:
    """One edge between a stand-in for core and a foreign host."""

    core: StandInCore
    edge: Edge
    host: ForeignHost
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def request(self, **changes: Any) -> HostRequest:
        """Return a purchase of 12.50 EUR as core asks for it."""
        number = next(self._numbers)
        card = self.edge.links[0].keys.seal_card(PAN, "3012")
        now_us = self.edge.links[0]._clock.unix_us()
        values: dict[str, Any] = {
            "id": number.to_bytes(16, "big"),
            "message": "0200",
            "processing_code": "000000",
            "amount_minor": 1250,
            "currency": "EUR",
            "card_ciphertext": card.ciphertext,
            "card_expiry": "3012",
            "sensitive": b"",
            "stan": number,
            "transmitted_at": "1128100000",
            "local_time": "1128110000",
            "entry_mode": "051",
            "merchant_category": "5411",
            "rrn": f"R{number:011d}",
            "terminal": "T0000001",
            "acceptor": "GCT000000000001",
            "partial_ok": False,
            "received_at_us": now_us,
            "deadline_at_us": now_us + 5_000_000,
        }
        return HostRequest(**{**values, **changes})

    def reversal(self, **changes: Any) -> HostRequest:
        """Return the reversal of one."""
        about: dict[str, Any] = {
            "message": "0420",
            "original_message": "0200",
            "original_stan": 77,
            "original_transmitted_at": "1128095900",
        }
        return self.request(**{**about, **changes})

    async def ask(self, request: HostRequest) -> HostReply:
        """Send it and return what core is told."""
        told = len(self.core.host_replies)
        self.core.ask_host([request])
        await until(lambda: len(self.core.host_replies) > told)
        return self.core.host_replies[told]

    async def told_of(self, about: HostRequest | None = None, /, **changes: str | None) -> HostReply:
        """Return what core is told when the host repeats the question and changes some fields."""
        self.host.say = lambda asked: [answer_to(asked, **changes)]
        return await self.ask(about or self.request())


@pytest.fixture
async def abroad(tmp_path: Path) -> AsyncIterator[Abroad]:
    nats = NatsServer(folder=tmp_path, port=free_port())
    await nats.start()
    host = ForeignHost()
    await host.start()
    core = await StandInCore.start(nats.url)
    edge = await Edge.start(
        Settings(
            nats_url=nats.url,
            keys_dir=tmp_path / "keys",
            acquirers=(AcquirerSettings("acq1", (Address("127.0.0.1", host.port),)),),
        )
    )
    await until(lambda: edge.links[0].up)
    await edge.bus.flush()
    yield Abroad(core, edge, host)
    await edge.stop(drain_s=0)
    await core.close()
    await host.stop()
    await nats.kill()


@pytest.mark.parametrize("code", ["00", "08", "11", "16"])
async def test_each_approval_of_the_table_is_one(abroad: Abroad, code: str) -> None:
    reply = await abroad.told_of(_39=code, _38="A12345")
    assert (reply.result, reply.reason, reply.host_code) == (HOST_REPLIED, Reason.APPROVED, code)
    assert (reply.approved_minor, reply.approval_code, reply.differs) == (1250, "A12345", "")


async def test_what_a_host_fills_with_blanks_it_does_not_say(abroad: Abroad) -> None:
    reply = await abroad.told_of(_37=" " * 12, _38=" " * 6, _42=" " * 15)
    assert (reply.reason, reply.approval_code, reply.differs) == (Reason.APPROVED, "", "")


async def test_no_reason_to_decline_approves_a_verification_and_no_amount(abroad: Abroad) -> None:
    verification = abroad.request(message="0100", processing_code="380000", amount_minor=0)
    assert (await abroad.told_of(verification, _39="85")).reason == Reason.APPROVED
    assert (await abroad.told_of(_39="85")).reason == Reason.HOST_CODE_UNKNOWN


@pytest.mark.parametrize("code", ["77", "ZZ", "  ", "09", "32", "68", "99", "0 ", None])
async def test_a_code_that_says_neither_yes_nor_no_is_unknown(abroad: Abroad, code: str | None) -> None:
    reply = await abroad.told_of(_39=code)
    assert (reply.result, reply.reason, reply.approved_minor) == (HOST_REPLIED, Reason.HOST_CODE_UNKNOWN, 0)


@pytest.mark.parametrize(
    "code", sorted(code for code, one in CODES_1987.items() if one.outcome == "declined")
)
async def test_each_decline_of_the_table_is_one_with_or_without_the_amount(abroad: Abroad, code: str) -> None:
    for amount in ("000000001250", "000000000000", None):
        reply = await abroad.told_of(_39=code, _4=amount)
        assert (reply.reason, reply.host_code) == (CODES_1987[code].reason, code)


DIFFERENT: list[tuple[str, str, str]] = [
    ("_4", "000000001251", "amount"),
    ("_4", "000000000000", "amount"),
    ("_49", "840", "currency"),
    ("_2", OTHER_PAN, "card"),
    ("_35", f"{OTHER_PAN}=30122010000", "card"),
    ("_14", "3101", "expiry"),
    ("_37", "R99999999999", "reference"),
    ("_42", "GCT000000000002", "acceptor"),
    ("_3", "200000", "processing_code"),
    ("_7", "1128100001", "transmitted_at"),
    ("_12", "110001", "local_time"),
    ("_13", "1127", "local_date"),
]


@pytest.mark.parametrize(("number", "value", "name"), DIFFERENT)
async def test_an_approval_of_something_else_is_unknown_and_says_what_differs(
    abroad: Abroad, number: str, value: str, name: str
) -> None:
    reply = await abroad.told_of(None, **{number: value})
    assert (reply.reason, reply.differs, reply.approved_minor) == (Reason.HOST_ANSWER_DIFFERS, name, 0)
    assert reply.host_code == "00"
    asked, answered = msgspec.msgpack.decode(reply.messages, strict=False)
    assert asked != answered
    assert OTHER_PAN.encode() not in reply.messages


async def test_all_that_differs_is_named(abroad: Abroad) -> None:
    reply = await abroad.told_of(_4="000000009999", _49="840", _2=OTHER_PAN)
    assert reply.differs.split() == ["currency", "card", "amount"]


async def test_what_an_answer_leaves_out_cannot_differ(abroad: Abroad) -> None:
    left_out: dict[str, str | None] = dict.fromkeys(
        ("_2", "_3", "_4", "_7", "_12", "_13", "_14", "_37", "_42", "_49")
    )
    reply = await abroad.told_of(None, **left_out)
    assert (reply.reason, reply.approved_minor, reply.differs) == (Reason.APPROVED, 1250, "")


async def test_a_part_is_less_than_the_whole_and_named(abroad: Abroad) -> None:
    declared = {"partial_ok": True}
    part = await abroad.told_of(abroad.request(**declared), _39="10", _4="000000000600")
    assert (part.reason, part.approved_minor) == (Reason.PARTIAL_APPROVAL, 600)
    more = await abroad.told_of(abroad.request(**declared), _39="10", _4="000000001300")
    assert (more.reason, more.differs) == (Reason.HOST_ANSWER_DIFFERS, "amount")
    unnamed = await abroad.told_of(abroad.request(**declared), _39="10", _4=None)
    assert (unnamed.reason, unnamed.approved_minor) == (Reason.PARTIAL_APPROVAL, 0)


async def test_an_answer_of_another_type_terminal_or_number_answers_nothing(abroad: Abroad) -> None:
    def beside(asked: Fields) -> list[Fields]:
        return [
            answer_to(asked, t="0110"),
            answer_to(asked, t="0230"),
            answer_to(asked, _41="T0000002"),
            answer_to(asked, _11="999999"),
            answer_to(asked, _39="51"),
            answer_to(asked, _39="00"),
        ]

    abroad.host.say = beside
    assert (await abroad.ask(abroad.request())).reason == Reason.INSUFFICIENT_FUNDS
    await asyncio.sleep(0.1)
    assert len(abroad.core.host_replies) == 1


async def test_a_reversal_is_accepted_for_what_it_reverses_only(abroad: Abroad) -> None:
    assert (await abroad.told_of(abroad.reversal())).delivery == DELIVERY_ACCEPTED
    for changes in (
        {"_4": "000000000001"},
        {"_90": "0200" + "000078" + "1128095900" + "0" * 22},
        {"_2": OTHER_PAN},
    ):
        reply = await abroad.told_of(abroad.reversal(), **changes)
        assert (reply.reason, reply.delivery) == (Reason.HOST_ANSWER_DIFFERS, DELIVERY_AGAIN)


async def test_a_host_that_has_it_already_has_ours_only_if_we_sent_it_before(abroad: Abroad) -> None:
    first = await abroad.told_of(abroad.reversal(), _39="94")
    assert (first.reason, first.delivery) == (Reason.DUPLICATE_AT_HOST, DELIVERY_REFUSED)
    again = await abroad.told_of(abroad.reversal(message="0421", repeat=True), _39="94")
    assert again.delivery == DELIVERY_ACCEPTED


def _sparsely(asked: Fields) -> Fields:
    """Answer as some hosts do: with nothing that tells two requests of one key apart."""
    answer = answer_to(asked, _38="LATE01")
    return {number: answer[number] for number in ("t", "4", "11", "38", "39", "41", "49")}


@pytest.mark.parametrize("mti", ["0100", "0200"])
async def test_a_late_answer_is_never_that_of_the_next_payment_under_the_same_key(
    abroad: Abroad, mti: str
) -> None:
    abroad.host.say = lambda _asked: []
    first = abroad.request(message=mti, deadline_at_us=abroad.edge.links[0]._clock.unix_us() + 200_000)
    assert (await abroad.ask(first)).result == HOST_NO_REPLY
    [asked] = abroad.host.messages(mti)
    second = abroad.request(message=mti, stan=first.stan)
    reply = await abroad.ask(second)
    assert (reply.id, reply.result) == (second.id, HOST_NOT_SENT), (
        "its answer could not be told from the first one's"
    )
    abroad.host.ask(_sparsely(asked))
    await until(lambda: len(abroad.core.host_replies) == 3)
    late = abroad.core.host_replies[2]
    assert (late.id, late.late, late.approval_code) == (first.id, True, "LATE01")
    abroad.host.say = lambda asked: [_sparsely(asked)]
    third = await abroad.ask(abroad.request(message=mti, stan=first.stan))
    assert (third.result, third.reason) == (HOST_REPLIED, Reason.APPROVED), (
        "all answers have come: the key is free"
    )


async def test_a_reversal_may_be_repeated_while_the_answer_to_its_first_sending_may_come(
    abroad: Abroad,
) -> None:
    abroad.host.say = lambda _asked: []
    first = abroad.reversal(deadline_at_us=abroad.edge.links[0]._clock.unix_us() + 200_000)
    assert (await abroad.ask(first)).result == HOST_NO_REPLY
    abroad.host.say = lambda asked: [_sparsely(asked)]
    again = msgspec.structs.replace(
        first, message="0421", repeat=True, deadline_at_us=first.deadline_at_us + 5_000_000
    )
    assert (await abroad.ask(again)).result == HOST_REPLIED
    other = abroad.reversal(stan=first.stan)
    assert (await abroad.ask(other)).result == HOST_NOT_SENT, "the first sending may still be answered"
    [asked] = abroad.host.messages("0420")
    abroad.host.ask(_sparsely(asked))
    await until(lambda: not len(abroad.edge.links[0].outstanding))
    assert (await abroad.ask(other)).result == HOST_REPLIED


async def test_an_answer_that_nobody_waits_for_is_counted(abroad: Abroad) -> None:
    counted = metrics.EDGE_REFUSED.child("host_unsolicited")
    before = counted.n
    abroad.host.ask(
        {"t": "0210", "4": "000000001250", "11": "777777", "39": "00", "41": "T0000001", "49": "978"}
    )
    await until(lambda: counted.n == before + 1)
    assert not abroad.core.host_replies
