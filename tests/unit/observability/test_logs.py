"""Logs cannot hold a card number, nor a forged line."""

import json
import logging

import pytest
import structlog

from observability.logs import configure_logs
from observability.redaction import redact, redact_text

PAN = "4970101234567890"[:15]
CARD = next(PAN + d for d in "0123456789" if "*" in redact_text(PAN + d))


@pytest.mark.parametrize(
    "text",
    [
        CARD,
        f"before {CARD} after",
        f"{CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:]}",
        f"{CARD[:4]}-{CARD[4:8]}-{CARD[8:12]}-{CARD[12:]}",
        f"{CARD}=30122011234",
        f"000000{CARD}000000",
    ],
)
def test_a_card_number_is_masked_wherever_it_stands(text: str) -> None:
    masked = redact_text(text)
    assert CARD[6:12] not in masked.replace(" ", "").replace("-", "")


def test_every_type_and_nesting_is_searched() -> None:
    value = {"a": [{"b": (CARD, int(CARD))}], CARD: CARD.encode(), "n": 12, "t": True}
    assert CARD not in json.dumps(redact(value))
    assert redact(value)["n"] == 12


def test_what_is_no_card_number_stays_readable() -> None:
    assert redact_text("stan 000123 at 20261122043201") == "stan 000123 at 20261122043201"


def test_a_line_is_one_json_object_whatever_it_carries(capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    handlers = logging.getLogger().handlers[:]
    try:
        configure_logs(process="test", level="info")
        structlog.get_logger("a").info("event", text=f'a\n{{"forged": true}}\r {CARD}', raw=CARD.encode())
        structlog.get_logger("a").debug("not_shown")
        try:
            raise ValueError(CARD)
        except ValueError:
            structlog.get_logger("a").exception("failed")
        logging.getLogger("other").warning("card %s", CARD)
    finally:
        structlog.configure(**before)
        logging.getLogger().handlers[:] = handlers
    lines = capsys.readouterr().err.splitlines()
    assert [json.loads(line)["event"] for line in lines][:2] == ["event", "failed"]
    assert len(lines) == 3
    assert CARD not in "".join(lines)
    assert all(json.loads(line)["process"] == "test" for line in lines)


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="log level"):
        configure_logs(process="test", level="loud")
