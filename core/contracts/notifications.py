"""Mail and its journal, the bell, the home page, branding: what is asked and what comes back."""

from typing import Annotated, Literal

import msgspec

from core.contracts.desk_views import Money, PersonRef, Timestamp
from core.contracts.subjects import DESK

MAIL_LIST = f"{DESK}.mail_list"  # ListMail -> MailPage
MAIL_ONE = f"{DESK}.mail_one"  # ById -> MailDetail
MAIL_RESEND = f"{DESK}.mail_resend"  # ResendMail -> Written (MailView)
NOTICES = f"{DESK}.notices"  # ListNotices -> NoticePage
NOTICES_UNREAD = (
    f"{DESK}.notices_unread"  # UnreadOf -> NoticesLeft, no principal: a poll must not keep a session alive
)
NOTICES_READ = f"{DESK}.notices_read"  # ReadNotices -> NoticesLeft
HOME = f"{DESK}.home"  # ShowHome -> HomeView
BRAND = f"{DESK}.brand"  # BrandOfHost -> BrandView, no principal: the log in page asks
BRANDS = f"{DESK}.brands"  # Nothing -> BrandList
BRAND_PUT = f"{DESK}.brand_put"  # PutBrand -> Written (BrandView)
BRAND_REMOVE = f"{DESK}.brand_remove"  # ById -> Nothing

MailStateName = Literal["waiting", "sent", "failed"]
LogoType = Literal["image/svg+xml", "image/png"]
Colour = Annotated[str, msgspec.Meta(pattern="^#[0-9a-fA-F]{6}$", examples=["#14595a"])]


class ListMail(msgspec.Struct):
    """Newest first; what is None does not narrow."""

    state: MailStateName | None = None
    template: str | None = None
    query: str = ""
    about_id: bytes | None = None
    limit: int = 50
    before: bytes | None = None


class ResendMail(msgspec.Struct):
    """Send once more."""

    id: bytes
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


class ListNotices(msgspec.Struct):
    """Newest first."""

    unread: bool = False
    limit: int = 50
    before: bytes | None = None


class ReadNotices(msgspec.Struct):
    """Mark these as read; None: all."""

    ids: list[bytes] | None = None


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
    """One thing that waits. Texts are in the caller's language; `status` may be a code that the portal has words for."""

    id: str
    link: str
    status: str
    about: str
    kind: str
    at: Timestamp | None = None
    late: bool = False
    amount: Money | None = None
    gives_back: bool = False


HomeSectionName = Literal[
    "approvals", "alerts", "silent_terminals", "onboardings", "contracts", "installations", "fee_approvals"
]


class ShowHome(msgspec.Struct):
    """What needs the caller; with `section`, all the rows of one that has no list of its own."""

    section: HomeSectionName | None = None


class HomeSection(msgspec.Struct):
    """What waits of one sort: how many, the first of them, and where all of them are.

    `more`: counting stopped there, and more may wait.
    """

    code: str
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


class PutBrand(msgspec.Struct):
    """Make or replace the brand of a host, of an account, or of the institution when both are None.

    `logo` None keeps the one that is there; empty takes it away. Colours None: the product's own.
    """

    name: str
    host: str | None = None
    account_id: bytes | None = None
    accent_light: str | None = None
    accent_dark: str | None = None
    logo: bytes | None = None
    contact_email: str = ""
    contact_phone: str = ""
    contact_hours_fr: str = ""
    contact_hours_en: str = ""
    space_url: str = ""
    revision: int | None = None  # what was read, 0 for none; another one means that somebody wrote since
    idempotency_key: str = ""


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
