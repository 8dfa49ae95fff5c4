"""How we are reached, and when: channels with their opening hours, special days, and what is offered now (CUS-5)."""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from core.contracts.fees import DateText
from core.contracts.ids import Id
from core.contracts.listing import Nothing, Revision, Why
from core.contracts.operation import (
    ACT,
    DELETE,
    GET,
    NO_SESSION,
    PATCH,
    POST,
    Operation,
    everywhere,
    unplaced,
)
from core.contracts.permissions import Right
from core.contracts.references import PersonRef, Timestamp

ContactChannelName = Literal["chat", "whatsapp", "phone", "collections", "form"]
OfferedWay = Literal["chat", "whatsapp", "phone", "collections", "form", "faq", "assistant"]
OpeningWhy = Literal["open", "hours", "holiday", "special"]
HoursState = Literal["coming", "in_force", "over", "withdrawn"]
ContactLocale = Literal["fr", "en"]

ClockTime = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
        description="`HH:MM` of the clock in Paris; `24:00` is the end of the day",
        examples=["09:00"],
    ),
]
Weekday = Annotated[int, msgspec.Meta(ge=1, le=7, description="1 is Monday")]
Label = Annotated[str, msgspec.Meta(min_length=2, max_length=80, pattern=r"\S")]
Note = Annotated[str, msgspec.Meta(max_length=200)]
Address = Annotated[str, msgspec.Meta(max_length=40, description="A telephone number, as `+33…`")]


class ContactRight(Right):
    """What a role may do with the ways in which customers reach us."""

    READ = "contact.read"
    WRITE = "contact.write"


class OpeningHoursId(Id, kind="opening_hours", prefix="oph"):
    """A version of a channel's opening hours."""


class OpeningExceptionId(Id, kind="opening_exception", prefix="opx"):
    """A special day."""


