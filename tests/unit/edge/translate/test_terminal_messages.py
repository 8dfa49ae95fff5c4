"""The table of message types: every row that asks core has vectors, which hold from the message to its answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.contracts.payment import AUTHORISE, TERMINAL_REQUESTS
from core.values.clock import to_unix_us
from edge.keys import SoftwareSecurityModule
from edge.protocol.field import Message
from edge.protocol.message_types import is_repeat, response_mti
from edge.translate.fields import Arrival
from edge.translate.terminal_messages import BY_TYPE, TERMINAL_MESSAGES, TerminalMessage

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "vectors" / "terminal_messages.json").read_text()
)
MORNING = datetime(2026, 11, 28, 10, 15, 2, tzinfo=UTC)
ARRIVAL = Arrival(bytes(16), b"0123456789abcdef", to_unix_us(MORNING), MORNING.toordinal())


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> SoftwareSecurityModule:
    return SoftwareSecurityModule.open_folder(tmp_path_factory.mktemp("keys"))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["title"])
def test_a_message_is_asked_of_core_and_answered_as_its_vector_says(
    vector: dict[str, Any], keys: SoftwareSecurityModule
) -> None:
    message = _fields(vector["message"])
    row = BY_TYPE[str(message[0])]
    assert row.name == vector["row"]
    assert row.request is not None
    asked = row.translate(message, ARRIVAL, keys)
    assert type(asked) is row.request.asked
    expected: dict[str, Any] = vector["asked"]
    assert {
        "contract": type(asked).__name__,
        **{name: getattr(asked, name) for name in expected if name != "contract"},
    } == expected
    reply = row.request.reply(**{"id": ARRIVAL.id, **vector["reply"]})
    assert row.finish(row.begin(message), reply) == _fields(vector["answer"])


def test_every_row_that_asks_core_has_a_vector() -> None:
    assert {vector["row"] for vector in VECTORS} == {
        row.name for row in TERMINAL_MESSAGES if row.path in {"payments", "requests"}
    }


@pytest.mark.parametrize("row", TERMINAL_MESSAGES, ids=lambda row: row.name)
def test_each_type_has_one_row_an_answer_and_a_repeat(row: TerminalMessage) -> None:
    for message_type in row.types:
        assert BY_TYPE[message_type] is row
        assert response_mti(message_type)
    assert sum(map(is_repeat, row.types)) == len(row.types) // 2
    if row.path in {"payments", "requests"}:
        assert row.request in TERMINAL_REQUESTS
        assert (row.path == "payments") == (row.request is AUTHORISE)
    else:
        assert row.request is None, "it asks core nothing"


def _fields(shown: dict[str, str]) -> Message:
    return {int(number): value for number, value in shown.items()}
