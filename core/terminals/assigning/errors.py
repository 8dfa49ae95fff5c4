"""Refusals of assigning terminals and setting their options."""

from core.contracts.desk import FieldProblem
from core.contracts.refusals import Refused


class FieldsRefused(Refused):
    """Some fields keep the change from being made."""

    def __init__(self, errors: list[FieldProblem]) -> None:
        super().__init__("invalid_request", errors=errors)


class TerminalTaken(Refused):
    """The number or the serial number belongs to another terminal."""

    def __init__(self, field: str) -> None:
        super().__init__("terminal_taken", errors=[FieldProblem(field, "taken")])


class ServiceMissing(Refused):
    """The store has no such service."""

    def __init__(self) -> None:
        super().__init__("terminal_service_missing", errors=[FieldProblem("service", "missing")])


class ServiceNotActive(Refused):
    """The contract has not activated the service, so the terminal could not pay."""

    def __init__(self) -> None:
        super().__init__("terminal_service_not_active")


class TerminalRetired(Refused):
    """A retired terminal is put into service again first."""

    def __init__(self) -> None:
        super().__init__("terminal_retired")
