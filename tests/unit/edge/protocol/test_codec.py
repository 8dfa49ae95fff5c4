"""The codec: vectors, round trips, refusals by field name, and pyiso8583 as a second opinion."""

import contextlib
from typing import Any

import iso8583
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.dialects import DIALECTS
from edge.protocol.codec import Codec, compile_dialect
from edge.protocol.errors import BitmapMalformed, FieldMalformed, ProtocolError, TrailingBytes
from edge.protocol.field import Dialect, Encoding, Field, Message
from edge.protocol.fieldwise import Fieldwise
from edge.protocol.limits import SHAPES_MAX
from edge.protocol.specialise import compile_decoder, compile_encoder
from perf.micro.codec import REQUEST, oracle_specification, to_oracle
from tests.unit.edge.protocol.messages import messages, vectors

ALL_VECTORS = [
    pytest.param(name, *vector[1:], id=f"{name}: {vector[0]}")
    for name in DIALECTS
    for vector in vectors(name)
]
# Enough to pass from the field-by-field way to the compiled one.
REPEATS = 20


def fast_decode(codec: Codec, raw: bytes, message: Message) -> Message | None:
    """Decode by the function of the message's own shape, as the codec does once the shape is hot."""
    encoding = codec.dialect.encoding
    _, *numbers = message
    width = encoding.bitmap_bytes * (2 if any(number > 64 for number in numbers) else 1)
    return compile_decoder(codec.dialect, str(message[0]), numbers, width)(raw)


@pytest.mark.parametrize(("dialect", "raw", "message"), ALL_VECTORS)
def test_vectors_hold_both_ways(dialect: str, raw: bytes, message: Message) -> None:
    codec = compile_dialect(DIALECTS[dialect].dialect)
    for _ in range(REPEATS):
        assert codec.decode(raw) == message
        assert list(codec.decode(raw)) == list(message)
        assert codec.encode(message) == raw


@pytest.mark.parametrize(("dialect", "raw", "message"), ALL_VECTORS)
def test_a_vector_cut_short_anywhere_or_too_long_is_refused(
    dialect: str, raw: bytes, message: Message
) -> None:
    codec = DIALECTS[dialect]
    for _ in range(REPEATS):
        codec.decode(raw)
    for size in range(len(raw)):
        with pytest.raises(ProtocolError):
            codec.decode(raw[:size])
    with pytest.raises(TrailingBytes):
        codec.decode(raw + b"0")


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_what_is_encoded_decodes_to_the_same_by_both_ways(dialect: str, data: st.DataObject) -> None:
    codec = DIALECTS[dialect]
    message = data.draw(messages(codec))
    raw = Fieldwise(codec.dialect).encode(message)
    keys = data.draw(st.permutations(list(message)))
    shuffled = {key: message[key] for key in keys}
    assert compile_encoder(codec.dialect, keys)(shuffled.values()) == raw
    assert codec.encode(shuffled) == raw
    assert Fieldwise(codec.dialect).decode(raw) == message
    assert fast_decode(codec, raw, message) == message
    assert codec.decode(raw) == message


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_compiled_decoder_takes_nothing_that_fieldwise_refuses(dialect: str, data: st.DataObject) -> None:
    codec = DIALECTS[dialect]
    message = data.draw(messages(codec, fields_max=8))
    raw = bytearray(codec.encode(message))
    encoding = codec.dialect.encoding
    wide = any(number > 64 for number in message)
    start = encoding.mti_bytes + encoding.bitmap_bytes * (2 if wide else 1)
    for _ in range(data.draw(st.integers(1, 3))):
        if len(raw) > start:
            raw[data.draw(st.integers(start, len(raw) - 1))] = data.draw(st.integers(0, 255))
    tail = data.draw(st.binary(max_size=2))
    mutated = bytes(raw) + tail
    try:
        expected = Fieldwise(codec.dialect).decode(mutated)
    except ProtocolError:
        expected = None
    try:
        found = fast_decode(codec, mutated, message)
    except (KeyError, AttributeError):
        found = None
    if expected is not None and Fieldwise(codec.dialect).encode(expected) != mutated:
        # What others write in a way of their own may be left to fieldwise.
        assert found in (None, expected)
    else:
        assert found == expected


