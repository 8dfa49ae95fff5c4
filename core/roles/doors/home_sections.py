"""What waits for somebody on the home page, from every part that has something: one provider a sort."""

from core.contracts.agreements import ContractSummary, ListContracts
from core.contracts.approvals import ListApprovals
from core.contracts.desk_requests import Nothing
from core.contracts.host_matters import COUNTED_MAX, ListHostMatters
from core.contracts.notifications import HomeRow, HomeSection, HomeSectionName
from core.contracts.onboarding import ListOnboardings
from core.contracts.permissions import Permission
from core.contracts.supervision import ListAlerts
from core.identity.api import SignedIn
from core.merchants.agreements.api import list_contracts
from core.merchants.api import OnboardingHandlers
from core.merchants.fees.api import FeeHandlers
from core.roles.doors.door import Parts
from core.supervision.api import AlertHandlers
from core.terminals.api import AssigningHandlers, silent_lately
from core.transactions.approvals.handlers import ApprovalHandlers
from core.transactions.hosts.handlers import HostMatterHandlers
from core.values.ids import decode_id
from core.values.timestamps import timestamp

ROWS_MAX = 8
_LOOKED_AT_MAX = 100


async def approvals(parts: Parts, caller: SignedIn) -> HomeSection | None:
    """Return the refunds that wait for a second person, who may be the caller."""
    if not caller.may(Permission.TRANSACTIONS_REFUND_APPROVE):
        return None
    handlers = ApprovalHandlers(parts.pool, parts.clock, parts.bus)
    page = await handlers.approvals(caller, ListApprovals(limit=_LOOKED_AT_MAX))
    return _section(
        "approvals",
        [
            HomeRow(
                id=one.target.label,
                link="/approvals",
                status=one.state,
                about=one.store.name,
                kind=one.asked_by.name,
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
                id=one.kind,
                link=f"/to-check#{one.id}",
                status="open",
                about=one.store.name if one.store else one.acquirer,
                kind=one.terminal,
                at=one.since,
                amount=one.amount,
                gives_back=one.gives_back,
            )
            for one in page.data
        ],
        more=count >= COUNTED_MAX,
    )


async def onboardings(parts: Parts, caller: SignedIn) -> HomeSection | None:
    """Return the files whose next step is the caller's; one that somebody still fills in is theirs alone."""
    held = set(caller.permissions)
    acting = held & {Permission.MERCHANTS_REGISTER, Permission.MERCHANTS_VALIDATE, Permission.CONTRACTS_WRITE}
    if not (acting and caller.may(Permission.DIRECTORY_READ)):
        return None
    page = await OnboardingHandlers(parts.pool, parts.clock).files(
        caller, ListOnboardings(limit=_LOOKED_AT_MAX)
    )
    return _section(
        "onboardings",
        [
            HomeRow(
                id=one.name or one.siren or "–",
                link=f"/onboarding/{one.id}",
                status=one.state,
                about=one.siren,
                kind=one.held_by.name,
                at=one.changed_at,
            )
            for one in page.data
            if one.waits_for in held
            and (
                one.waits_for != Permission.MERCHANTS_REGISTER
                or decode_id("agent", one.held_by.id) == caller.agent_id
            )
        ],
        more=page.next_cursor is not None,
    )


async def contracts(parts: Parts, caller: SignedIn) -> HomeSection | None:
    """Return the contracts that wait for a signature or for their activation."""
    if not caller.may(Permission.CONTRACTS_ACTIVATE):
        return None
    waiting: list[ContractSummary] = []
    more = False
    for state in ("ready", "signed"):
        page = await list_contracts(parts.pool, caller, ListContracts(state=state, limit=_LOOKED_AT_MAX))
        waiting += page.data
        more = more or page.next_cursor is not None
    return _section(
        "contracts",
        [
            HomeRow(
                id=one.number,
                link=f"/contracts/{one.id}",
                status=one.state,
                about=one.company.name or "",
                kind="",
                at=one.created_at,
            )
            for one in waiting
        ],
        more=more,
    )


async def installations(parts: Parts, caller: SignedIn) -> HomeSection | None:
    """Return the stores that may take payments and have no terminal for it."""
    if not caller.may(Permission.TERMINALS_WRITE):
        return None
    found = await AssigningHandlers(parts.pool, parts.clock).stores_to_equip(caller, limit=_LOOKED_AT_MAX + 1)
    return _section(
        "installations",
        [
            HomeRow(
                id=one.name,
                link=f"/terminals/{one.terminal_id}"
                if one.terminal_id
                else f"/assign-terminal?store={one.store_id}&service={one.service}",
                status="assigned" if one.terminal_id else "bare",
                about=one.city,
                kind=one.service,
                at=timestamp(one.started_at),
            )
            for one in found[:_LOOKED_AT_MAX]
        ],
        more=len(found) > _LOOKED_AT_MAX,
    )


async def fee_approvals(parts: Parts, caller: SignedIn) -> HomeSection | None:
    """Return the grids that somebody else has submitted."""
    if not (caller.may(Permission.FEES_READ) and caller.may(Permission.FEES_APPROVE)):
        return None
    grids = (await FeeHandlers(parts.pool, parts.clock).grids(caller, Nothing())).data
    return _section(
        "fee_approvals",
        [
            HomeRow(
                id=f"v{one.pending.version}",
                link=f"/fees/{one.id}",
                status=one.pending.state,
                about=one.name,
                kind=one.pending.made_by.name if one.pending.made_by else "",
                at=one.pending.made_at,
            )
            for one in grids
            if one.pending is not None and one.pending.state == "submitted"
        ],
        more=False,
    )


async def alerts(parts: Parts, caller: SignedIn) -> HomeSection | None:
    """Return the alerts that nobody has taken note of."""
    if not caller.may(Permission.ALERTS_READ):
        return None
    page = await AlertHandlers(parts.pool, parts.clock).alerts(caller, ListAlerts(limit=_LOOKED_AT_MAX))
    return _section(
        "alerts",
        [
            HomeRow(
                id=one.rule_name,
                link=f"/alerts/{one.id}",
                status=one.severity,
                about=one.label,
                kind="",
                at=one.opened_at,
            )
            for one in page.data
            if one.acknowledged_at is None
        ],
        more=page.next_cursor is not None,
    )


async def silent_terminals(parts: Parts, caller: SignedIn) -> HomeSection | None:
    """Return the terminals that fell silent today, to who can do something about it."""
    if not (caller.may(Permission.MACROS_USE) and caller.may(Permission.DIRECTORY_READ)):
        return None
    found = await silent_lately(parts.pool, parts.clock, caller, limit=_LOOKED_AT_MAX + 1)
    return _section(
        "silent_terminals",
        [
            HomeRow(
                id=one.terminal,
                link=f"/terminals/{one.terminal_id}",
                status="silent",
                about=one.store_name,
                kind=one.city,
                at=timestamp(one.last_seen_at),
            )
            for one in found[:_LOOKED_AT_MAX]
        ],
        more=len(found) > _LOOKED_AT_MAX,
    )


def _section(code: HomeSectionName, rows: list[HomeRow], *, more: bool) -> HomeSection:
    return HomeSection(code=code, count=len(rows), link=f"/?section={code}", rows=rows, more=more)
