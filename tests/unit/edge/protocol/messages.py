"""Hypothesis strategies for messages of a dialect, and the vectors."""

import json
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

from edge.protocol.codec import Codec
from edge.protocol.field import Field, Message
from edge.protocol.fieldwise import DIGITS, LETTERS_AND_DIGITS, PRINTABLE, TRACK_2

VECTORS: Final = Path(__file__).parents[3] / "vectors"


def vectors(dialect: str) -> list[tuple[str, bytes, Message]]:
    """Return title, bytes and message of each vector of a dialect."""
    entries: list[dict[str, Any]] = json.loads((VECTORS / f"{dialect}.json").read_text())
    return [
        (
            entry["title"],
            bytes.fromhex("".join(part["hex"] for part in entry["parts"])),
            {
                int(number): bytes.fromhex(value["hex"]) if isinstance(value, dict) else value
                for number, value in entry["message"].items()
            },
        )
        for entry in entries
    ]


def values(field: Field, *, packed: bool) -> st.SearchStrategy[str | bytes]:
    """Return the values that a field may have. A packed track 2 has one spelling of its separator only."""
    smallest = 1 if field.prefix else field.length
    # Beyond forty characters a long field says nothing new.
    largest = min(field.length, max(smallest, 40))
    if field.kind == "b":
        return st.binary(min_size=smallest, max_size=largest)
    if field.kind == "x+n":
        digits = st.text(DIGITS, min_size=field.length - 1, max_size=field.length - 1)
        return st.tuples(st.sampled_from("CD"), digits).map("".join)
    track = DIGITS + "=" if packed else TRACK_2
    charset = {"n": DIGITS, "an": LETTERS_AND_DIGITS, "ans": PRINTABLE, "z": track}[field.kind]
    return st.text(charset, min_size=smallest, max_size=largest)


@st.composite
def messages(draw: st.DrawFn, codec: Codec, *, fields_max: int = 20) -> Message:
    """Draw a valid message of the codec's dialect, keys in ascending order."""
    numbers = draw(st.sets(st.sampled_from(sorted(codec.fields)), max_size=fields_max))
    message: Message = {0: draw(st.text(DIGITS, min_size=4, max_size=4))}
    for number in sorted(numbers):
        message[number] = draw(values(codec.fields[number], packed=codec.dialect.encoding.packed))
    return message