VALUES = st.one_of(
    st.text(max_size=20), st.binary(max_size=20), st.integers(), st.none(), st.lists(st.just("1"))
)


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_compiled_encoder_takes_nothing_that_fieldwise_refuses(dialect: str, data: st.DataObject) -> None:
    codec = DIALECTS[dialect]
    message: dict[int, Any] = dict(data.draw(messages(codec, fields_max=6)))
    number = data.draw(st.sampled_from(list(message)))
    length = 4 if number == 0 else codec.fields[number].length
    message[number] = data.draw(VALUES | st.text("0123456789٣²  éD=", min_size=length, max_size=length))
    try:
        expected = Fieldwise(codec.dialect).encode(message)
    except FieldMalformed:
        expected = None
    try:
        found = compile_encoder(codec.dialect, list(message))(message.values())
    except (KeyError, TypeError, AttributeError, ValueError):
        found = None
    assert found == expected


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=150, deadline=None)
@given(raw=st.binary(max_size=200))
def test_junk_raises_protocol_errors_only(dialect: str, raw: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        DIALECTS[dialect].decode(raw)


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_mutated_messages_decode_or_raise_protocol_errors_only(dialect: str, data: st.DataObject) -> None:
    codec = DIALECTS[dialect]
    raw = bytearray(codec.encode(data.draw(messages(codec))))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    del raw[data.draw(st.integers(0, len(raw))) :]
    try:
        message = codec.decode(bytes(raw))
    except ProtocolError:
        return
    # Whatever is read can be written, and means the same when read again.
    assert codec.decode(codec.encode(message)) == message


@pytest.mark.parametrize("dialect", ["ascii1987", "bcd1987"])
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_pyiso8583_agrees(dialect: str, data: st.DataObject) -> None:
    codec = DIALECTS[dialect]
    message = data.draw(messages(codec))
    if codec.dialect.encoding.packed:
        message = {key: value for key, value in message.items() if not key or codec.fields[key].kind != "x+n"}
    specification = oracle_specification(codec.dialect)
    document = to_oracle(codec.dialect, message)
    written, _ = iso8583.encode(dict(document), specification)
    assert codec.encode(message) == bytes(written)
    read, _ = iso8583.decode(codec.encode(message), specification)
    for added_by_pyiso8583 in ("h", "p", "1"):
        read.pop(added_by_pyiso8583, None)
    assert read == document


def with_part(dialect: str, field: int, value: bytes) -> bytes:
    """Return a message of one field, written as given."""
    codec = DIALECTS[dialect]
    mti = b"\x02\x00" if codec.dialect.encoding.packed else b"0200"
    return mti + Fieldwise(codec.dialect).encode_bitmaps([field]) + value


@pytest.mark.parametrize(
    ("dialect", "field", "value", "problem"),
    [
        ("ascii1987", 2, b"204111111111111111", "length"),
        ("ascii1987", 2, b"00", "length"),
        ("ascii1987", 2, b" 9411111111", "length"),
        ("ascii1987", 2, b"1641111111111111x1", "charset"),
        ("ascii1987", 2, b"164111", "truncated"),
        ("ascii1987", 2, b"1", "truncated"),
        ("ascii1987", 4, b"00000000125\xb2", "charset"),
        ("ascii1987", 4, b"00000000125 ", "charset"),
        ("ascii1987", 28, b"X00000000", "charset"),
        ("ascii1987", 28, b"C0000000-", "charset"),
        ("ascii1987", 35, b"054111?", "charset"),
        ("ascii1987", 38, b"A1B2C\xe9", "charset"),
        ("ascii1987", 41, b"TERM\x00001", "charset"),
        ("ascii1987", 48, b"003ab\x7f", "charset"),
        ("ascii1987", 52, b"1234567", "truncated"),
        ("ascii1987", 70, b"30a", "charset"),
        ("ascii1987", 105, b"", "undefined"),
        ("bcd1987", 2, b"\x20", "length"),
        ("bcd1987", 2, b"\x1a", "length"),
        ("bcd1987", 2, b"\x03\x12\x34", "padding"),
        ("bcd1987", 2, b"\x04\x12\x3f", "charset"),
        ("bcd1987", 4, b"\x00\x00\x00\x00\x12\xa0", "charset"),
        ("bcd1987", 22, b"\x10\x51", "padding"),
        ("bcd1987", 28, b"C\x00\x00\x00\x0a", "charset"),
        ("bcd1987", 28, b"\x00\x00\x00\x00\x00", "charset"),
        ("bcd1987", 35, b"\x04\x12\xe4", "charset"),
        ("bcd1987", 48, b"\x10\x00", "length"),
        ("bcd1987", 55, b"\x00\x02\x9f", "truncated"),
    ],
)
def test_a_bad_field_is_named_and_its_bytes_are_not(
    dialect: str, field: int, value: bytes, problem: str
) -> None:
    with pytest.raises(FieldMalformed) as caught:
        DIALECTS[dialect].decode(with_part(dialect, field, value))
    assert (caught.value.field, caught.value.problem) == (field, problem)
    assert str(caught.value) == f"field {field}: {problem}"


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        (0, "020", "length"),
        (0, "02x0", "charset"),
        (0, b"0200", "type"),
        (1, "0", "undefined"),
        (2, "", "length"),
        (2, "4" * 20, "length"),
        (2, "41111111111١", "charset"),
        (4, "1250", "length"),
        (4, b"000000001250", "type"),
        (35, "4111?", "charset"),
        (41, "TERM000é", "charset"),
        (52, "12345678", "type"),
        (52, b"1234567", "length"),
        (65, "0", "undefined"),
        (97, "E0000000000000000", "charset"),
        (129, "0", "undefined"),
    ],
)
@pytest.mark.parametrize("dialect", ["ascii1987", "bcd1987"])
def test_a_bad_value_is_not_encoded(dialect: str, field: int, value: str | bytes, problem: str) -> None:
    codec = DIALECTS[dialect]
    for _ in range(REPEATS):
        with pytest.raises(FieldMalformed) as caught:
            codec.encode({0: "0200"} | {field: value})
        assert (caught.value.field, caught.value.problem) == (field, problem)


