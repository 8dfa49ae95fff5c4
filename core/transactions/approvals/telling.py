"""Who is told of a decision: whoever asked, by the bell."""

from datetime import datetime
from typing import Final, Literal

from core.db.rows import Connection
from core.notifications.api import add_notices
from core.transactions.approvals.model import StoredApproval

_WHERE: Final = "/approvals?view=asked"


async def tell_decided(
    connection: Connection,
    approval: StoredApproval,
    decision: Literal["approved", "refused"],
    *,
    by: str,
    at: datetime,
) -> None:
    """Tell the asker, in the transaction of the decision. What became of an approved refund, the page behind says."""
    await add_notices(
        connection,
        agent_ids=[approval.asked_by],
        kind=f"approval_{decision}",
        facts={"by": by, "rrn": approval.payload.label},
        link=_WHERE,
        at=at,
    )
