"""What many records say of others: names of closed sets, and people, places and money in few words.

Ids are typed text, times RFC 3339 with milliseconds.
"""

from typing import Annotated, Literal

import msgspec

Timestamp = Annotated[
    str, msgspec.Meta(description="RFC 3339, UTC, milliseconds", examples=["2026-11-22T10:15:00.123Z"])
]
KindName = Literal["purchase", "authorisation", "verification", "refund", "advice", "completion"]
StateName = Literal[
    "received",
    "sent",
    "approved",
    "partially_approved",
    "declined",
    "unknown",
    "reversed",
    "captured",
    "refunded",
    "settled",
]
BrandName = Literal["other", "cb", "visa", "mastercard", "amex"]
TargetKind = Literal["store", "service", "terminal"]


class Money(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount in minor units (cents) and its currency."""

    amount: Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]


class Agent(msgspec.Struct, frozen=True):
    """Somebody who works at the desk."""

    id: str
    name: str
    email: str
    role: str
    locale: str
    departments: list[str] | None
    permissions: list[str] = []


class TerminalRef(msgspec.Struct, frozen=True):
    """A terminal in few words; `terminal` is the number on its label."""

    id: str
    terminal: str


class StoreRef(msgspec.Struct, frozen=True):
    """A store in few words."""

    id: str
    name: str
    department: str


class LocatedStore(StoreRef, frozen=True):
    """A store beside a moment that is its own: `time_zone` is the IANA name of the clock on its wall."""

    time_zone: str = ""  # of an event that an older process wrote: not known


class CompanyRef(msgspec.Struct, frozen=True):
    """A company; the live feed leaves its name out."""

    id: str
    name: str | None = None


class PersonRef(msgspec.Struct):
    """Who did it."""

    id: str
    name: str
