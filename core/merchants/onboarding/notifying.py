"""Who is rung when a file changes hands: whoever may take the next step, or whoever must mend it."""

from datetime import datetime

from core.contracts.onboarding import Move
from core.db.rows import Connection
from core.identity.api import Permission, SignedIn, list_holders
from core.merchants.onboarding.rules import department_of_file
from core.merchants.onboarding.store import LockedFile
from core.notifications.api import add_notices
from core.values.ids import encode_id

_EXCERPT_MAX = 120


async def tell_of_move(
    connection: Connection,
    caller: SignedIn,
    file_id: bytes,
    file: LockedFile,
    move: Move,
    *,
    reason: str,
    now: datetime,
) -> None:
    """Ring at who comes next, within where their rights hold; nobody is told what they did themselves."""
    match move:
        case "submit":
            agents = await _holders(connection, Permission.MERCHANTS_VALIDATE, file)
        case "hand_over":
            agents = await _holders(connection, Permission.CONTRACTS_ACTIVATE, file)
        case "send_back":
            agents = [file.held_by]
        case _:
            return
    merchant = file.answers.merchant
    facts = {"name": merchant.trade_name or merchant.siren, "by": caller.name}
    if reason:
        facts["excerpt"] = reason[:_EXCERPT_MAX]
    await add_notices(
        connection,
        agent_ids=[one for one in agents if one != caller.agent_id],
        kind=f"onboarding_{move}",
        facts=facts,
        link=f"/onboarding/{encode_id('onboarding', file_id)}",
        at=now,
    )


async def _holders(connection: Connection, permission: Permission, file: LockedFile) -> list[bytes]:
    department = department_of_file(file.answers)
    return [
        agent_id
        for agent_id, scope in await list_holders(connection, permission)
        if scope.is_everything or (department is not None and scope.sees(department))
    ]
