"""Mail and its journal, the bell, the home page, branding: operations, requests, and the public shapes of API v1."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.ids import AccountId, AnyId, BrandId, MailId, NoticeId
from core.contracts.listing import Nothing, Paged, Revision, Words
from core.contracts.operation import (
    ACT,
    ANYONE,
    DELETE,
    GET,
    NO_SESSION,
    Operation,
    Route,
    everywhere,
    somewhere,
)
from core.contracts.permissions import Permission
from core.contracts.references import Money, PersonRef, Timestamp

MailStateName = Literal["waiting", "sent", "failed"]
LogoType = Literal["image/svg+xml", "image/png"]
Colour = Annotated[str, msgspec.Meta(pattern="^#[0-9a-fA-F]{6}$", examples=["#14595a"])]
Line = Annotated[str, msgspec.Meta(max_length=200)]

_ABOUT: Final = msgspec.Meta(description="The id of what it is about")
_TEMPLATE: Final = msgspec.Meta(max_length=40)


class ListMail(Paged, kw_only=True):
    """A page of the journal; recipients are masked but for their domain."""

    state: MailStateName | None = None
    template: Annotated[str, _TEMPLATE] | None = None
    query: Words = ""
    about: Annotated[AnyId, _ABOUT] | None = None


class OneMail(msgspec.Struct, kw_only=True):
    """A mail with its words; one-time links are hidden."""

    id: MailId


class ResendMail(OneMail, kw_only=True):
    """Queue the mail once more. One that held a one-time link cannot be: make a new link instead."""

    idempotency_key: str = ""


class MailView(msgspec.Struct):
    """A mail in the journal; the recipient is masked but for the domain."""

    id: str
    template: str
    recipient: str
    locale: str
    state: MailStateName
    tries: int
    about_kind: str
    about_id: str | None
    created_at: Timestamp
    due_at: Timestamp | None
    sent_at: Timestamp | None
    error: str
    resendable: bool


class MailDetail(msgspec.Struct):
    """A mail with its words; what opens something is hidden."""

    mail: MailView
    subject: str
    text: str


class MailPage(msgspec.Struct):
    """A page of the journal. `untried_since`: nothing has been tried since then, so nothing seems to leave."""

    data: list[MailView]
    next_cursor: str | None
    waiting: int
    untried_since: Timestamp | None
    templates: list[str]


class ListNotices(Paged, kw_only=True):
    """A page of the caller's own notices, and how many are not read."""

    unread: bool = False


