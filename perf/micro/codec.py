"""How fast the codec is beside pyiso8583, on one 15-field purchase request, in the same run.

Run: `python -m perf.micro.codec [--json]`. Each figure is the best of many short rounds, in which all candidates take
turns, so that a busy machine slows them alike. Both sides check what they check by default: we, every field.
"""

import argparse
import json
import timeit
from collections.abc import Callable
from typing import Any, Final

import iso8583

from edge.dialects import DIALECTS
from edge.protocol.field import Dialect, Field, Message
from edge.protocol.masking import describe

ROUNDS: Final = 60
CALLS_A_ROUND: Final = 200

# A chip-less purchase with a scheme's test card: sixteen elements with the message type, fifteen of them fields.
REQUEST: Final[Message] = {
    0: "0200",
    2: "4111111111111111",
    3: "000000",
    4: "000000001250",
    7: "1122101530",
    11: "000123",
    12: "101530",
    13: "1122",
    14: "2812",
    22: "051",
    25: "00",
    35: "4111111111111111=28121010000012345678",
    37: "632610000123",
    41: "TERM0001",
    42: "MERCHANT0000001",
    49: "978",
}


def oracle_specification(dialect: Dialect) -> dict[str, dict[str, Any]]:
    """Return pyiso8583's specification of the dialect. It has no packed x+n: those fields are left as raw bytes."""
    packed = dialect.encoding.packed
    bitmap = (
        {"data_enc": "ascii", "len_enc": "ascii", "len_type": 0, "max_len": 16}
        if dialect.encoding.bitmap == "hex"
        else {"data_enc": "b", "len_enc": "b", "len_type": 0, "max_len": 8}
    )
    digits = "b" if packed else "ascii"
    specification: dict[str, dict[str, Any]] = {
        "h": {"data_enc": "ascii", "len_enc": "ascii", "len_type": 0, "max_len": 0},
        "t": {"data_enc": digits, "len_enc": "ascii", "len_type": 0, "max_len": 2 if packed else 4},
        "p": bitmap,
        "1": bitmap,
    }
    for field in dialect.fields:
        specification[str(field.number)] = _oracle_field(dialect, field)
    return specification


def _oracle_field(dialect: Dialect, field: Field) -> dict[str, Any]:
    packed = dialect.encoding.packed
    entry: dict[str, Any] = {
        "data_enc": "b" if field.kind == "b" else "ascii",
        "len_enc": "bcd" if packed else "ascii",
        "len_type": dialect.encoding.prefix_bytes(field),
        "max_len": field.length,
    }
    if packed and field.kind in {"n", "z"}:
        entry |= {"data_enc": "b", "len_count": "nibbles"}
        entry |= {"right_pad": "F"} if field.prefix else {"left_pad": "0"}
    elif packed and field.kind == "x+n":
        entry |= {"data_enc": "b", "max_len": 1 + field.length // 2}
    return entry


def to_oracle(dialect: Dialect, message: Message) -> dict[str, str]:
    """Return the message as pyiso8583 takes it: text throughout, bytes in upper-case hexadecimal."""
    decoded: dict[str, str] = {}
    for number, value in message.items():
        text = value.hex().upper() if isinstance(value, bytes) else value
        if dialect.encoding.packed and number == 35:
            text = text.replace("=", "D")
        decoded["t" if number == 0 else str(number)] = text
    return decoded


def measure() -> dict[str, Any]:
    """Return microseconds a call by candidate, and the ratios."""
    candidates: dict[str, Callable[[], object]] = {}
    for name in ("ascii1987", "bcd1987"):
        codec = DIALECTS[name]
        raw = codec.encode(REQUEST)
        specification = oracle_specification(codec.dialect)
        document = to_oracle(codec.dialect, REQUEST)
        if bytes(iso8583.encode(document, specification)[0]) != raw:
            raise SystemExit(f"{name}: pyiso8583 writes other bytes, so that there is nothing to compare")
        candidates |= {
            f"{name} decode": lambda codec=codec, raw=raw: codec.decode(raw),
            f"{name} encode": lambda codec=codec: codec.encode(REQUEST),
            f"{name} decode pyiso8583": lambda raw=raw, spec=specification: iso8583.decode(raw, spec),
            f"{name} encode pyiso8583": lambda doc=document, spec=specification: iso8583.encode(doc, spec),
        }
    names = DIALECTS["ascii1987"].names
    candidates["describe"] = lambda: describe(REQUEST, names)
    microseconds = dict.fromkeys(candidates, float("inf"))
    for _ in range(ROUNDS):
        for label, call in candidates.items():
            calls = CALLS_A_ROUND // 10 if "pyiso8583" in label else CALLS_A_ROUND
            microseconds[label] = min(microseconds[label], timeit.timeit(call, number=calls) / calls * 1e6)
    ratios = {
        label: round(microseconds[f"{label} pyiso8583"] / spent, 1)
        for label, spent in microseconds.items()
        if f"{label} pyiso8583" in microseconds
    }
    return {
        "microseconds": {label: round(spent, 2) for label, spent in microseconds.items()},
        "ratios": ratios,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="The codec beside pyiso8583.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    result = measure()
    if as_json:
        print(json.dumps(result))
        return
    for label, spent in result["microseconds"].items():
        print(f"{label:30} {spent:8.2f} µs")
    for label, ratio in result["ratios"].items():
        print(f"{label:30} {ratio:8.1f} times as fast as pyiso8583")


if __name__ == "__main__":
    main()
