"""Refusals of terminals and blocks."""

from core.contracts.refusals import Refused


class AlreadyBlocked(Refused):
    """The target has a standing block."""

    def __init__(self) -> None:
        super().__init__("already_blocked")


class AlreadyLifted(Refused):
    """The block has ended."""

    def __init__(self) -> None:
        super().__init__("already_lifted")
