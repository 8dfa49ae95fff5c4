"""What part of the institution's business somebody sees: the one rule for statements and for the live feed.

A scope is the union of areas, one for each grant. In SQL it is `$n::area[]` and `sees($n, department, store id,
company id, service kind)`; here it is `sees`. Both say the same, and a test holds them to it. Where `sees` would be
asked for many rows, a statement also takes the scope's `Places`, which an index can find.
"""

from typing import NamedTuple, TypeAlias
from uuid import UUID

import msgspec

AreaParameter: TypeAlias = tuple[list[str] | None, list[UUID] | None, list[UUID] | None, list[str] | None]


class Area(msgspec.Struct, frozen=True):
    """Where a grant holds: in any of these departments, stores or companies, for any of these services.

    All three places None: everywhere. `services` None: every service. An empty tuple holds nothing.
    """

    departments: tuple[str, ...] | None = None
    stores: tuple[bytes, ...] | None = None
    companies: tuple[bytes, ...] | None = None
    services: tuple[str, ...] | None = None

    @property
    def is_anywhere(self) -> bool:
        """Whether no place limits it."""
        return self.departments is None and self.stores is None and self.companies is None

    def sees(self, department: str, store_id: bytes, company_id: bytes, service: str | None) -> bool:
        """Return whether something may be shown; `service` None for what belongs to no service."""
        if self.services is not None and service is not None and service not in self.services:
            return False
        if self.is_anywhere:
            return True
        return (
            department in (self.departments or ())
            or store_id in (self.stores or ())
            or company_id in (self.companies or ())
        )


class Places(NamedTuple):
    """Where a scope can hold anything at all. For what belongs to no service, this and `sees` say the same.

    `anywhere`: an area names no place, and the three lists narrow nothing. `everything`: one has no limit at all.
    """

    everything: bool
    anywhere: bool
    departments: list[str]
    stores: list[UUID]
    companies: list[UUID]

    @property
    def named(self) -> tuple[list[str], list[UUID], list[UUID]]:
        """The three lists as statements bind them, in this order; any of them is enough."""
        return self.departments, self.stores, self.companies


class Scope(msgspec.Struct, frozen=True):
    """Areas in union; none of them sees nothing."""

    areas: tuple[Area, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether one of the areas has no limit at all."""
        return Area() in self.areas

    def sees(
        self, department: str, store_id: bytes = b"", company_id: bytes = b"", service: str | None = None
    ) -> bool:
        """Return whether something may be shown."""
        return any(area.sees(department, store_id, company_id, service) for area in self.areas)

    def of_every_service(self) -> "Scope":
        """Return what is held whatever the service: for acts on a whole store or company."""
        return Scope(tuple(area for area in self.areas if area.services is None))

    def places(self) -> Places:
        """Return every place that the areas name, each once and in order."""
        areas = self.areas
        return Places(
            self.is_everything,
            any(area.is_anywhere for area in areas),
            sorted({code for area in areas for code in area.departments or ()}),
            [UUID(bytes=raw) for raw in sorted({raw for area in areas for raw in area.stores or ()})],
            [UUID(bytes=raw) for raw in sorted({raw for area in areas for raw in area.companies or ()})],
        )

    def parameter(self) -> list[AreaParameter]:
        """Return the bound parameter `$n::area[]` of every scoped statement."""
        return [
            (
                None if area.departments is None else list(area.departments),
                None if area.stores is None else [UUID(bytes=raw) for raw in area.stores],
                None if area.companies is None else [UUID(bytes=raw) for raw in area.companies],
                None if area.services is None else list(area.services),
            )
            for area in self.areas
        ]


EVERYTHING = Scope((Area(),))
"""For the product's own work, never for an agent's request."""