class ReadNotices(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Ids of notices; null: all of them."""

    ids: Annotated[list[NoticeId], msgspec.Meta(max_length=200)] | None


class UnreadOf(msgspec.Struct):
    """Whose notices to count: the hash of a session. Asking does not keep it alive."""

    session: bytes


class NoticeView(msgspec.Struct):
    """Something that an agent is told; the words of `kind` are the reader's business."""

    id: str
    kind: str
    facts: dict[str, str]
    link: str
    created_at: Timestamp
    read: bool


class NoticePage(msgspec.Struct):
    """A page of notices, and how many are not read."""

    data: list[NoticeView]
    next_cursor: str | None
    unread: int


class NoticesLeft(msgspec.Struct):
    """How many are not read, at most a hundred."""

    unread: int


class HomeRow(msgspec.Struct):
    """One thing that waits. Texts are in the caller's language; `status` may be a code that the portal has words for.

    `title` is what the thing is called, in `to_check` the code of what happened; `about` is whose or of what it is.
    `person`: who asked for it, holds it or made it. `detail`: a terminal, a city, a service or a type of request.
    `time_zone`: of the store, where `at` is a moment there and no act of a person here.
    """

    title: str
    link: str
    status: str
    about: str
    person: str = ""
    detail: str = ""
    at: Timestamp | None = None
    late: bool = False
    amount: Money | None = None
    gives_back: bool = False
    time_zone: str = ""


HomeSectionName = Literal[
    "approvals",
    "to_check",
    "alerts",
    "silent_terminals",
    "onboardings",
    "contracts",
    "installations",
    "fee_approvals",
    "mine_requests",
    "team_requests",
]
"""In the order in which they are shown."""


class ShowHome(msgspec.Struct, kw_only=True):
    """The first of each sort of thing that waits for the caller; with `section`, all of one sort."""

    section: HomeSectionName | None = None


class HomeSection(msgspec.Struct):
    """What waits of one sort: how many, the first of them, and where all of them are.

    `more`: counting stopped there, and more may wait.
    """

    code: HomeSectionName
    count: int
    link: str
    rows: list[HomeRow]
    more: bool = False


class HomeView(msgspec.Struct):
    """What needs the caller now, most urgent first; a section that the caller may not see is left out."""

    sections: list[HomeSection]


class BrandOfHost(msgspec.Struct):
    """Whose page a browser asks for."""

    host: str = ""


class SaveBrand(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A face: of a partner's host or account, of the institution where both are null.

    The logo is base64 of a PNG or an SVG of at most 40 KiB: null keeps the one there is, empty takes it away. Both
    accents reach 4.5:1 against what they stand on, or are refused with the ratio that they reach. A revision of 0 says
    that there was no such face.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    host: Annotated[str, msgspec.Meta(max_length=253)] | None = None
    account: AccountId | None = None
    accent_light: Colour | None = None
    accent_dark: Colour | None = None
    logo: Annotated[bytes, msgspec.Meta(max_length=56_000, description="Base64")] | None = None
    contact_email: Line = ""
    contact_phone: Line = ""
    contact_hours_fr: Line = ""
    contact_hours_en: Line = ""
    space_url: Line = ""
    revision: Revision
    idempotency_key: str = ""


class RemoveBrand(msgspec.Struct, kw_only=True):
    """Take a partner's face away; the institution's own is only ever changed."""

    id: BrandId


class Palette(msgspec.Struct, frozen=True):
    """The colours that follow from an accent, for one theme."""

    accent: str
    strong: str
    soft: str
    on_accent: str


class BrandView(msgspec.Struct, kw_only=True):
    """A face: `name` empty when none is set."""

    id: str | None = None
    name: str = ""
    host: str | None = None
    account_id: str | None = None
    account_name: str | None = None
    light: Palette | None = None
    dark: Palette | None = None
    logo: Annotated[str | None, msgspec.Meta(description="Base64")] = None
    logo_type: LogoType | None = None
    contact_email: str = ""
    contact_phone: str = ""
    contact_hours_fr: str = ""
    contact_hours_en: str = ""
    space_url: str = ""
    changed_by: PersonRef | None = None
    changed_at: Timestamp | None = None
    revision: int = 0  # moves with each change


class BrandList(msgspec.Struct):
    """Every face, the institution's first."""

    data: list[BrandView]


_MAIL_READ: Final = somewhere(Permission.MAIL_READ)
_BRANDING_WRITE: Final = everywhere(Permission.BRANDING_WRITE)
LIST_MAIL = Operation(
    "mail.list", ListMail, MailPage, _MAIL_READ, http=GET("/mail", "List mail, newest first")
)
ONE_MAIL = Operation("mail.one", OneMail, MailDetail, _MAIL_READ, http=GET("/mail/{id}", "One mail"))
RESEND_MAIL = Operation(
    "mail.resend",
    ResendMail,
    MailView,
    _MAIL_READ,
    http=Route("POST", 202, "/mail/{id}/resend", "Send again"),
    audit=("mail.resent",),
)
LIST_NOTICES = Operation(
    "notices.list",
    ListNotices,
    NoticePage,
    ANYONE,
    http=GET("/notices", "The caller’s notices, newest first"),
)
READ_NOTICES = Operation(
    "notices.read",
    ReadNotices,
    NoticesLeft,
    ANYONE,
    http=ACT(
        "/notices/read",
        "Mark notices as read",
        "Mark the caller's own notices as read and say how many are left.",
    ),
)
HOME = Operation("home.show", ShowHome, HomeView, ANYONE, http=GET("/home", "What needs the caller now"))
# Faces are the whole institution's: a grant for a part of it changes none.
LIST_BRANDS = Operation(
    "brands.list",
    Nothing,
    BrandList,
    _BRANDING_WRITE,
    http=GET("/brands", "Every face", "The institution's face and those of its partners."),
)
SAVE_BRAND = Operation(
    "brands.save",
    SaveBrand,
    BrandView,
    _BRANDING_WRITE,
    http=ACT(
        "/brands",
        "Make or replace a face",
        "Write the face of the host or account that is named; refused when somebody else wrote after `revision`.",
    ),
    audit=("brand.changed",),
)
REMOVE_BRAND = Operation(
    "brands.remove",
    RemoveBrand,
    Nothing,
    _BRANDING_WRITE,
    http=DELETE("/brands/{id}", "Remove a partner’s face"),
    audit=("brand.removed",),
)
# A poll must not keep a session alive, so none is asked for: whose it is stands in the request.
NOTICES_UNREAD = Operation("notices.unread", UnreadOf, NoticesLeft, NO_SESSION)
BRAND = Operation("brands.of_host", BrandOfHost, BrandView, NO_SESSION)
