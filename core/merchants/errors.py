"""Refusals of merchants."""

from core.contracts.desk import FieldProblem
from core.contracts.refusals import Overtaken, Refused


class FieldsWrong(Refused):
    """Some fields cannot be kept; nothing was written."""

    def __init__(self, errors: list[FieldProblem]) -> None:
        super().__init__("invalid_request", errors=errors)


class DuplicateSuspected(Refused):
    """Somebody looks alike, and the caller has not said why this is another."""

    def __init__(self, errors: list[FieldProblem]) -> None:
        super().__init__("duplicate_suspected", errors=errors)


class AccountWithoutCompany(Refused):
    """Only who sees the whole country would see an account that has no company."""

    def __init__(self) -> None:
        super().__init__("account_without_company")


class NotReady(Refused):
    """A file still lacks something."""

    def __init__(self, errors: list[FieldProblem]) -> None:
        super().__init__("onboarding_not_ready", errors=errors)


class MoveNotPossible(Overtaken):
    """The file is in another state."""

    def __init__(self, state: str) -> None:
        super().__init__("onboarding_move_not_possible", facts={"state": state})


class HeldByAnother(Overtaken):
    """Another agent fills the file in; it can be taken over."""

    def __init__(self) -> None:
        super().__init__("onboarding_held_by_another")
