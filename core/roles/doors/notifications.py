"""Mail and its journal, the bell, the home page, branding."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from core.contracts import notifications as ask
from core.contracts.desk_requests import ById, Nothing
from core.identity.api import SignedIn
from core.notifications.api import BrandHandlers, MailHandlers, NoticeHandlers
from core.roles.doors import home_sections
from core.roles.doors.door import Door, Doors, Parts
from core.support.api import my_requests, team_requests

HomeProvider: TypeAlias = Callable[[Parts, SignedIn, str], Awaitable[ask.HomeSection | None]]
"""Gives a section of the home page in the caller's language; None to whoever may not see it."""

SECTIONS: Final[tuple[HomeProvider, ...]] = (
    home_sections.approvals,
    home_sections.to_check,
    home_sections.alerts,
    home_sections.silent_terminals,
    home_sections.onboardings,
    home_sections.contracts,
    home_sections.installations,
    home_sections.fee_approvals,
    lambda parts, who, _locale: my_requests(parts.pool, parts.clock, who),
    lambda parts, who, _locale: team_requests(parts.pool, parts.clock, who),
)
"""In the order in which they are shown."""
_SECTIONS_AT_ONCE: Final = 2


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    mail = MailHandlers(parts.pool, parts.clock)
    notices = NoticeHandlers(parts.pool, parts.clock)
    brands = BrandHandlers(parts.pool, parts.clock)
    return {
        ask.MAIL_LIST: Door(ask.ListMail, True, lambda who, body, _locale: mail.list(who, body)),
        ask.MAIL_ONE: Door(ById, True, lambda who, body, _locale: mail.one(who, body)),
        ask.MAIL_RESEND: Door(ask.ResendMail, True, lambda who, body, _locale: mail.resend(who, body)),
        ask.NOTICES: Door(ask.ListNotices, True, lambda who, body, _locale: notices.notices(who, body)),
        ask.NOTICES_UNREAD: Door(
            ask.UnreadOf, False, lambda _who, body, _locale: notices.unread(parts.identity, body)
        ),
        ask.NOTICES_READ: Door(ask.ReadNotices, True, lambda who, body, _locale: notices.read(who, body)),
        ask.HOME: Door(ask.ShowHome, True, lambda who, body, locale: home(parts, who, locale, body.section)),
        ask.BRAND: Door(ask.BrandOfHost, False, lambda _who, body, _locale: brands.of_host(body)),
        ask.BRANDS: Door(Nothing, True, lambda who, body, _locale: brands.brands(who, body)),
        ask.BRAND_PUT: Door(ask.PutBrand, True, lambda who, body, _locale: brands.put(who, body)),
        ask.BRAND_REMOVE: Door(ById, True, lambda who, body, _locale: brands.remove(who, body)),
    }


async def home(
    parts: Parts, caller: SignedIn, locale: str, only: ask.HomeSectionName | None = None
) -> ask.HomeView:
    """Return what needs the caller now; two sections at a time, to leave connections to others.

    All the rows of one section, or the first of each: both come from one provider, so they are the same rows.
    """
    if only is not None:
        provider: HomeProvider = getattr(home_sections, only)
        section = await provider(parts, caller, locale)
        return ask.HomeView([] if section is None else [section])
    lanes = asyncio.Semaphore(_SECTIONS_AT_ONCE)

    async def in_lane(section: HomeProvider) -> ask.HomeSection | None:
        async with lanes:
            return await section(parts, caller, locale)

    found = await asyncio.gather(*(in_lane(section) for section in SECTIONS))
    sections = [section for section in found if section is not None]
    for section in sections:
        del section.rows[home_sections.ROWS_MAX :]
    return ask.HomeView(sections)
