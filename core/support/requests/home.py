"""What of requests stands on the home page."""

import asyncpg

from core.contracts.notifications import HomeRow, HomeSection
from core.contracts.permissions import Permission
from core.contracts.requests import ListRequests, RequestView
from core.identity.api import SignedIn
from core.support.requests import store
from core.support.requests.handlers import asking_of
from core.values.clock import Clock

ROWS_MAX = 8


async def my_requests(pool: asyncpg.Pool, clock: Clock, caller: SignedIn) -> HomeSection | None:
    """Return "Mes demandes": those given to the caller, late ones first; None without the right."""
    return await _section(pool, clock, caller, box="mine")


async def team_requests(pool: asyncpg.Pool, clock: Clock, caller: SignedIn) -> HomeSection | None:
    """Return what nobody has taken yet in the queues of the caller's teams."""
    return await _section(pool, clock, caller, box="free")


async def _section(pool: asyncpg.Pool, clock: Clock, caller: SignedIn, *, box: str) -> HomeSection | None:
    if not caller.may(Permission.REQUESTS_USE):
        return None
    asking = asking_of(caller, clock.now())
    wanted = ListRequests(box="mine") if box == "mine" else ListRequests(box="free")
    async with pool.acquire() as connection:
        count = (await store.count_boxes(connection, asking)).get(box, 0)
        # Counting is cheap, a list of everything about a request is not: most boxes are empty.
        found = (
            await store.list_requests(connection, asking, wanted, closed=False, limit=ROWS_MAX)
            if count
            else []
        )
    return HomeSection(
        code="mine_requests" if box == "mine" else "team_requests",
        count=count,
        link=f"/requests?box={box}",
        rows=[_row_of(one.view) for one in found],
    )


def _row_of(view: RequestView) -> HomeRow:
    about = (view.company.name or "") if view.company is not None else ""
    return HomeRow(
        id=view.code,
        link=f"/requests/{view.code}",
        status=view.status.name,
        about=about,
        kind=view.type.name,
        at=None if view.due_on is None else f"{view.due_on}T00:00:00.000Z",
        late=view.late,
    )
