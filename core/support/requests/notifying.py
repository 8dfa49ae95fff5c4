"""Who is told of what happens to a request: by the bell, and by mail when it is given to them."""

from datetime import datetime

from core.db.rows import Connection
from core.notifications.api import add_notices, queue_mail
from core.support.requests.people import Person
from core.support.requests.store import Standing

_EXCERPT_MAX = 120


def link_of(standing: Standing) -> str:
    """Return the page of a request."""
    return f"/requests/{standing.view.code}"


async def tell_assigned(
    connection: Connection, standing: Standing, *, to: Person, by: str, by_id: bytes, at: datetime
) -> None:
    """Tell an agent that a request is theirs now, unless they took it themselves."""
    if to.id == by_id:
        return
    facts = {"code": standing.view.code, "title": standing.view.title, "by": by}
    await add_notices(
        connection, agent_ids=[to.id], kind="request_assigned", facts=facts, link=link_of(standing), at=at
    )
    await queue_mail(
        connection,
        template="request_assigned",
        to=to.email,
        locale=to.locale,
        facts={**facts, "name": to.name, "type": standing.view.type.name, "link": link_of(standing)},
        about_kind="request",
        about_id=standing.id,
        once_key=at.isoformat(),
    )


async def tell_taken(
    connection: Connection, standing: Standing, *, lost_by: bytes, to: str, by: str, at: datetime
) -> None:
    """Tell whoever held a request that it is somebody else's now, or the team's again."""
    kind = "request_given_back" if not to else "request_taken" if to == by else "request_moved"
    facts = {"code": standing.view.code, "title": standing.view.title, "by": by, "to": to}
    await add_notices(connection, agent_ids=[lost_by], kind=kind, facts=facts, link=link_of(standing), at=at)


async def tell_mentioned(
    connection: Connection, standing: Standing, *, to: list[bytes], by: str, body: str, at: datetime
) -> None:
    """Tell agents that they are mentioned."""
    facts = {
        "code": standing.view.code,
        "title": standing.view.title,
        "by": by,
        "excerpt": body[:_EXCERPT_MAX],
    }
    await add_notices(
        connection, agent_ids=to, kind="request_mention", facts=facts, link=link_of(standing), at=at
    )


async def tell_followers(
    connection: Connection, standing: Standing, *, but: set[bytes], by: str, kind: str, at: datetime
) -> None:
    """Tell its author and its assignee what somebody else did."""
    followers = [
        one for one in (standing.author_id, standing.assignee_id) if one is not None and one not in but
    ]
    facts = {
        "code": standing.view.code,
        "title": standing.view.title,
        "by": by,
        "status": standing.view.status.name,
    }
    await add_notices(connection, agent_ids=followers, kind=kind, facts=facts, link=link_of(standing), at=at)
