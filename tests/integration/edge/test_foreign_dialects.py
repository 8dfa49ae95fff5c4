"""Every dialect end to end: a terminal that pyiso8583 speaks for asks all that a terminal asks, over a real socket."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import iso8583
import pytest
from iso8583.specs import default_ascii

from core.contracts.payment import Authorise, AuthoriseReply, Book, RefusedFact, Reverse, Totals
from core.contracts.reasons import Reason
from core.contracts.states import Kind
from core.values.ids import rrn_of
from deploy.sandbox.simulators.cards import CARDS
from edge.dialects import DIALECTS
from edge.protocol.limits import MESSAGES_PER_SECOND_MAX
from perf.micro.codec import oracle_specification
from tests.integration.edge.conftest import IDENTITY, House

PAN = CARDS["approve-cb"].pan
# ISO 8583:1993, clause 4.4: what differs from the 1987 table. Number, length, digits of the length prefix.
REDEFINED = (
    (12, 12, 0), (13, 4, 0), (15, 6, 0), (22, 12, 0), (24, 3, 0), (25, 4, 0), (26, 4, 0), (28, 6, 0), (29, 3, 0),
    (30, 24, 0), (31, 99, 2), (39, 3, 0), (43, 99, 2), (44, 99, 2), (46, 204, 3), (56, 35, 2), (57, 3, 0), (58, 11, 2),
    (59, 999, 3), (66, 204, 3), (70, 3, 0), (71, 8, 0), (72, 999, 3), (82, 10, 0), (83, 10, 0), (84, 10, 0), (85, 10, 0),
    (90, 10, 0), (91, 3, 0), (92, 3, 0), (93, 11, 2), (94, 11, 2), (95, 99, 2), (105, 16, 0), (106, 16, 0), (107, 10, 0),
    (108, 10, 0), (109, 84, 2), (110, 84, 2),
)  # fmt: skip


def specification_1993() -> dict[str, Any]:
    """Return pyiso8583's own text specification, with the fields of the 1993 edition."""
    specification = copy.deepcopy(default_ascii)
    for number, length, prefix in REDEFINED:
        specification[str(number)] |= {"max_len": length, "len_type": prefix}
    return specification


SPECIFICATIONS = {
    "ascii1987": default_ascii,
    "bcd1987": oracle_specification(DIALECTS["bcd1987"].dialect),
    "ascii1993": specification_1993(),
}


@dataclass
class Words:
    """What a terminal of one edition says and expects."""

    approved: str = "00"
    partial: str = "10"
    declined: str = "51"
    blocked: str = "60"
    reversed: str = "00"
    in_balance: str = "00"
    out_of_balance: str = "00"
    network: str = "00"
    malformed: str = "30"
    not_signed_on: str = "58"
    unsupported: str = "40"
    busy: str = "91"


WORDS = {
    "ascii1987": Words(),
    "bcd1987": Words(),
    "ascii1993": Words(
        "000", "002", "116", "103", "400", "500", "501", "800", "904", "120", "115", "907",
    ),
}  # fmt: skip


