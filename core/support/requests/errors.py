"""Refusals of requests, with stable codes."""

from core.contracts.desk import FieldProblem
from core.contracts.refusals import Overtaken, Refused


class RequestRefused(Refused):
    """What was asked cannot be written so; each field says why."""

    def __init__(self, *errors: FieldProblem) -> None:
        super().__init__("invalid_request", errors=list(errors))


class RequestClosed(Overtaken):
    """A closed request is commented on or reopened, nothing else."""

    def __init__(self) -> None:
        super().__init__("request_closed")


class RequestNotClosed(Overtaken):
    """Only a closed request is reopened."""

    def __init__(self) -> None:
        super().__init__("request_not_closed")


class StatusChanged(Overtaken):
    """The request has another status than the caller had read."""

    def __init__(self) -> None:
        super().__init__("request_status_changed")


class StatusStanding(Overtaken):
    """The request has this status already."""

    def __init__(self) -> None:
        super().__init__("request_status_standing")
