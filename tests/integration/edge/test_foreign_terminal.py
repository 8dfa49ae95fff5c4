"""Reversals as another implementation of ISO 8583 writes them, from clocks that are not ours."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import iso8583
import msgspec
import pytest
from iso8583.specs import default_ascii

from core.contracts.payment import Reverse
from edge.simulators.cards import CARDS
from tests.integration.edge.conftest import IDENTITY, House

PAN = CARDS["approve-cb"].pan
# What its default table has otherwise than the dialect: text bitmaps and fixed fields are the same.
SPEC = default_ascii


class Foreign:
    """A terminal that pyiso8583 speaks for."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    async def ask(self, **fields: str) -> dict[str, Any]:
        """Send a message, `t` its type and `f7` a field, and return the answer."""
        return await self.ask_written(SPEC, fields)

    async def ask_written(self, spec: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
        """Send a message written by another specification, and return the answer."""
        message = {("t" if key == "t" else key[1:]): value for key, value in fields.items()}
        message["41"], message["42"] = IDENTITY.terminal, IDENTITY.acceptor
        raw, _ = iso8583.encode(message, spec)
        self.writer.write(len(raw).to_bytes(2, "big") + bytes(raw))
        async with asyncio.timeout(5):
            size = int.from_bytes(await self._reader.readexactly(2), "big")
            decoded, _ = iso8583.decode(await self._reader.readexactly(size), SPEC)
        return decoded


@pytest.fixture
async def foreign(house: House) -> Foreign:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.edge.port)
    terminal = Foreign(reader, writer)
    answer = await terminal.ask(t="0800", f7="1128010000", f11="000001", f70="001")
    assert answer["39"] == "00"
    return terminal


def original(sent_at: str) -> str:
    """Return data element 90 of purchase 000123."""
    return f"0200000123{sent_at}{'0' * 22}"


@pytest.mark.parametrize(
    ("field_90", "understood"),
    [
        (original("1128010000"), "1128010000"),
        (original("1127210000"), "1127210000"),
        (original("0229233000"), "0229233000"),
        (original("1231235959"), "1231235959"),
        (original("0" * 10), ""),
        (original("9999999999"), ""),
        (original("1128250000"), ""),
    ],
)
@pytest.mark.parametrize("mti", ["0400", "0401", "0420", "0421"])
async def test_what_a_reversal_says_reaches_core_as_it_was_said(
    house: House, foreign: Foreign, mti: str, field_90: str, understood: str
) -> None:
    answer = await foreign.ask(
        t=mti, f2=PAN, f3="000000", f4="000000005000", f7="1128010200", f11="000124", f12="210200",
        f13="1127", f37="0123456789AB", f49="978", f90=field_90, f95=f"{3000:012d}{'0' * 30}",
    )  # fmt: skip
    assert answer["39"] == "00"
    asked = house.core.asked[-1]
    assert isinstance(asked, Reverse)
    assert (asked.original_stan, asked.original_sent_at, asked.original_rrn) == (
        123,
        understood,
        "0123456789AB",
    )
    assert (asked.amount_minor, asked.currency, asked.replacement_minor) == (5_000, "EUR", 3_000)


async def test_a_reversal_without_times_currency_or_amount_still_reaches_core(
    house: House, foreign: Foreign
) -> None:
    answer = await foreign.ask(t="0400", f11="000124", f90=original("1128010000"))
    assert answer["39"] == "00"
    asked = house.core.asked[-1]
    assert isinstance(asked, Reverse)
    assert (asked.amount_minor, asked.currency, asked.card, asked.replacement_minor) == (0, "", None, -1)


@pytest.mark.parametrize(
    "change",
    [
        {"f7": "1128250000"},
        {"f7": "1128016000"},
        {"f7": "1332010000"},
        {"f12": "240000"},
        {"f13": "0230"},
        {"f11": "000000"},
        {"f14": "2913", "f35": f"{PAN}=2912201"},
    ],
)
async def test_what_a_reversal_could_not_repeat_is_refused_at_the_payment(
    house: House, foreign: Foreign, change: dict[str, str]
) -> None:
    fields = {
        "f2": PAN,
        "f3": "000000",
        "f4": "000000005000",
        "f7": "1128010000",
        "f11": "000125",
        "f49": "978",
    }
    answer = await foreign.ask(t="0200", **{**fields, **change})
    assert answer["39"] == "30"
    assert not house.core.authorised


async def test_a_cafe_pays_with_its_pin_block_in_hexadecimal_characters(
    house: House, foreign: Foreign
) -> None:
    in_characters = {"data_enc": "ascii", "max_len": 16}
    spec = {**SPEC, "43": {**SPEC["43"], "data_enc": "latin-1"}}
    spec |= {number: {**SPEC[number], **in_characters} for number in ("52", "64")}
    fields = {
        "t": "0200", "f2": PAN, "f3": "000000", "f4": "000000001250", "f7": "1128101500", "f11": "000124",
        "f12": "111500", "f13": "1128", "f14": "3012", "f22": "051", "f43": "CAFÉ À LA CRÈME".ljust(40), "f49": "978",
        "f52": "0123456789ABCDEF", "f64": "FEDCBA9876543210",
    }  # fmt: skip
    answer = await foreign.ask_written(spec, fields)
    assert (answer["t"], answer["39"], answer["11"]) == ("0210", "00", "000124")
    assert "CAFÉ" in msgspec.msgpack.decode(house.core.authorised[-1].request)[43]