class Foreign:
    """A terminal of a dialect that pyiso8583 speaks for."""

    def __init__(self, dialect: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.dialect, self.words = dialect, WORDS[dialect]
        self.is_1993 = dialect == "ascii1993"
        self._specification = SPECIFICATIONS[dialect]
        self._reader, self.writer = reader, writer
        now = datetime.now(UTC)
        self.day, self.clock, self.century = f"{now:%m%d}", f"{now:%H%M%S}", f"{now:%y%m%d%H%M%S}"

    def raw(self, message: dict[str, str]) -> bytes:
        """Return the bytes of a message."""
        message |= {"41": IDENTITY.terminal, "42": IDENTITY.acceptor}
        return bytes(iso8583.encode(message, self._specification)[0])

    async def ask_raw(self, raw: bytes) -> dict[str, Any]:
        """Send bytes, and return the answer."""
        self.writer.write(len(raw).to_bytes(2, "big") + raw)
        async with asyncio.timeout(5):
            size = int.from_bytes(await self._reader.readexactly(2), "big")
            answer = await self._reader.readexactly(size)
        return iso8583.decode(answer, self._specification)[0]

    async def ask(self, mti: str, stan: str, **fields: str) -> dict[str, Any]:
        """Send a message of a type of 1987, with the times of its edition, and return the answer."""
        message = {"11": stan} | {key[1:]: value for key, value in fields.items()}
        if self.is_1993:
            message |= {"t": f"1{mti[1:]}", "12": self.century}
        else:
            message |= {"t": mti, "7": self.day + self.clock, "12": self.clock, "13": self.day}
        return await self.ask_raw(self.raw(message))

    async def network(self, code: str, function: str) -> dict[str, Any]:
        """Send a network management message."""
        if self.is_1993:
            return await self.ask("0804", "000001", f24=function)
        return await self.ask("0800", "000001", f70=code)

    async def pay(self, stan: str, amount_minor: int = 5_000, mti: str = "0200") -> dict[str, Any]:
        """Send a purchase by chip."""
        fields = {"f2": PAN, "f3": "000000", "f4": f"{amount_minor:012d}", "f49": "978"}
        mode = {"f22": "510101510141", "f24": "200", "f26": "5411"} if self.is_1993 else {"f22": "051"}
        return await self.ask(mti, stan, **fields, **mode)

    def original(self, stan: str) -> dict[str, str]:
        """Return the field that names a purchase of this terminal."""
        if self.is_1993:
            return {"f56": f"1200{stan}{self.century}"}
        return {"f90": f"0200{stan}{self.day}{self.clock}{'0' * 22}"}


@pytest.fixture(params=list(SPECIFICATIONS))
async def stranger(house: House, request: pytest.FixtureRequest) -> AsyncIterator[Foreign]:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.edge.port)
    yield Foreign(request.param, reader, writer)
    writer.close()


@pytest.fixture
async def foreign(stranger: Foreign) -> Foreign:
    answer = await stranger.network("001", "801")
    assert answer["39"] == stranger.words.network
    return stranger


def type_of(foreign: Foreign, mti: str) -> str:
    """Return an answer's type in the terminal's edition."""
    return f"1{mti[1:]}" if foreign.is_1993 else mti


async def test_a_terminal_signs_on_is_heard_and_signs_off(stranger: Foreign) -> None:
    early = await stranger.pay("000009")
    assert early["39"] == stranger.words.not_signed_on
    for code, function in (("001", "801"), ("301", "831"), ("002", "802")):
        answer = await stranger.network(code, function)
        assert answer["39"] == stranger.words.network
        assert answer["t"] == ("1814" if stranger.is_1993 else "0810")
        assert answer["24" if stranger.is_1993 else "70"] == (function if stranger.is_1993 else code)


async def test_a_key_exchange_is_answered_as_not_supported(foreign: Foreign) -> None:
    assert (await foreign.network("101", "811"))["39"] == foreign.words.unsupported


async def test_an_unknown_function_is_answered(foreign: Foreign) -> None:
    assert (await foreign.network("399", "899"))["39"] in {"12", foreign.words.malformed}


@pytest.mark.parametrize("mti", ["0100", "0101", "0200", "0201"])
async def test_a_payment_is_approved_and_its_answer_repeats_the_question(
    house: House, foreign: Foreign, mti: str
) -> None:
    answer = await foreign.pay("000010", mti=mti)
    assert (answer["t"], answer["39"]) == (type_of(foreign, f"{mti[:2]}10"), foreign.words.approved)
    assert (answer["11"], answer["4"], answer["38"]) == ("000010", "000000005000", "A12345")
    assert answer["12"] == (foreign.century if foreign.is_1993 else foreign.clock)
    asked = house.core.authorised[-1]
    assert (asked.amount_minor, asked.currency, asked.entry_mode) == (5_000, "EUR", "051")
    assert asked.local_time == foreign.day + foreign.clock


