"""What of transactions waits on the home page: refunds to approve, matters to settle."""

from core.contracts.approvals import ListApprovals
from core.contracts.host_matters import COUNTED_MAX, ListHostMatters
from core.contracts.notifications import HomeRow, HomeSection
from core.contracts.permissions import Permission
from core.identity.api import SignedIn
from core.runtime.home import LOOKED_AT_MAX, ROWS_MAX, home_section
from core.runtime.manifest import Parts
from core.transactions.approvals.handlers import ApprovalHandlers
from core.transactions.hosts.handlers import HostMatterHandlers


async def approvals(parts: Parts, caller: SignedIn) -> HomeSection | None:
    """Return the refunds that wait for a second person, who may be the caller."""
    if not caller.may(Permission.TRANSACTIONS_REFUND_APPROVE):
        return None
    handlers = ApprovalHandlers(parts.pool, parts.clock, parts.bus)
    page = await handlers.approvals(caller, ListApprovals(limit=LOOKED_AT_MAX))
    return home_section(
        "approvals",
        [
            HomeRow(
                title=one.target.label,
                link="/approvals",
                status=one.state,
                about=one.store.name,
                person=one.asked_by.name,
                at=one.asked_at,
            )
            for one in page.data
        ],
        more=page.next_cursor is not None,
    )


async def to_check(parts: Parts, caller: SignedIn) -> HomeSection | None:
    """Return what was kept for a person to look at, to who may end it."""
    if not (caller.may(Permission.TRANSACTIONS_READ) and caller.may(Permission.TRANSACTIONS_CANCEL)):
        return None
    page = await HostMatterHandlers(parts.pool, parts.clock).matters(caller, ListHostMatters(limit=ROWS_MAX))
    count = sum(page.counts.values())
    return HomeSection(
        code="to_check",
        count=count,
        link="/to-check",
        rows=[
            HomeRow(
                title=one.kind,
                link=f"/to-check#{one.id}",
                status="open",
                about=one.store.name if one.store else one.acquirer,
                detail=one.terminal,
                at=one.since,
                amount=one.amount,
                gives_back=one.gives_back,
                time_zone=one.store.time_zone if one.store else "",
            )
            for one in page.data
        ],
        more=count >= COUNTED_MAX,
    )
