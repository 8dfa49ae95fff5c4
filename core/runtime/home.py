"""The home page: what waits for a caller, asked of every slice that has something."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, get_args

from core.contracts.notifications import HomeRow, HomeSection, HomeSectionName, HomeView, ShowHome
from core.runtime.manifest import HomeProvider, Parts

ROWS_MAX: Final = 8
LOOKED_AT_MAX: Final = 100
_SECTIONS_AT_ONCE: Final = 2


def home_section(code: HomeSectionName, rows: list[HomeRow], *, more: bool) -> HomeSection:
    """Return a section whose whole list is the home page's own."""
    return HomeSection(code=code, count=len(rows), link=f"/?section={code}", rows=rows, more=more)


class Home:
    """The home page made of the providers of slices, in the order in which the contract names the sections."""

    def __init__(self, parts: Parts, providers: Mapping[HomeSectionName, HomeProvider]) -> None:
        self._parts = parts
        self._providers = {name: providers[name] for name in get_args(HomeSectionName)}

    async def show(self, caller: Any, request: ShowHome) -> HomeView:
        """Return what needs the caller now; two sections at a time, to leave connections to others.

        All the rows of one section, or the first of each: both come from one provider, so they are the same rows.
        """
        if request.section is not None:
            section = await self._providers[request.section](self._parts, caller)
            return HomeView([] if section is None else [section])
        lanes = asyncio.Semaphore(_SECTIONS_AT_ONCE)

        async def in_lane(provider: HomeProvider) -> HomeSection | None:
            async with lanes:
                return await provider(self._parts, caller)

        found = await asyncio.gather(*(in_lane(provider) for provider in self._providers.values()))
        sections = [section for section in found if section is not None]
        for section in sections:
            del section.rows[ROWS_MAX:]
        return HomeView(sections)