async def test_a_payment_is_approved_by_a_host_of_1987(house: House, foreign: Foreign) -> None:
    house.core.via_host = True
    assert (await foreign.pay("000011"))["39"] == foreign.words.approved


async def test_a_decline_says_why(house: House, foreign: Foreign) -> None:
    house.core.decide = lambda asked: AuthoriseReply(asked.id, Reason.INSUFFICIENT_FUNDS, "", 0, "", "51")
    assert (await foreign.pay("000012"))["39"] == foreign.words.declined


async def test_a_refusal_of_ours_says_so_in_words(house: House, foreign: Foreign) -> None:
    house.core.decide = lambda asked: AuthoriseReply(asked.id, Reason.STORE_BLOCKED, "", 0, "")
    answer = await foreign.pay("000013")
    assert (answer["39"], answer["44"]) == (foreign.words.blocked, "MAGASIN BLOQUE")


async def test_every_reason_has_an_answer(house: House, foreign: Foreign) -> None:
    for number, reason in enumerate(Reason, start=100):
        house.core.decide = lambda asked, reason=reason: AuthoriseReply(asked.id, reason, "", 0, "")
        answer = await foreign.pay(f"{number:06d}")
        await asyncio.sleep(1 / MESSAGES_PER_SECOND_MAX)
        assert (answer["11"], len(answer["39"])) == (f"{number:06d}", 3 if foreign.is_1993 else 2)


async def test_a_partial_approval_says_both_amounts(house: House, foreign: Foreign) -> None:
    def partly(asked: Authorise) -> AuthoriseReply:
        return AuthoriseReply(asked.id, Reason.PARTIAL_APPROVAL, "A12345", 3_000, rrn_of(asked.id))

    house.core.decide = partly
    answer = await foreign.pay("000015")
    assert (answer["39"], answer["4"]) == (foreign.words.partial, "000000003000")
    assert answer["54"].endswith("D000000005000")
    if foreign.is_1993:
        assert answer["30"] == "000000005000" + "0" * 12


@pytest.mark.parametrize("mti", ["0400", "0401", "0420", "0421"])
async def test_a_reversal_names_its_payment(house: House, foreign: Foreign, mti: str) -> None:
    await foreign.pay("000016")
    whole = {"f24": "400", "f25": "4000"} if foreign.is_1993 else {"f39": "17"}
    answer = await foreign.ask(
        mti,
        "000017",
        f2=PAN,
        f3="000000",
        f4="000000005000",
        f49="978",
        **whole,
        **foreign.original("000016"),
    )
    assert answer["t"] == type_of(foreign, "0410" if mti < "0420" else "0430")
    assert answer["39"] == foreign.words.reversed
    asked = house.core.asked[-1]
    assert isinstance(asked, Reverse)
    assert (asked.original_message_class, asked.original_stan) == (2, 16)
    assert asked.original_sent_at == foreign.day + foreign.clock
    assert (asked.amount_minor, asked.replacement_minor) == (5_000, -1)
    assert asked.cause == Reason.CANCELLED_BY_CUSTOMER


async def test_a_partial_reversal_says_what_stays(house: House, foreign: Foreign) -> None:
    part = (
        {"f4": "000000003000", "f24": "401", "f30": "000000005000" + "0" * 12}
        if foreign.is_1993
        else {"f4": "000000005000", "f95": "000000003000" + "0" * 30}
    )
    answer = await foreign.ask("0420", "000018", f2=PAN, f49="978", **part, **foreign.original("000016"))
    assert (answer["39"], answer["4"]) == (foreign.words.reversed, part["f4"])
    asked = house.core.asked[-1]
    assert isinstance(asked, Reverse)
    assert (asked.amount_minor, asked.replacement_minor) == (5_000, 3_000)


async def test_a_partial_reversal_that_does_not_say_of_what_is_refused(
    house: House, foreign: Foreign
) -> None:
    part = {"f24": "401"} if foreign.is_1993 else {"f95": "            " + "1" * 30}
    answer = await foreign.ask("0420", "000019", f4="000000003000", **part, **foreign.original("000016"))
    assert answer["39"] == foreign.words.malformed
    assert [type(one) for one in house.core.asked] == [RefusedFact], (
        "nothing is taken back, and a person sees it"
    )


