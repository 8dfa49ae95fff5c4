"""What of requests stands on the home page."""

from typing import Literal

from core.contracts.notifications import HomeRow, HomeSection
from core.contracts.permissions import Permission
from core.contracts.requests import ListRequests, RequestView
from core.identity.api import SignedIn
from core.runtime.home import ROWS_MAX
from core.runtime.manifest import Parts
from core.support.requests import store
from core.support.requests.handlers import asking_of


async def my_requests(parts: Parts, caller: SignedIn) -> HomeSection | None:
    """Return "Mes demandes": those given to the caller, late ones first; None without the right."""
    return await _section(parts, caller, "mine")


async def team_requests(parts: Parts, caller: SignedIn) -> HomeSection | None:
    """Return what nobody has taken yet in the queues of the caller's teams."""
    return await _section(parts, caller, "free")


async def _section(parts: Parts, caller: SignedIn, box: Literal["mine", "free"]) -> HomeSection | None:
    if not caller.may(Permission.REQUESTS_USE):
        return None
    asking = asking_of(caller, parts.clock.now())
    async with parts.pool.acquire() as connection:
        count = (await store.count_boxes(connection, asking)).get(box, 0)
        # Counting is cheap, a list of everything about a request is not: most boxes are empty.
        found = (
            await store.list_requests(connection, asking, ListRequests(box=box), closed=False, limit=ROWS_MAX)
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
        title=view.code,
        link=f"/requests/{view.code}",
        status=view.status.name,
        about=about,
        detail=view.type.name,
        at=None if view.due_on is None else f"{view.due_on}T00:00:00.000Z",
        late=view.late,
    )
