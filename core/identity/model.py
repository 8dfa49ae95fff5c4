"""Agents, their sessions, their rights."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from core.contracts.permissions import Right
from core.contracts.scope import Area, Scope

SESSION_IDLE: Final = timedelta(minutes=15)


class Grant(msgspec.Struct, frozen=True):
    """A role within an area (CRM-1). `amount_max_minor` bounds what each act that it allows may move; None does not."""

    role: str
    permissions: frozenset[str]
    area: Area
    amount_max_minor: int | None = None


class SignedIn(msgspec.Struct, frozen=True):
    """A session and its agent as one row."""

    token_hash: bytes
    agent_id: bytes
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    email: str
    name: str
    role: str  # the job; what is allowed comes from the grants
    locale: str
    disabled_at: datetime | None
    confirmed_at: datetime  # when the agent last proved in this session who they are
    enrolling: bool = False  # may only add a second factor; its grants are empty
    grants: tuple[Grant, ...] = ()
    language: str = "fr"  # of this call; `locale` is what the agent chose for mail
    ip: str = ""  # where this call came from

    def may(self, permission: Right) -> bool:
        """Return whether some grant holds the permission, wherever."""
        return any(permission in grant.permissions for grant in self.grants)

    def scope_of(self, permission: Right) -> Scope:
        """Return where the permission holds: the union of the areas of the grants that hold it."""
        return Scope(tuple(dict.fromkeys(g.area for g in self.grants if permission in g.permissions)))

    def amount_max_of(self, permission: Right) -> int | None:
        """Return the widest bound among the grants that hold the permission; None when one has no bound."""
        bounds = [g.amount_max_minor for g in self.grants if permission in g.permissions]
        return None if None in bounds else max((b for b in bounds if b is not None), default=0)

    def within(self, department: str, store_id: bytes, company_id: bytes, service: str | None) -> "SignedIn":
        """Return the same session with the grants that hold at one place: a bound given elsewhere says nothing there."""
        grants = tuple(g for g in self.grants if g.area.sees(department, store_id, company_id, service))
        return msgspec.structs.replace(self, grants=grants)

    @property
    def principal_id(self) -> bytes:
        """Who calls, as every kind of caller is named: keys and factors belong to it."""
        return self.agent_id

    @property
    def idle(self) -> timedelta:
        """How long the session may go unused."""
        return SESSION_IDLE

    @property
    def permissions(self) -> list[str]:
        """Every permission that some grant holds, in order."""
        return sorted({permission for grant in self.grants for permission in grant.permissions})


class Integrator(msgspec.Struct, frozen=True):
    """A merchant's program, by a key of its company: it sees what is of that company, and nothing else."""

    company_id: bytes
    key_id: bytes
    company_name: str
    siren: str
    key_name: str
    language: str = "fr"  # of this call

    @property
    def principal_id(self) -> bytes:
        """Whose idempotency keys these are: the company's, so that a call may be repeated under its next key."""
        return self.company_id


class Credential(msgspec.Struct, frozen=True):
    """What a log in is checked against."""

    person_id: bytes
    password_hash: str
    disabled_at: datetime | None

    def __repr__(self) -> str:
        return f"Credential(person_id={self.person_id.hex()})"


class Person(msgspec.Struct, frozen=True):
    """Somebody of a realm, with what proves them."""

    email: str
    name: str
    locale: str
    password_hash: str
    disabled_at: datetime | None

    def __repr__(self) -> str:
        return "Person(…)"


class Failures(msgspec.Struct, frozen=True):
    """Failed or running log ins of one subject within the window."""

    count: int
    oldest_at: datetime | None
