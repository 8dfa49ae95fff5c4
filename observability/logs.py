"""Structured logs: one JSON object a line on stderr, that cannot hold a card number, forge a line nor fill a disk."""

import atexit
import logging
import sys
import time
from typing import Any, Final

import orjson
import structlog
from structlog.typing import EventDict, Processor

from observability.log_rate import LEFT_OUT, LogRate
from observability.redaction import redact

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
TEXT_CHARACTERS_MAX: Final = 8192


def configure_logs(*, process: str, level: str = "info") -> None:
    """Route structlog and the standard library's logging of this process to stderr.

    Raises: ValueError for a level that is not one of LEVELS.
    """
    number = LEVELS.get(level.lower())
    if number is None:
        raise ValueError(f"the log level is one of {', '.join(LEVELS)}")

    def name_process(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    def tell_left_out(event: str, lines: int) -> None:
        structlog.get_logger("observability.logs").warning(LEFT_OUT, of=event, lines=lines)

    rate = LogRate(time.monotonic, tell_left_out)
    atexit.register(rate.flush, all_of_it=True)

    def keep_rate(_logger: Any, _method: str, event: EventDict) -> EventDict:
        if not rate.admit(str(event.get("event", ""))):
            raise structlog.DropEvent
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        name_process,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _redact,
    ]
    structlog.configure(
        # First of all: a line that is left out must not have cost a stack trace or a search for card numbers.
        processors=[keep_rate, *shared, _to_json],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _redact, _to_json],
        )
    )
    # What libraries say holds names and addresses of others: the logger stands for the event.
    handler.addFilter(lambda record: rate.admit(record.name))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(number, logging.INFO))
    # A line for each request to the gateway, with its filters, is nothing that anybody reads.
    logging.getLogger("httpx").setLevel(max(number, logging.WARNING))


def _redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    # The formatter's own entries start with an underscore and are objects: they are removed further on.
    return {key: value if key.startswith("_") else _shorten(redact(value)) for key, value in event.items()}


def _shorten(value: Any) -> Any:
    if isinstance(value, str) and len(value) > TEXT_CHARACTERS_MAX:
        return f"{value[:TEXT_CHARACTERS_MAX]}…"
    return value


def _to_json(_logger: Any, _method: str, event: EventDict) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
