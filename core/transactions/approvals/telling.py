"""Who is told what became of a wish when they do not wait for it any more: whoever asked, by the bell."""

from datetime import datetime
from typing import Final, Literal

from core.db.rows import Connection
from core.notifications.api import add_notices
from core.transactions.acts.model import CANCEL, Act
from core.transactions.approvals.model import StoredApproval
from core.values.ids import encode_id, rrn_of

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


async def tell_not_done(connection: Connection, act: Act, *, at: datetime) -> None:
    """Tell whoever acted that nothing came of it, and where to ask again."""
    await add_notices(
        connection,
        agent_ids=[act.agent_id],
        kind="cancellation_not_done" if act.kind == CANCEL else "refund_not_done",
        facts={"rrn": rrn_of(act.target_id)},
        link=f"/transactions/{encode_id('transaction', act.target_id)}",
        at=at,
    )
