"""Mail as rows, as templates and as what leaves."""

from typing import Literal, TypeAlias

import msgspec

MailState: TypeAlias = Literal["waiting", "sent", "failed"]


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A template's words in one language; `action` names what the fact `link` leads to."""

    subject: str
    text: list[str]
    action: str = ""


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a mail says. `secret` facts open something: the journal never shows them. `to_customers`: its readers have the
    customers' space, and not the agents' portal.
    """

    facts: list[str]
    fr: Wording
    en: Wording
    secret: list[str] = []
    to_customers: bool = False
    about_debt: bool = False  # who settles debts is whom to call

    def wording(self, locale: str) -> Wording:
        """Return the words of a language, French unless it is English."""
        return self.en if locale == "en" else self.fr


class Face(msgspec.Struct, frozen=True):
    """Whose mail it is and how to reach them (NOT-2)."""

    name: str
    accent: str
    email: str
    phone: str
    hours: str
    space_url: str


class Rendered(msgspec.Struct, frozen=True):
    """A mail in words."""

    subject: str
    text: str
    html: str


class Leased(msgspec.Struct, frozen=True):
    """A mail that this worker may send until its lease ends."""

    id: bytes
    template: str
    recipient: str
    locale: str
    facts: dict[str, str]
    tries: int
    account_id: bytes | None