def test_a_message_without_type_is_not_encoded() -> None:
    with pytest.raises(FieldMalformed, match="field 0: absent"):
        DIALECTS["ascii1987"].encode({3: "000000"})


@pytest.mark.parametrize(
    ("dialect", "raw", "problem"),
    [
        ("ascii1987", b"0200723C", "truncated"),
        ("ascii1987", b"0200 23C048028C0800", "charset"),
        ("ascii1987", b"0200" + b"8000000000000000" + b"8000000000000000", "tertiary"),
        ("bcd1987", b"\x02\x00\x80" + bytes(7), "truncated"),
        ("bcd1987", b"\x02\x00\x80" + bytes(7) + b"\x80" + bytes(7), "tertiary"),
    ],
)
def test_a_bad_bitmap_is_refused(dialect: str, raw: bytes, problem: str) -> None:
    if problem == "charset":
        raw = raw[:4] + b"723C048028C0800 "
    with pytest.raises(BitmapMalformed) as caught:
        DIALECTS[dialect].decode(raw)
    assert caught.value.problem == problem


def test_an_empty_secondary_bitmap_and_lower_case_hexadecimal_are_read() -> None:
    codec = DIALECTS["ascii1987"]
    raw = b"0800" + b"a020000000000000" + bytes(b"0" * 16) + b"000000" + b"000001"
    for _ in range(REPEATS):
        assert codec.decode(raw) == {0: "0800", 3: "000000", 11: "000001"}


def test_a_flood_of_shapes_leaves_a_bounded_cache_and_right_answers() -> None:
    fields = tuple(Field(number, f"digit {number}", "n", 1) for number in range(2, 13))
    codec = compile_dialect(Dialect("narrow", Encoding(digits="ascii", bitmap="binary"), fields))
    for shape in range(2 * SHAPES_MAX):
        message: Message = {0: "0800"}
        message |= {n: str(n % 10) for n in range(2, 13) if shape >> (n - 2) & 1}
        for _ in range(REPEATS):
            assert codec.decode(codec.encode(message)) == message
    caches = [
        cell.cell_contents
        for way in (codec.decode, codec.encode)
        for cell in way.__closure__ or ()  # type: ignore[attr-defined]
        if isinstance(cell.cell_contents, dict)
    ]
    assert caches
    assert all(len(cache) <= SHAPES_MAX for cache in caches)


def test_hot_and_cold_codecs_refuse_alike() -> None:
    hot, cold = DIALECTS["ascii1987"], compile_dialect(DIALECTS["ascii1987"].dialect)
    raw = hot.encode(REQUEST)
    for _ in range(REPEATS):
        hot.decode(raw)
    for position in range(20, len(raw)):
        broken = raw[:position] + b"\x80" + raw[position + 1 :]
        with pytest.raises(FieldMalformed) as by_hot:
            hot.decode(broken)
        with pytest.raises(FieldMalformed) as by_cold:
            cold.decode(broken)
        assert str(by_hot.value) == str(by_cold.value)


@pytest.mark.parametrize(
    "arguments",
    [
        (1, "x", "n", 3),
        (65, "x", "n", 3),
        (129, "x", "n", 3),
        (2, "x", "n", 100, "LL"),
        (2, "x", "z", 9),
        (2, "x", "n", 0),
    ],
)
def test_an_impossible_field_cannot_be_defined(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match="field"):
        Field(*arguments)


def test_a_table_out_of_order_is_not_a_dialect() -> None:
    fields = (Field(3, "b", "n", 6), Field(2, "a", "n", 6))
    with pytest.raises(ValueError, match="in order"):
        Dialect("backwards", Encoding(digits="ascii", bitmap="hex"), fields)
