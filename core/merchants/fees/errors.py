"""Refusals of fees."""

from core.contracts.desk import FieldProblem
from core.contracts.refusals import Denied, Overtaken, Refused


class FeesRefused(Refused):
    """Fields that cannot be taken."""

    def __init__(self, errors: list[FieldProblem]) -> None:
        super().__init__("invalid_request", errors=errors)


class GridNameTaken(Refused):
    """Another grid has this name."""

    def __init__(self) -> None:
        super().__init__("fee_grid_name_taken", errors=[FieldProblem("name", "taken")])


class VersionPending(Overtaken):
    """The grid has a draft or a submitted version already: its newest."""

    def __init__(self, version_id: bytes | None) -> None:
        super().__init__("fee_version_pending")
        self.target_id = version_id


class VersionNotDraft(Overtaken):
    """Only a draft can be edited."""

    def __init__(self) -> None:
        super().__init__("fee_version_not_draft")


class FeeActRefused(Overtaken):
    """The version is not in a state for this act."""

    def __init__(self, state: str, act: str) -> None:
        super().__init__("fee_act_refused", {"state": state, "act": act})


class SamePerson(Denied):
    """Whoever made, edited or submitted a version cannot approve it."""

    def __init__(self) -> None:
        super().__init__("fee_same_person")


class GridWithoutVersion(Refused):
    """A company cannot pay by a grid of which nothing is in force."""

    def __init__(self) -> None:
        super().__init__("fee_grid_not_in_force", errors=[FieldProblem("grid", "not_in_force")])


class EffectiveDatePast(Refused):
    """The date on which it should begin is before today."""

    def __init__(self) -> None:
        super().__init__("fee_date_past", errors=[FieldProblem("effective_on", "past")])


class EffectiveDateTaken(Refused):
    """Another approved version of the grid begins on that day."""

    def __init__(self) -> None:
        super().__init__("fee_date_taken", errors=[FieldProblem("effective_on", "taken")])