@pytest.mark.parametrize(
    ("mti", "kind"), [("0120", Kind.ADVICE), ("0220", Kind.ADVICE), ("0221", Kind.COMPLETION)]
)
async def test_an_advice_is_booked(house: House, foreign: Foreign, mti: str, kind: Kind) -> None:
    named = {"f37": "0123456789AB"} if kind == Kind.COMPLETION else {}
    code = "000" if foreign.is_1993 else "00"
    answer = await foreign.ask(
        mti, "000020", f2=PAN, f3="000000", f4="000000001250", f38="A12345", f39=code, f49="978", **named
    )
    assert (answer["t"], answer["39"]) == (type_of(foreign, f"{mti[:2]}30"), foreign.words.approved)
    asked = house.core.asked[-1]
    assert isinstance(asked, Book)
    assert (asked.kind, asked.amount_minor) == (kind, 1_250)


@pytest.mark.parametrize(("debit", "settlement"), [("1250", "1"), ("1251", "2")])
async def test_totals_are_told_in_or_out_of_balance(
    house: House, foreign: Foreign, debit: str, settlement: str
) -> None:
    answer = await foreign.ask("0500", "000021", f50="978", f76="0000000001", f88=f"{debit:>016}")
    words = foreign.words
    assert answer["39"] == (words.in_balance if settlement == "1" else words.out_of_balance)
    assert answer.get("66") == (None if foreign.is_1993 else settlement)
    assert answer["88"] == f"{1250:016d}"
    assert isinstance(house.core.asked[-1], Totals)


async def test_a_file_message_is_answered_as_not_supported(foreign: Foreign) -> None:
    assert (await foreign.ask("0300", "000022"))["39"] == foreign.words.unsupported


async def test_what_is_malformed_is_answered_with_its_number(foreign: Foreign) -> None:
    raw = foreign.raw(
        {
            "t": type_of(foreign, "0200"),
            "4": "000000001250",
            "11": "000023",
            "12": foreign.century if foreign.is_1993 else foreign.clock,
            "49": "978",
            "22": "510101510141" if foreign.is_1993 else "051",
            "48": "x",
        }
    )
    wrong = raw.replace(b"x", b"\x01", 1)
    answer = await foreign.ask_raw(wrong)
    assert (answer["39"], answer["11"]) == (foreign.words.malformed, "000023")
    assert answer["t"] == type_of(foreign, "0210")


async def test_no_answer_is_lost_to_a_field_that_cannot_be_written(house: House, foreign: Foreign) -> None:
    def odd(asked: Authorise) -> AuthoriseReply:
        return AuthoriseReply(asked.id, Reason.APPROVED, "é2345678", asked.amount_minor, "é")

    house.core.decide = odd
    answer = await foreign.pay("000024")
    assert (answer["39"], answer["11"], "38" in answer) == (foreign.words.approved, "000024", False)


@pytest.mark.parametrize(
    ("code", "action_code", "declined_code"),
    [
        ("00", "000", ""),
        ("11", "003", ""),
        ("51", "116", "51"),
        ("07", "207", "07"),
        ("05", "199", "05"),
        ("91", "907", None),
        ("77", "450", None),
    ],
)
async def test_an_advice_says_whether_anything_was_sold_in_the_codes_of_its_edition(
    house: House, foreign: Foreign, code: str, action_code: str, declined_code: str | None
) -> None:
    said = action_code if foreign.is_1993 else code
    answer = await foreign.ask("0220", "000031", f2=PAN, f3="000000", f4="000000005000", f39=said, f49="978")
    asked = house.core.asked[-1]
    if declined_code is None:
        assert answer["39"] == ("902" if foreign.is_1993 else "12")
        assert isinstance(asked, RefusedFact)
    else:
        assert answer["39"] == foreign.words.approved
        assert isinstance(asked, Book)
        assert asked.declined_code == declined_code
