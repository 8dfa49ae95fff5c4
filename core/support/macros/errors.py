"""Refusals of macros."""

from core.contracts.desk import FieldProblem
from core.contracts.refusals import Refused


class MacroFieldsRefused(Refused):
    """Some fields keep it from being saved or run."""

    def __init__(self, errors: list[FieldProblem]) -> None:
        super().__init__("invalid_request", errors=errors)


class MacroImpossible(Refused):
    """A step cannot be done, so none was."""

    def __init__(self, *, step: str, why: str) -> None:
        super().__init__("macro_impossible", {"step": step, "why": why})
