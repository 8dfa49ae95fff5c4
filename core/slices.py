"""The manifests of the slices that `core/contracts/operations.py` names. The processes go through this list."""

from importlib import import_module
from typing import Final

from core.contracts.notifications import HomeSectionName
from core.contracts.operations import CONTRACTS
from core.runtime.manifest import ContactLines, ExpectedBy, FollowJoin, HomeProvider, Names, Slice
from core.runtime.retention import RetentionRule

SLICES: Final[tuple[Slice, ...]] = tuple(
    import_module(f"core.{name}.slice").SLICE for name in dict.fromkeys(name for name, _ in CONTRACTS)
)
RETENTION_RULES: Final[tuple[RetentionRule, ...]] = tuple(rule for each in SLICES for rule in each.retention)
NAMES: Final[tuple[Names, ...]] = tuple(each.names for each in SLICES if each.names is not None)
EXPECTED_BY: Final[tuple[ExpectedBy, ...]] = tuple(
    each.expected_by for each in SLICES if each.expected_by is not None
)
FOLLOW_JOINS: Final[tuple[FollowJoin, ...]] = tuple(
    each.follow_join for each in SLICES if each.follow_join is not None
)
CONTACT_LINES: Final[ContactLines | None] = next(
    (each.contact_lines for each in SLICES if each.contact_lines is not None), None
)
HOME: Final[dict[HomeSectionName, HomeProvider]] = {
    name: provider for each in SLICES for name, provider in each.home.items()
}
