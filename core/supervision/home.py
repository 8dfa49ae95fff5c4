"""What of supervision waits on the home page: alerts that nobody has taken note of."""

from core.contracts.notifications import HomeRow, HomeSection
from core.contracts.permissions import Permission
from core.contracts.supervision import ListAlerts
from core.identity.api import SignedIn
from core.runtime.home import LOOKED_AT_MAX, home_section
from core.runtime.manifest import Parts
from core.supervision.api import AlertHandlers


async def alerts(parts: Parts, caller: SignedIn) -> HomeSection | None:
    """Return the alerts that nobody has taken note of."""
    if not caller.may(Permission.ALERTS_READ):
        return None
    page = await AlertHandlers(parts.pool, parts.clock).alerts(caller, ListAlerts(limit=LOOKED_AT_MAX))
    return home_section(
        "alerts",
        [
            HomeRow(
                title=one.rule_name,
                link=f"/alerts/{one.id}",
                status=one.severity,
                about=one.label,
                at=one.opened_at,
                time_zone=one.time_zone,
            )
            for one in page.data
            if one.acknowledged_at is None
        ],
        more=page.next_cursor is not None,
    )
