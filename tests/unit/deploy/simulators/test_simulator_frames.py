"""Frames of a load are what the codec would write, and answers are read as the codec would."""

from datetime import UTC, datetime

from deploy.sandbox.simulators import requests
from deploy.sandbox.simulators.cards import LOAD_AMOUNTS, LOAD_CARDS, load_amount_minor, load_pan, luhn_valid
from deploy.sandbox.simulators.load import load_terminals
from deploy.sandbox.simulators.load_frames import AnswerReader, FrameWriter, clock_parts
from deploy.sandbox.simulators.requests import Identity, Moment
from edge.dialects import DIALECTS
from edge.protocol.field import Message
from edge.protocol.framing import frame

CODEC = DIALECTS["ascii1987"]
AT = Moment.of(datetime(2026, 11, 22, 10, 15, 30, tzinfo=UTC))


def test_a_written_frame_decodes_and_its_card_passes_luhn() -> None:
    writer = FrameWriter(load_terminals(1_000_001, 3))
    for number in (0, 1, 249_999, LOAD_CARDS, 123_456_789, LOAD_CARDS * LOAD_AMOUNTS - 1):
        data = writer.write(2, number, b"004711", clock_parts(AT))
        message = CODEC.decode(data[2:])
        assert len(data) == 2 + int.from_bytes(data[:2], "big")
        assert luhn_valid(str(message[2]))
        assert message[2] == load_pan(number)
        assert int(message[4]) == load_amount_minor(number)
        assert (message[11], message[41], message[12], message[13]) == (
            "004711",
            "T1000003",
            "111530",
            "1122",
        )


def test_every_load_card_of_the_writer_is_the_slow_one() -> None:
    pans = FrameWriter([Identity("T1000001")]).pans
    assert len(set(pans)) == LOAD_CARDS
    assert all(luhn_valid(pan.decode()) for pan in pans[::101])


def test_answers_of_any_shape_are_read_where_the_codec_finds_them() -> None:
    base: Message = {
        0: "0210",
        3: "000000",
        4: "000000001250",
        7: "1122101530",
        11: "004711",
        41: "T1000003",
        49: "978",
    }
    shapes: list[Message] = [
        {**base, 39: "96"},
        {**base, 12: "111530", 13: "1122", 37: "632610004711", 39: "51", 42: "000000000000001"},
        {**base, 37: "632610004711", 38: "A12345", 39: "10", 54: "0057978D000000001250"},
    ]
    reader = AnswerReader()
    for message in shapes:
        data = frame(CODEC.encode(message))
        shape = reader.learn(data)
        assert data[shape.stan : shape.stan + 6] == b"004711"
        assert data[shape.code : shape.code + 2].decode() == message[39]
        assert bool(shape.rrn) == (37 in message)
        assert bool(shape.approval_code) == (38 in message)
    assert len(reader.shapes) == 3


def test_a_reversal_names_its_original_in_field_90() -> None:
    original = requests.payment(
        Identity("T1000003"),
        mti="0200",
        processing_code="000000",
        pan=load_pan(1),
        amount_minor=5,
        stan="000007",
        at=AT,
    )
    reversal = requests.reversal(original, mti="0420", stan="000008", at=AT, reason="68")
    assert reversal[90] == "0200" + "000007" + "1122101530" + "0" * 22
    assert requests.repeated(reversal)[0] == "0421"
    assert CODEC.decode(CODEC.encode(reversal)) == dict(sorted(reversal.items()))


def test_the_shop_is_in_paris_whatever_the_machine_says() -> None:
    late = Moment.of(datetime(2026, 6, 30, 22, 30, tzinfo=UTC))
    assert (late.transmitted_at, late.local_date, late.local_time, late.day) == (
        "0630223000",
        "0701",
        "003000",
        "2026-07-01",
    )
