"""Pure checks of what a technician types."""

import re
from typing import Final, get_args

from core.contracts.desk import FieldProblem
from core.contracts.terminals import Connectivity, DialectName, TerminalOptions

TIP_PERCENT_MAX: Final = 30
CONTACTLESS_MAX_MINOR: Final = 1_000_000
# What a terminal of a service is; the others take no terminal.
SERVICES_WITH_TERMINALS: Final = ("pax", "softpos")
_NUMBER = re.compile(r"[A-Z0-9]{8}")
_SERIAL = re.compile(r"[A-Z0-9-]{4,32}")
_MODEL_CHARACTERS_MAX: Final = 60


def problems_of_terminal(
    *, terminal: str, service: str, model: str, serial: str, dialect: str
) -> list[FieldProblem]:
    """Return what is wrong with a new terminal, field by field."""
    problems: list[FieldProblem] = []
    if not _NUMBER.fullmatch(terminal):
        problems.append(FieldProblem("terminal", "malformed", "8 capital letters and digits"))
    if service not in SERVICES_WITH_TERMINALS:
        problems.append(FieldProblem("service", "unknown_value", "one of: pax, softpos"))
    if len(model) > _MODEL_CHARACTERS_MAX or not model.isprintable():
        problems.append(FieldProblem("model", "too_long", "60 characters at most"))
    if serial and not _SERIAL.fullmatch(serial):
        problems.append(FieldProblem("serial", "malformed", "4 to 32 capital letters, digits and dashes"))
    return problems + _problem_of_dialect(dialect)


def problems_of_options(options: TerminalOptions) -> list[FieldProblem]:
    """Return what is wrong with options, field by field."""
    problems = _problem_of_dialect(options.dialect)
    if options.connectivity not in get_args(Connectivity):
        problems.append(FieldProblem("connectivity", "unknown_value", "one of: ethernet, wifi, cellular"))
    if options.tip_percent_max is not None:
        if not options.tip:
            problems.append(FieldProblem("tip_percent_max", "needs_tip", "only with tips"))
        elif not 1 <= options.tip_percent_max <= TIP_PERCENT_MAX:
            problems.append(FieldProblem("tip_percent_max", "out_of_range", "1 to 30"))
    if options.contactless_max is not None and not 0 <= options.contactless_max <= CONTACTLESS_MAX_MINOR:
        problems.append(FieldProblem("contactless_max", "out_of_range", "0 to 10,000.00"))
    return problems


def _problem_of_dialect(dialect: str) -> list[FieldProblem]:
    known = get_args(DialectName)
    if dialect in known:
        return []
    return [FieldProblem("dialect", "unknown_value", f"one of: {', '.join(known)}")]
