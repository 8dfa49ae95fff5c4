"""Refusals of supervision."""

from core.contracts.desk import FieldProblem
from core.contracts.refusals import Refused


class TooManyExports(Refused):
    """The agent has as many exports under way as one may have."""

    def __init__(self, *, open_max: int) -> None:
        super().__init__("too_many_exports", {"open_max": open_max})


class ExportNotReady(Refused):
    """There is no file: it is still being written, was cancelled, failed, or has expired."""

    def __init__(self) -> None:
        super().__init__("export_not_ready")


class ExportOutOfScope(Refused):
    """The agent's rights no longer hold what the file shows."""

    def __init__(self) -> None:
        super().__init__("export_out_of_scope")


class ViewNameTaken(Refused):
    """The agent has a view of that name for that list."""

    def __init__(self) -> None:
        super().__init__("view_name_taken", errors=[FieldProblem("name", "taken")])


class TooManyViews(Refused):
    """The agent has as many views as one may have."""

    def __init__(self) -> None:
        super().__init__("too_many_views")


class TooManyRules(Refused):
    """There are as many rules as there may be."""

    def __init__(self) -> None:
        super().__init__("too_many_alert_rules")


class AlertRecovered(Refused):
    """The alert is over: nothing is left to acknowledge or to silence."""

    def __init__(self) -> None:
        super().__init__("alert_recovered")


class FieldRefused(Refused):
    """One field of a request cannot be taken."""

    def __init__(self, field: str, code: str, detail: str = "") -> None:
        super().__init__("invalid_request", errors=[FieldProblem(field, code, detail)])
