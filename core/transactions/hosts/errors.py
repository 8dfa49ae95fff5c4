"""Refusals about what is to be settled with hosts."""

from core.contracts.refusals import Refused
from core.identity.api import Doer, doer_facts


class AcquirerUnknown(Exception):
    """A host spoke whose acquirer is not in the directory: nothing can be kept, and nothing is answered."""

    def __init__(self, acquirer: str) -> None:
        super().__init__(f"no acquirer {acquirer}")
        self.acquirer = acquirer


class MatterOver(Refused):
    """The host has accepted it, its payment no longer stands, or somebody was faster."""

    def __init__(self, doer: Doer | None) -> None:
        super().__init__("host_matter_over", doer_facts(doer))


class NothingToRetry(Refused):
    """A message of the host cannot be sent again by us."""

    def __init__(self) -> None:
        super().__init__("host_matter_not_ours")
