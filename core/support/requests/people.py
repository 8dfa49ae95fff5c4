"""Whom a request can be given to: those who use requests, and see where it is."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from core.contracts.scope import Area, Scope
from core.values.regions import departments_of


class Place(NamedTuple):
    """Where a request is, for the rule of who sees it: its stores, of one company."""

    company_id: bytes
    stores: Sequence[tuple[str, bytes]]  # department, id
    named: bool  # a store is named: only that one counts
    service: str | None = None


class StoredGrant(msgspec.Struct, frozen=True):
    """A grant as the statement gives it."""

    role: str
    regions: tuple[str, ...] | None = None
    departments: tuple[str, ...] | None = None
    stores: tuple[UUID, ...] | None = None
    companies: tuple[UUID, ...] | None = None
    services: tuple[str, ...] | None = None


class Person(NamedTuple):
    """An agent who works on requests."""

    id: bytes
    name: str
    email: str
    locale: str
    teams: frozenset[str]
    scope: Scope

    @property
    def handle(self) -> str:
        """What stands behind an @ in a comment."""
        return self.email.partition("@")[0].lower()

    def sees(self, place: Place | None, *, team: str) -> bool:
        """Return whether a request there, or of that team when it is nowhere, is this person's to see."""
        if place is None:
            return team in self.teams
        if any(self.scope.sees(one[0], one[1], place.company_id, place.service) for one in place.stores):
            return True
        return not place.named and self.scope.sees("", b"", place.company_id, None)


def person_of(
    *, agent_id: bytes, name: str, email: str, locale: str, grants: Sequence[StoredGrant]
) -> Person:
    """Return an agent with the union of where their grants hold."""
    areas = tuple(
        Area(
            _departments(grant),
            None if grant.stores is None else tuple(one.bytes for one in grant.stores),
            None if grant.companies is None else tuple(one.bytes for one in grant.companies),
            grant.services,
        )
        for grant in grants
    )
    return Person(agent_id, name, email, locale, frozenset(grant.role for grant in grants), Scope(areas))


def _departments(grant: StoredGrant) -> tuple[str, ...] | None:
    if grant.regions is None:
        return grant.departments
    return tuple(dict.fromkeys((grant.departments or ()) + departments_of(grant.regions)))
