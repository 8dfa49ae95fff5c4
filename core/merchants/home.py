"""What of merchants waits on the home page: files, contracts, grids of fees."""

from core.contracts.agreements import ContractSummary, ListContracts
from core.contracts.listing import Nothing
from core.contracts.notifications import HomeRow, HomeSection
from core.contracts.onboarding import ListOnboardings
from core.contracts.permissions import Permission
from core.identity.api import SignedIn
from core.merchants.agreements.api import list_contracts
from core.merchants.fees.api import FeeHandlers
from core.merchants.onboarding.handlers import OnboardingHandlers
from core.runtime.home import LOOKED_AT_MAX, home_section
from core.runtime.manifest import Parts
from core.values.ids import decode_id


async def onboardings(parts: Parts, caller: SignedIn) -> HomeSection | None:
    """Return the files whose next step is the caller's; one that somebody still fills in is theirs alone."""
    held = set(caller.permissions)
    acting = held & {Permission.MERCHANTS_REGISTER, Permission.MERCHANTS_VALIDATE, Permission.CONTRACTS_WRITE}
    if not (acting and caller.may(Permission.DIRECTORY_READ)):
        return None
    page = await OnboardingHandlers(parts.pool, parts.clock).files(
        caller, ListOnboardings(limit=LOOKED_AT_MAX)
    )
    return home_section(
        "onboardings",
        [
            HomeRow(
                title=one.name or one.siren or "–",
                link=f"/onboarding/{one.id}",
                status=one.state,
                about=one.siren,
                person=one.held_by.name,
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
        page = await list_contracts(parts.pool, caller, ListContracts(state=state, limit=LOOKED_AT_MAX))
        waiting += page.data
        more = more or page.next_cursor is not None
    return home_section(
        "contracts",
        [
            HomeRow(
                title=one.number,
                link=f"/contracts/{one.id}",
                status=one.state,
                about=one.company.name or "",
                at=one.created_at,
            )
            for one in waiting
        ],
        more=more,
    )


async def fee_approvals(parts: Parts, caller: SignedIn) -> HomeSection | None:
    """Return the grids that somebody else has submitted."""
    if not (caller.may(Permission.FEES_READ) and caller.may(Permission.FEES_APPROVE)):
        return None
    grids = (await FeeHandlers(parts.pool, parts.clock).grids(caller, Nothing())).data
    return home_section(
        "fee_approvals",
        [
            HomeRow(
                title=f"v{one.pending.version}",
                link=f"/fees/{one.id}",
                status=one.pending.state,
                about=one.name,
                person=one.pending.made_by.name if one.pending.made_by else "",
                at=one.pending.made_at,
            )
            for one in grids
            if one.pending is not None and one.pending.state == "submitted"
        ],
        more=False,
    )
