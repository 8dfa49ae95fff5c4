"""Write and compile the function that reads, or writes, one shape of message in one dialect.

A shape is the set of fields that a message has. Within a shape everything but the variable fields sits at a known
place, so the source is straight-line: neighbouring fields of one kind are checked by one call over their joined span,
and a run of fixed fields is cut by one `itemgetter`. Only integers from the field table and names made here enter the
source, never anything from a message.

A compiled function answers None, or raises KeyError, TypeError, AttributeError or ValueError, when it doubts a
message; `fieldwise` then says what is wrong.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, TypeAlias

from edge.protocol.field import Dialect, Field, Message
from edge.protocol.fieldwise import LETTERS_AND_DIGITS, PRINTABLE, TRACK_2, Fieldwise

ShapeDecoder: TypeAlias = Callable[[bytes], Message | None]
ShapeEncoder: TypeAlias = Callable[[Iterable[str | bytes]], bytes | None]

_CHARSET_NAMES: Final = {"an": "AN", "x+n": "AN", "ans": "ANS", "z": "TRACK_2"}
_CHARSETS: Final = {
    "AN": LETTERS_AND_DIGITS.encode("ascii"),
    "ANS": PRINTABLE.encode("ascii"),
    "TRACK_2": TRACK_2.encode("ascii"),
}


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
    exec(compile(source, f"<{name}>", "exec"), namespace)  # noqa: S102
    return namespace[name]


def compile_decoder(dialect: Dialect, numbers: Sequence[int], bitmaps_bytes: int) -> ShapeDecoder:
    """Return the decoder of messages that have exactly these fields, in order, behind bitmaps of that width."""
    return _DecoderWriter(dialect, numbers, bitmaps_bytes).compile()


def compile_encoder(dialect: Dialect, keys: Sequence[int]) -> ShapeEncoder:
    """Return the encoder of messages whose keys, 0 among them, come in exactly this order."""
    return _EncoderWriter(dialect, keys).compile()


class _DecoderWriter:
    """Offsets are a base and a constant. The base is empty, or names the end of the last variable field:

    `o35` in bytes and, in packed dialects, `d35` in nibbles. `t` is the message as latin-1, `h` as hexadecimal.
    """

    def __init__(self, dialect: Dialect, numbers: Sequence[int], bitmaps_bytes: int) -> None:
        table = {field.number: field for field in dialect.fields}
        self._dialect = dialect
        self._packed = dialect.encoding.packed
        self._fields = [table[number] for number in numbers]
        self._base = ""
        self._offset = dialect.encoding.mti_bytes + bitmaps_bytes
        self._names: dict[str, Any] = dict(_CHARSETS)
        self._lines: list[str] = []
        self._checks: list[str] = []
        self._cuts: list[str] = []
        self._values = {0: "h[0:4]" if self._packed else "t[0:4]"}
        # The open span of one kind: its kind, its start, its end.
        self._span: tuple[str, str, str] | None = None
        # The open run of fixed text fields: its start, and each field with its slice from there.
        self._run_start = ""
        self._run_end = 0
        self._run: list[tuple[Field, int, int]] = []

    def compile(self) -> ShapeDecoder:
        self._checks.append(f"not {self._values[0]}.isdecimal()")
        for field in self._fields:
            if field.prefix:
                self._variable(field)
            else:
                self._fixed(field)
        self._close_run()
        self._close_span()
        self._checks.insert(0, f"len(raw) != {self._at(0)}")
        pairs = ", ".join(f"{number}: {value}" for number, value in self._values.items())
        lines = [
            "def decode(raw):",
            '    t = raw.decode("latin-1")',
            *(["    h = raw.hex()"] if self._packed else []),
            *(f"    {line}" for line in self._lines),
            f"    if {' or '.join(self._checks)}: return None",
            *(f"    {line}" for line in self._cuts),
            f"    return {{{pairs}}}",
        ]
        return _compile("decode", lines, self._names)

    def _at(self, more: int) -> str:
        """The byte offset `more` after the current one."""
        offset = self._offset + more
        return f"o{self._base} + {offset}" if self._base else str(offset)

    def _nibble(self, more: int) -> str:
        """The nibble offset `more` nibbles after the current one."""
        offset = 2 * self._offset + more
        return f"d{self._base} + {offset}" if self._base else str(offset)

    def _fixed(self, field: Field) -> None:
        number, length = field.number, field.length
        if field.kind == "b":
            self._close_run()
            self._close_span()
            self._values[number] = f"raw[{self._at(0)}:{self._at(length)}]"
            self._offset += length
        elif self._packed and field.kind == "n":
            self._fixed_packed(field)
        elif self._packed and field.kind == "x+n":
            self._close_run()
            self._close_span()
            digits, size = length - 1, length // 2
            self._checks.append(f't[{self._at(0)}] not in "CD"')
            start = 3 if digits % 2 else 2
            if digits % 2:
                self._checks.append(f'h[{self._nibble(2)}] != "0"')
            cut = f"h[{self._nibble(start)}:{self._nibble(start + digits)}]"
            self._checks.append(f"not {cut}.isdecimal()")
            self._values[number] = f"t[{self._at(0)}] + {cut}"
            self._offset += 1 + size
        else:
            self._cover(field.kind, self._at(0), self._at(length))
            if field.kind == "x+n":
                self._checks.append(f't[{self._at(0)}] not in "CD"')
                self._checks.append(f"not t[{self._at(1)}:{self._at(length)}].isdecimal()")
            self._extend_run("t", self._at(0), field, 0, length)
            self._offset += length

    def _fixed_packed(self, field: Field) -> None:
        odd = field.length % 2
        size = (field.length + 1) // 2
        self._cover("n", self._nibble(0), self._nibble(2 * size))
        if odd:
            self._checks.append(f'h[{self._nibble(0)}] != "0"')
        self._extend_run("h", self._nibble(0), field, odd, field.length)
        self._offset += size

    def _variable(self, field: Field) -> None:
        self._close_run()
        if self._packed:
            self._close_span()
        number = field.number
        digits = _prefix_digits(self._dialect, field)
        lengths = f"LENGTHS_{digits}_{field.length}"
        self._names[lengths] = _lengths_by_prefix(digits, field.length)
        width = self._dialect.encoding.prefix_bytes(field)
        if self._packed and field.kind in {"n", "z"}:
            start = self._nibble(2 * width)
            self._lines.append(f"n{number} = {lengths}[h[{self._nibble(0)}:{start}]]")
            self._lines.append(f"f{number} = h[{start}:{start} + n{number}]")
            digits_only = f"f{number}.isdecimal()"
            if field.kind == "z":
                digits_only = f'f{number}.replace("d", "0").isdecimal()'
            self._checks.append(f"not {digits_only}")
            self._checks.append(f'n{number} & 1 and h[{start} + n{number}:{start} + n{number} + 1] != "f"')
            self._values[number] = f'f{number}.replace("d", "=")' if field.kind == "z" else f"f{number}"
            self._lines.append(f"o{number} = {self._at(width)} + (n{number} + 1 >> 1)")
        else:
            start = self._at(width)
            prefix = f"h[{self._nibble(0)}:{self._nibble(digits)}]" if self._packed else f"t[{self._at(0)}:{start}]"
            self._lines.append(f"o{number} = {lengths}[{prefix}] + {start}")
            if field.kind == "b":
                self._close_span()
                self._values[number] = f"raw[{start}:o{number}]"
            else:
                # An unpacked length prefix is digits, which every kind allows: the span runs across it.
                self._cover(field.kind, start if self._packed else self._at(0), f"o{number}")
                self._values[number] = f"t[{start}:o{number}]"
        if self._packed:
            self._lines.append(f"d{number} = o{number} * 2")
        self._base, self._offset = str(number), 0

    def _cover(self, kind: str, start: str, end: str) -> None:
        if self._span is not None and self._span[0] == kind:
            self._span = (kind, self._span[1], end)
        else:
            self._close_span()
            self._span = (kind, start, end)

    def _close_span(self) -> None:
        if self._span is None:
            return
        kind, start, end = self._span
        if kind == "n":
            self._checks.append(f"not {'h' if self._packed else 't'}[{start}:{end}].isdecimal()")
        else:
            self._checks.append(f"raw[{start}:{end}].translate(None, {_CHARSET_NAMES[kind]})")
        self._span = None

    def _extend_run(self, text: str, at: str, field: Field, skip: int, length: int) -> None:
        if self._run and not self._run_start.startswith(text):
            self._close_run()
        if not self._run:
            self._run_start = f"{text}[{at}"
            self._run_end = 0
        self._run.append((field, self._run_end + skip, self._run_end + skip + length))
        self._run_end += skip + length

    def _close_run(self) -> None:
        if not self._run:
            return
        text, at = self._run_start[0], self._run_start[2:]
        whole = f"{text}[{at}:{at} + {self._run_end}]"
        if len(self._run) == 1:
            field, start, end = self._run[0]
            self._values[field.number] = f"{text}[{at} + {start}:{at} + {end}]"
        else:
            cut = f"CUT_{self._run[0][0].number}"
            self._names[cut] = itemgetter(*(slice(start, end) for _, start, end in self._run))
            self._cuts.append(f"{', '.join(f'f{field.number}' for field, _, _ in self._run)} = {cut}({whole})")
            for field, _, _ in self._run:
                self._values[field.number] = f"f{field.number}"
        self._run = []


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
            self._checks.append(f"not {value}[1:].isdecimal()")
            if self._packed:
                self._add("an", f"{value}[0]")
                self._add("n", *(['"0"'] if field.length % 2 == 0 else []), f"{value}[1:]")
            else:
                self._add("an", value)
        elif self._packed and field.kind == "n" and field.length % 2:
            self._add("n", '"0"', value)
        else:
            self._add(field.kind, value)

    def _variable(self, field: Field) -> None:
        value = f"f{field.number}"
        digits = _prefix_digits(self._dialect, field)
        if self._packed and field.kind in {"n", "z"}:
            self._close_chunk()
            prefix = self._prefix("TEXT", _prefixes_by_length(digits, field.length), field)
            track = field.kind == "z"
            plain = f'{value}.replace("=", "D")' if track else value
            decimal = f'{value}.replace("=", "0").replace("D", "0")' if track else value
            self._checks.append(f"not {decimal}.isdecimal()")
            filler = f'("F" if len({value}) & 1 else "")'
            self._output.append(f"fromhex({prefix} + {plain} + {filler})")
        elif self._packed or field.kind == "b":
            self._close_chunk()
            table = _packed_prefixes_by_length(digits, field.length) if self._packed else {
                length: prefix.encode("ascii")
                for length, prefix in _prefixes_by_length(digits, field.length).items()
            }
            self._output.append(self._prefix("BYTES", table, field))
            if field.kind == "b":
                self._checks.append(f"type({value}) is not bytes")
                self._output.append(value)
            else:
                self._add(field.kind, value)
        else:
            prefix = self._prefix("TEXT", _prefixes_by_length(digits, field.length), field)
            self._add(field.kind, prefix, value)

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
            self._lines.append(f"{name} = {joined}")
            self._checks.append(f"not {name}.isdecimal()")
            self._output.append(f"fromhex({name})" if self._packed else f'{name}.encode("ascii")')
        else:
            self._lines.append(f'{name} = {joined}.encode("ascii")')
            self._checks.append(f"{name}.translate(None, {_CHARSET_NAMES[self._chunk_kind]})")
            self._output.append(name)
        self._chunk, self._chunk_kind = [], ""
