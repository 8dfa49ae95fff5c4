"""Logs cannot hold a card number, nor a forged line."""

import json
import logging
import time
from collections.abc import Iterator

import pytest
import structlog

from observability.log_rate import LINES_MAX, WINDOW_S, LogRate
from observability.logs import configure_logs
from observability.metrics import LOG_LINES_LEFT_OUT
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


@pytest.fixture
def logging_given_back() -> Iterator[None]:
    """Let a test route logs as a process does."""
    before = structlog.get_config()
    handlers = logging.getLogger().handlers[:]
    yield
    structlog.configure(**before)
    logging.getLogger().handlers[:] = handlers


@pytest.mark.usefixtures("logging_given_back")
def test_a_hundred_thousand_events_of_one_kind_write_a_few_lines_and_how_many_were_left_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("observability.log_rate.WINDOW_S", 0.5)
    configure_logs(process="test", level="info")
    counted = LOG_LINES_LEFT_OUT.child("message_malformed")
    before = counted.n
    log = structlog.get_logger("edge.connection")
    for number in range(100_000):
        log.warning("message_malformed", terminal="T0000001", field=number % 128)
    log.warning("other_event")
    time.sleep(1.2)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    malformed = [line for line in lines if line["event"] == "message_malformed"]
    told = [line for line in lines if line["event"] == "log_lines_left_out"]
    assert len(lines) < 1_000
    assert [line["event"] for line in lines].count("other_event") == 1
    assert {line["of"] for line in told} == {"message_malformed"}
    assert len(malformed) + sum(line["lines"] for line in told) == 100_000
    assert counted.n - before == 100_000 - len(malformed)


@pytest.mark.usefixtures("logging_given_back")
def test_a_library_s_lines_are_bounded_by_its_logger_whatever_they_say(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs(process="test", level="info")
    for number in range(1_000):
        logging.getLogger("a.library").warning("connection of %s lost", number)
    logging.getLogger("another").warning("once")
    said = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert said[:2] == ["connection of 0 lost", "connection of 1 lost"]
    assert said[-1] == "once"
    assert len(said) == LINES_MAX + 1


def test_the_rate_is_each_event_s_own_and_kinds_are_bounded() -> None:
    now, told = [0.0], []
    rate = LogRate(lambda: now[0], lambda event, lines: told.append((event, lines)))
    assert sum(rate.admit("flood") for _ in range(1_000)) == LINES_MAX
    assert rate.admit("rare")
    now[0] += WINDOW_S
    assert rate.admit("flood")
    assert told == [("flood", 1_000 - LINES_MAX)]
    for number in range(5_000):
        rate.admit(f"kind {number}")
    assert not rate.admit("one more kind")
    told.clear()
    rate.flush(all_of_it=True)
    assert [event for event, _ in told] == ["other"]
