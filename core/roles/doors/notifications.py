"""Mail and its journal, the bell, the home page, branding."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeAlias

from core.contracts import notifications as ask
from core.identity.api import SignedIn
from core.notifications.api import BrandHandlers, MailHandlers, NoticeHandlers
from core.roles.doors import home_sections
from core.roles.doors.door import Door, Doors, Parts, served
from core.support.api import my_requests, team_requests

HomeProvider: TypeAlias = Callable[[Parts, SignedIn], Awaitable[ask.HomeSection | None]]
"""Gives a section of the home page; None to whoever may not see it."""

SECTIONS: Final[tuple[HomeProvider, ...]] = (
    home_sections.approvals,
    home_sections.to_check,
    home_sections.alerts,
    home_sections.silent_terminals,
    home_sections.onboardings,
    home_sections.contracts,
    home_sections.installations,
    home_sections.fee_approvals,
    lambda parts, who: my_requests(parts.pool, parts.clock, who),
    lambda parts, who: team_requests(parts.pool, parts.clock, who),
)
"""In the order in which they are shown."""
_SECTIONS_AT_ONCE: Final = 2


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    mail = MailHandlers(parts.pool, parts.clock)
    notices = NoticeHandlers(parts.pool, parts.clock)
    brands = BrandHandlers(parts.pool, parts.clock)
    return {
        ask.NOTICES_UNREAD: Door(
            ask.UnreadOf, False, lambda _who, body, _locale: notices.unread(parts.identity, body)
        ),
        ask.BRAND: Door(ask.BrandOfHost, False, lambda _who, body, _locale: brands.of_host(body)),
        **served(
            (ask.LIST_MAIL, mail.list),
            (ask.ONE_MAIL, mail.one),
            (ask.RESEND_MAIL, mail.resend),
            (ask.LIST_NOTICES, notices.notices),
            (ask.READ_NOTICES, notices.read),
            (ask.HOME, partial(home, parts)),
            (ask.LIST_BRANDS, brands.brands),
            (ask.SAVE_BRAND, brands.save),
            (ask.REMOVE_BRAND, brands.remove),
        ),
    }


async def home(parts: Parts, caller: SignedIn, request: ask.ShowHome) -> ask.HomeView:
    """Return what needs the caller now; two sections at a time, to leave connections to others.

    All the rows of one section, or the first of each: both come from one provider, so they are the same rows.
    """
    if request.section is not None:
        provider: HomeProvider = getattr(home_sections, request.section)
        section = await provider(parts, caller)
        return ask.HomeView([] if section is None else [section])
    lanes = asyncio.Semaphore(_SECTIONS_AT_ONCE)

    async def in_lane(section: HomeProvider) -> ask.HomeSection | None:
        async with lanes:
            return await section(parts, caller)

    found = await asyncio.gather(*(in_lane(section) for section in SECTIONS))
    sections = [section for section in found if section is not None]
    for section in sections:
        del section.rows[home_sections.ROWS_MAX :]
    return ask.HomeView(sections)
