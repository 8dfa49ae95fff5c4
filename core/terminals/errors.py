"""Refusals of terminals and blocks."""

from core.contracts.refusals import Refused
from core.identity.api import Doer, doer_facts


class AlreadyBlocked(Refused):
    """The target has a standing block."""

    def __init__(self, doer: Doer | None) -> None:
        super().__init__("already_blocked", doer_facts(doer))


class AlreadyLifted(Refused):
    """The block has ended."""

    def __init__(self, doer: Doer | None) -> None:
        super().__init__("already_lifted", doer_facts(doer))
