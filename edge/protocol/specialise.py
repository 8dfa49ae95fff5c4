"""Write and compile the function that reads, or writes, one shape of message in one dialect.

A shape is the set of fields that a message has (and, to decode, its type). Within a shape everything but the variable fields sits at a known
place, so the source is straight-line: a run of fixed fields is checked and cut by one regular expression, or joined
and checked by one call. Only integers from the field table and names made here enter the
source, never anything from a message.

A compiled function answers None, or raises KeyError, TypeError, AttributeError or ValueError, when it doubts a
message; `fieldwise` then says what is wrong.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

from edge.protocol.field import FREE_TEXT, Dialect, Field, Message
from edge.protocol.fieldwise import LETTERS_AND_DIGITS, PRINTABLE, TRACK_2, UPPER_HALF, Fieldwise

ShapeDecoder: TypeAlias = Callable[[bytes], Message | None]
ShapeEncoder: TypeAlias = Callable[[Iterable[str | bytes]], bytes | None]

_CHARSET_NAMES: Final = {"an": "AN", "x+n": "AN", "ans": "ANS", "z": "TRACK_2"}
_PATTERNS: Final = {"n": "[0-9]", "an": "[A-Za-z0-9 ]", "ans": "[ -~]", "z": "[0-9=D]"}
_FREE_TEXT_PATTERN: Final = "[ -~\xa0-\xff]"
_CHARSETS: Final = {
    "AN": LETTERS_AND_DIGITS.encode("ascii"),
    "ANS": PRINTABLE.encode("ascii"),
    "TRACK_2": TRACK_2.encode("ascii"),
    "FREE": (PRINTABLE + UPPER_HALF).encode("latin-1"),
}


def _pattern(field: Field) -> str:
    return _FREE_TEXT_PATTERN if field.kind == "ans" and field.number in FREE_TEXT else _PATTERNS[field.kind]


def _chunk_kind(field: Field) -> str:
    return "free" if field.kind == "ans" and field.number in FREE_TEXT else field.kind


def _charset_name(field: Field) -> str:
    return "FREE" if field.kind == "ans" and field.number in FREE_TEXT else _CHARSET_NAMES[field.kind]


@lru_cache(maxsize=64)
def _lengths_by_prefix(digits: int, length_max: int) -> dict[str, int]:
    """Every length prefix that a field may have: looking one up checks it at once."""
    return {f"{length:0{digits}}": length for length in range(1, length_max + 1)}


@lru_cache(maxsize=64)
def _prefixes_by_length(digits: int, length_max: int) -> dict[int, str]:
    return {length: prefix for prefix, length in _lengths_by_prefix(digits, length_max).items()}


@lru_cache(maxsize=64)
def _packed_prefixes_by_length(digits: int, length_max: int) -> dict[int, bytes]:
    return {n: bytes.fromhex(prefix) for n, prefix in _prefixes_by_length(digits, length_max).items()}


def _prefix_digits(dialect: Dialect, field: Field) -> int:
    return dialect.encoding.prefix_bytes(field) * (2 if dialect.encoding.packed else 1)


def _compile(name: str, lines: Sequence[str], namespace: dict[str, Any]) -> Any:
    source = "\n".join(lines)
    # The source is made of this module's own text and of integers from the field table.
    exec(compile(source, f"<{name}>", "exec"), namespace)  # noqa: S102  # nosec B102
    return namespace[name]


def compile_decoder(dialect: Dialect, mti: str, numbers: Sequence[int], bitmaps_bytes: int) -> ShapeDecoder:
    """Return the decoder of messages of that type with exactly these fields, in order, behind bitmaps of that width."""
    return _DecoderWriter(dialect, mti, numbers, bitmaps_bytes).compile()


def compile_encoder(dialect: Dialect, keys: Sequence[int]) -> ShapeEncoder:
    """Return the encoder of messages whose keys, 0 among them, come in exactly this order."""
    return _EncoderWriter(dialect, keys).compile()


class _DecoderWriter:
    """Offsets are a base and a constant. The base is empty, or names the end of the last variable field:

    `o35` in bytes and, in packed dialects, `d35` in nibbles. `t` is the message as latin-1, `h` as hexadecimal.
    """

    def __init__(self, dialect: Dialect, mti: str, numbers: Sequence[int], bitmaps_bytes: int) -> None:
        table = {field.number: field for field in dialect.fields}
        self._dialect = dialect
        self._packed = dialect.encoding.packed
        self._fields = [table[number] for number in numbers]
        self._base = ""
        self._offset = dialect.encoding.mti_bytes + bitmaps_bytes
        self._names: dict[str, Any] = {**_CHARSETS, "MTI": mti}
        self._lines: list[str] = []
        self._checks: list[str] = []
        self._values: dict[int, str] = {0: "MTI"}
        # The open run of fixed text fields: the text that it is in, where it starts, its fields and their pattern.
        self._run_text = ""
        self._run_start = ""
        self._run: list[int] = []
        self._run_pattern = ""

    def compile(self) -> ShapeDecoder:
        for field in self._fields:
            if field.prefix:
                self._variable(field)
            else:
                self._fixed(field)
        self._close_run()
        # Slices of a message that is cut short are short without a word: the sum of all lengths tells.
        self._checks.insert(0, f"len(raw) != {self._at(0)}")
        pairs = ", ".join(f"{number}: {value}" for number, value in self._values.items())
        lines = [
            "def decode(raw):",
            '    t = raw.decode("latin-1")',
            *(["    h = raw.hex()"] if self._packed else []),
            *(f"    {line}" for line in self._lines),
            f"    if {' or '.join(self._checks)}: return None",
            f"    return {{{pairs}}}",
        ]
        return _compile("decode", lines, self._names)

    def _at(self, more: int) -> str:
        """The byte offset `more` after the current one."""
        return _sum(f"o{self._base}" if self._base else "", self._offset + more)

    def _nibble(self, more: int) -> str:
        """The nibble offset `more` nibbles after the current one."""
        return _sum(f"d{self._base}" if self._base else "", 2 * self._offset + more)

    def _fixed(self, field: Field) -> None:
        length = field.length
        if field.kind == "b":
            self._close_run()
            self._values[field.number] = f"raw[{self._at(0)}:{self._at(length)}]"
            self._offset += length
        elif self._packed and field.kind == "x+n":
            self._close_run()
            digits = length - 1
            start = 2 + digits % 2
            cut = f"h[{self._nibble(start)}:{self._nibble(start + digits)}]"
            self._checks.append(f't[{self._at(0)}:{self._at(1)}] not in ("C", "D") or not {cut}.isdecimal()')
            if digits % 2:
                self._checks.append(f'h[{self._nibble(2)}] != "0"')
            self._values[field.number] = f"t[{self._at(0)}] + {cut}"
            self._offset += 1 + (digits + 1) // 2
        elif self._packed and field.kind == "n":
            filler = "0" if length % 2 else ""
            self._extend_run("h", self._nibble(0), field.number, f"{filler}([0-9]{{{length}}})")
            self._offset += (length + 1) // 2
        else:
            pattern = (
                f"[CD][0-9]{{{length - 1}}}" if field.kind == "x+n" else f"{_pattern(field)}{{{length}}}"
            )
            self._extend_run("t", self._at(0), field.number, f"({pattern})")
            self._offset += length

    def _variable(self, field: Field) -> None:
        number = field.number
        digits = _prefix_digits(self._dialect, field)
        lengths = f"LENGTHS_{digits}_{field.length}"
        self._names[lengths] = _lengths_by_prefix(digits, field.length)
        width = self._dialect.encoding.prefix_bytes(field)
        prefix = f"t[{self._at(0)}:{self._at(digits)}]"
        if self._packed:
            prefix = f"h[{self._nibble(0)}:{self._nibble(digits)}]"
        if self._packed and field.kind in {"n", "z"}:
            start, end = self._nibble(2 * width), f"e{number}"
            self._lines.append(f"n{number} = {lengths}[{prefix}]")
            self._lines.append(f"{end} = {start} + n{number}")
            self._variable_text(field, "h", 2 * width, start, end)
            self._checks.append(f'n{number} & 1 and h[{end}:{end} + 1] != "f"')
            self._lines.append(f"o{number} = {end} + 1 >> 1")
        else:
            start, end = self._at(width), f"o{number}"
            self._lines.append(f"{end} = {lengths}[{prefix}] + {start}")
            if field.kind == "b":
                self._close_run()
                self._values[number] = f"raw[{start}:{end}]"
            else:
                self._variable_text(field, "t", width, start, end)
        if self._packed:
            self._lines.append(f"d{number} = o{number} * 2")
        self._base, self._offset = str(number), 0

    def _variable_text(self, field: Field, text: str, width: int, start: str, end: str) -> None:
        """Read characters of `text` from start to end, as the last group of the open run where there is one.

        Only the end of a run can vary: its expression takes all that is left, and never has to try again.
        """
        number = field.number
        value = f"{text}[{start}:{end}]"
        if self._run and self._run_text == text:
            charset = "[0-9d]" if text == "h" and field.kind == "z" else _pattern(field)
            self._run.append(number)
            self._run_pattern += f".{{{width}}}({charset}+)"
            self._close_run(end)
            value = f"f{number}"
        elif text == "h":
            self._close_run()
            digits = f'{value}.replace("d", "0")' if field.kind == "z" else value
            self._checks.append(f'not {digits}.encode("ascii").isdigit()')
        elif field.kind == "n":
            self._close_run()
            self._checks.append(f"not raw[{start}:{end}].isdigit()")
        else:
            self._close_run()
            self._checks.append(f"raw[{start}:{end}].translate(None, {_charset_name(field)})")
        if text == "h" and field.kind == "z":
            value = f'{value}.replace("d", "=")'
        self._values[number] = value

    def _extend_run(self, text: str, start: str, number: int, pattern: str) -> None:
        if self._run and self._run_text != text:
            self._close_run()
        if not self._run:
            self._run_text, self._run_start = text, start
        self._run.append(number)
        self._run_pattern += pattern

    def _close_run(self, end: str = "") -> None:
        """Read the open run, up to that place exactly where one is given."""
        if not self._run:
            return
        match = f"MATCH_{self._run[0]}"
        pattern = re.compile(self._run_pattern, re.DOTALL)
        self._names[match] = pattern.fullmatch if end else pattern.match
        for number in self._run:
            self._values[number] = f"f{number}"
        fields = ", ".join(f"f{number}" for number in self._run)
        place = f"{self._run_start}, {end}" if end else self._run_start
        # A run that does not match is None, which has no groups: an AttributeError, that is, a doubt.
        self._lines.append(f"{fields}, = {match}({self._run_text}, {place}).groups()")
        self._run, self._run_pattern = [], ""


def _sum(base: str, more: int) -> str:
    if not base:
        return str(more)
    return f"{base} + {more}" if more else base


class _EncoderWriter:
    """The message is a sequence of chunks, each joined from fields of one kind, checked by one call and made bytes."""

    def __init__(self, dialect: Dialect, keys: Sequence[int]) -> None:
        table = {field.number: field for field in dialect.fields}
        numbers = sorted(key for key in keys if key != 0)
        self._dialect = dialect
        self._packed = dialect.encoding.packed
        self._keys = keys
        self._fields = [table[number] for number in numbers]
        self._names: dict[str, Any] = dict(_CHARSETS)
        self._names["BITMAPS"] = Fieldwise(dialect).encode_bitmaps(numbers)
        self._checks: list[str] = []
        self._lines: list[str] = []
        self._output = ["BITMAPS"]
        self._chunk_kind = ""
        self._chunk: list[str] = []

    def compile(self) -> ShapeEncoder:
        for field in self._fields:
            if field.prefix:
                self._variable(field)
            else:
                self._fixed(field)
        self._close_chunk()
        lengths = [f"len(f{field.number}) != {field.length}" for field in self._fields if not field.prefix]
        mti = "fromhex(f0)" if self._packed else 'f0.encode("ascii")'
        self._names["fromhex"] = bytes.fromhex
        lines = [
            "def encode(values):",
            f"    {', '.join(f'f{key}' for key in self._keys)}, = values",
            f"    if {' or '.join(['len(f0) != 4', *lengths])}: return None",
            *(f"    {line}" for line in self._lines),
            f"    if {' or '.join(['not f0.isdecimal()', *self._checks])}: return None",
            f"    return b''.join(({mti}, {', '.join(self._output)}))",
        ]
        return _compile("encode", lines, self._names)

    def _fixed(self, field: Field) -> None:
        value = f"f{field.number}"
        if field.kind == "b":
            self._close_chunk()
            self._checks.append(f"type({value}) is not bytes")
            self._output.append(value)
        elif field.kind == "x+n":
            self._checks.append(f'{value}[0] not in "CD"')
            self._checks.append(f'not {value}[1:].encode("ascii").isdigit()')
            if self._packed:
                self._add("an", f"{value}[0]")
                self._add("n", *(['"0"'] if field.length % 2 == 0 else []), f"{value}[1:]")
            else:
                self._add("an", value)
        elif self._packed and field.kind == "n" and field.length % 2:
            self._add("n", '"0"', value)
        else:
            self._add(_chunk_kind(field), value)

    def _variable(self, field: Field) -> None:
        value = f"f{field.number}"
        digits = _prefix_digits(self._dialect, field)
        if self._packed and field.kind in {"n", "z"}:
            self._close_chunk()
            prefix = self._prefix("TEXT", _prefixes_by_length(digits, field.length), field)
            track = field.kind == "z"
            plain = f'{value}.replace("=", "D")' if track else value
            encoded = f'{value}.encode("ascii")'
            self._checks.append(
                f"{encoded}.translate(None, TRACK_2)" if track else f"not {encoded}.isdigit()"
            )
            filler = f'("F" if len({value}) & 1 else "")'
            self._output.append(f"fromhex({prefix} + {plain} + {filler})")
        elif self._packed or field.kind == "b":
            self._close_chunk()
            table = (
                _packed_prefixes_by_length(digits, field.length)
                if self._packed
                else {
                    length: prefix.encode("ascii")
                    for length, prefix in _prefixes_by_length(digits, field.length).items()
                }
            )
            self._output.append(self._prefix("BYTES", table, field))
            if field.kind == "b":
                self._checks.append(f"type({value}) is not bytes")
                self._output.append(value)
            else:
                self._add(_chunk_kind(field), value)
        else:
            prefix = self._prefix("TEXT", _prefixes_by_length(digits, field.length), field)
            self._add(_chunk_kind(field), prefix, value)

    def _prefix(self, form: str, table: dict[int, Any], field: Field) -> str:
        name = f"{form}_PREFIX_{field.number}"
        self._names[name] = table
        return f"{name}[len(f{field.number})]"

    def _add(self, kind: str, *pieces: str) -> None:
        if kind != self._chunk_kind:
            self._close_chunk()
            self._chunk_kind = kind
        self._chunk += pieces

    def _close_chunk(self) -> None:
        if not self._chunk:
            return
        name = f"c{len(self._output)}"
        joined = f'"".join(({", ".join(self._chunk)}))' if len(self._chunk) > 1 else self._chunk[0]
        if self._chunk_kind == "n":
            # bytes.isdigit knows ASCII digits only, and is ten times as fast as the methods of str.
            if self._packed:
                self._lines.append(f"{name} = {joined}")
                self._checks.append(f'not {name}.encode("ascii").isdigit()')
                self._output.append(f"fromhex({name})")
            else:
                self._lines.append(f'{name} = {joined}.encode("ascii")')
                self._checks.append(f"not {name}.isdigit()")
                self._output.append(name)
        else:
            free = self._chunk_kind == "free"
            self._lines.append(f'{name} = {joined}.encode("{"latin-1" if free else "ascii"}")')
            self._checks.append(
                f"{name}.translate(None, {'FREE' if free else _CHARSET_NAMES[self._chunk_kind]})"
            )
            self._output.append(name)
        self._chunk, self._chunk_kind = [], ""
