"""What of terminals waits on the home page: stores to equip, terminals that fell silent."""

from core.contracts.notifications import HomeRow, HomeSection
from core.contracts.permissions import Permission
from core.identity.api import SignedIn
from core.runtime.home import LOOKED_AT_MAX, home_section
from core.runtime.manifest import Parts
from core.terminals.api import AssigningHandlers, silent_lately
from core.values.timestamps import timestamp


async def installations(parts: Parts, caller: SignedIn) -> HomeSection | None:
    """Return the stores that may take payments and have no terminal for it."""
    if not caller.may(Permission.TERMINALS_WRITE):
        return None
    found = await AssigningHandlers(parts.pool, parts.clock).stores_to_equip(caller, limit=LOOKED_AT_MAX + 1)
    return home_section(
        "installations",
        [
            HomeRow(
                title=one.name,
                link=f"/terminals/{one.terminal_id}"
                if one.terminal_id
                else f"/assign-terminal?store={one.store_id}&service={one.service}",
                status="assigned" if one.terminal_id else "bare",
                about=one.city,
                detail=one.service,
                at=timestamp(one.started_at),
            )
            for one in found[:LOOKED_AT_MAX]
        ],
        more=len(found) > LOOKED_AT_MAX,
    )


async def silent_terminals(parts: Parts, caller: SignedIn) -> HomeSection | None:
    """Return the terminals that fell silent today, to who can do something about it."""
    if not (caller.may(Permission.MACROS_USE) and caller.may(Permission.DIRECTORY_READ)):
        return None
    found = await silent_lately(parts.pool, parts.clock, caller, limit=LOOKED_AT_MAX + 1)
    return home_section(
        "silent_terminals",
        [
            HomeRow(
                title=one.terminal,
                link=f"/terminals/{one.terminal_id}",
                status="silent",
                about=one.store_name,
                detail=one.city,
                at=timestamp(one.last_seen_at),
                time_zone=one.time_zone,
            )
            for one in found[:LOOKED_AT_MAX]
        ],
        more=len(found) > LOOKED_AT_MAX,
    )
