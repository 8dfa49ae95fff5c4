"""Refusals of two-person acts."""

from core.contracts.refusals import Denied, Facts, Refused


class OwnApproval(Denied):
    """Whoever asked never decides."""

    def __init__(self) -> None:
        super().__init__("approval_own")


class NotIndependent(Denied):
    """The approver would decide by a right that the asker gave."""

    def __init__(self) -> None:
        super().__init__("approval_not_independent")


class AboveYourLimit(Denied):
    """The approver's own grants do not reach this amount."""

    def __init__(self, *, amount_max_minor: int, currency: str) -> None:
        super().__init__("approval_above_limit", {"amount_max_minor": amount_max_minor, "currency": currency})


class AlreadyDecided(Refused):
    """Somebody was faster, or the asker withdrew it; `doer`: who, and when."""

    def __init__(self, state: str, doer: Facts) -> None:
        super().__init__("approval_already_decided", {"state": state, **doer})


class Expired(Refused):
    """Nobody decided in time."""

    def __init__(self) -> None:
        super().__init__("approval_expired")


class NotYours(Denied):
    """Only whoever asked withdraws."""

    def __init__(self) -> None:
        super().__init__("approval_not_yours")


class AlreadyWaiting(Refused):
    """The same act on the same thing waits for a decision."""

    def __init__(self, approval: str) -> None:
        super().__init__("approval_already_waiting", {"approval": approval})