class OpeningPeriod(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Open on a weekday from one time to another."""

    weekday: Weekday
    opens: ClockTime
    closes: ClockTime


class ListOpeningHours(msgspec.Struct, kw_only=True):
    """Versions of every channel, or of one, the newest first; at most a hundred."""

    channel: ContactChannelName | None = None


class SetOpeningHours(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The weekly hours of a channel from a day on, tomorrow at the earliest, until another version begins."""

    channel: ContactChannelName
    valid_from: DateText
    closed_on_holidays: bool
    periods: Annotated[list[OpeningPeriod], msgspec.Meta(max_length=28)]
    idempotency_key: str = ""


class WithdrawOpeningHours(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Take back a version that has not begun."""

    id: OpeningHoursId
    reason: Why
    idempotency_key: str = ""


class ListOpeningExceptions(msgspec.Struct, kw_only=True):
    """Special days from today on, in their order; at most two hundred."""


class AddOpeningException(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A day that is closed, or open at other hours, for one channel or all. It goes before public holidays."""

    day: DateText
    label_fr: Label
    label_en: Label
    channel: ContactChannelName | None = None
    opens: ClockTime | None = None
    closes: ClockTime | None = None
    idempotency_key: str = ""


class RemoveOpeningException(msgspec.Struct, kw_only=True):
    """Let a day be as its weekday."""

    id: OpeningExceptionId


class ChangeContactChannel(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Whether a channel is offered at all, its number, and what is said beside it; premium-rate numbers are refused."""

    channel: ContactChannelName
    revision: Revision
    offered: bool
    address: Address = ""
    note_fr: Note = ""
    note_en: Note = ""
    idempotency_key: str = ""


class ListContactChannels(msgspec.Struct, kw_only=True):
    """Every channel with what is offered at a moment: now, where none is given."""

    at: datetime | None = None


class WhatIsOffered(msgspec.Struct, kw_only=True):
    """In which language names of holidays are wanted."""

    locale: ContactLocale = "fr"


class OpeningHours(msgspec.Struct, kw_only=True):
    """A version of a channel's weekly hours."""

    id: str
    channel: ContactChannelName
    valid_from: str
    closed_on_holidays: bool
    periods: list[OpeningPeriod]
    state: HoursState
    made_at: Timestamp
    made_by: PersonRef | None = None


class OpeningHoursList(msgspec.Struct):
    """Versions."""

    data: list[OpeningHours]


class OpeningException(msgspec.Struct, kw_only=True):
    """A special day; without times it is closed."""

    id: str
    day: str
    channel: ContactChannelName | None
    label_fr: str
    label_en: str
    opens: ClockTime | None
    closes: ClockTime | None
    made_by: PersonRef | None = None


class OpeningExceptionList(msgspec.Struct):
    """Special days."""

    data: list[OpeningException]


class ContactOffer(msgspec.Struct, kw_only=True):
    """A way to reach us. `until` or `opens_at` is None where it is not within sixty days.

    `why` says what decides of today, `label` is the name of the holiday or special day in the language of the call.
    """

    way: OfferedWay
    is_open: bool
    until: Timestamp | None = None
    opens_at: Timestamp | None = None
    why: OpeningWhy
    label: str = ""
    address: str = ""
    link: str = ""
    note: str = ""


class ContactOffers(msgspec.Struct):
    """What is offered, the most personal first; what is not offered at all is left out."""

    at: Timestamp
    data: list[ContactOffer]


class ContactChannel(msgspec.Struct, kw_only=True):
    """A channel as it is configured, and what it comes to."""

    channel: ContactChannelName
    offered: bool
    address: str
    note_fr: str
    note_en: str
    revision: int
    offer: ContactOffer


class ContactChannelList(msgspec.Struct):
    """Every channel at a moment."""

    at: Timestamp
    data: list[ContactChannel]


_READ: Final = unplaced(ContactRight.READ)
_WRITE: Final = everywhere(ContactRight.WRITE)

LIST = Operation(
    "opening_hours.list",
    ListOpeningHours,
    OpeningHoursList,
    _READ,
    http=GET("/opening-hours", "List opening hours"),
)
SET = Operation(
    "opening_hours.set",
    SetOpeningHours,
    OpeningHours,
    _WRITE,
    http=POST("/opening-hours", "Set the opening hours of a channel"),
    audit=("opening_hours.set",),
    example={"periods": [{"weekday": 1, "opens": "09:00", "closes": "20:00"}], "valid_from": "2031-01-01"},
)
WITHDRAW = Operation(
    "opening_hours.withdraw",
    WithdrawOpeningHours,
    OpeningHours,
    _WRITE,
    http=ACT("/opening-hours/{id}/withdraw", "Take back opening hours"),
    audit=("opening_hours.withdrawn",),
)
EXCEPTIONS = Operation(
    "opening_exceptions.list",
    ListOpeningExceptions,
    OpeningExceptionList,
    _READ,
    http=GET("/opening-exceptions", "List special days"),
)
ADD_EXCEPTION = Operation(
    "opening_exceptions.add",
    AddOpeningException,
    OpeningException,
    _WRITE,
    http=POST("/opening-exceptions", "Add a special day"),
    audit=("opening_exception.added",),
    example={"day": "2031-12-24", "opens": "09:00", "closes": "14:00"},
)
REMOVE_EXCEPTION = Operation(
    "opening_exceptions.remove",
    RemoveOpeningException,
    Nothing,
    _WRITE,
    http=DELETE("/opening-exceptions/{id}", "Remove a special day"),
    audit=("opening_exception.removed",),
)
CHANNELS = Operation(
    "contact_channels.list",
    ListContactChannels,
    ContactChannelList,
    _READ,
    http=GET("/contact-channels", "List contact channels"),
)
CHANGE_CHANNEL = Operation(
    "contact_channels.change",
    ChangeContactChannel,
    ContactChannel,
    _WRITE,
    http=PATCH("/contact-channels/{channel}", "Change a contact channel"),
    audit=("contact_channel.changed",),
)
OFFERS = Operation("contact_offers.now", WhatIsOffered, ContactOffers, NO_SESSION)
