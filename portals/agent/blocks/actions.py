"""Block and unblock, for whichever page the form stands on."""

from __future__ import annotations

from portals.kit.desk import Desk
from portals.kit.gateway import GatewayProblem
from portals.kit.reasons import says_why
from portals.kit.records import path_part


async def block(desk: Desk, *, kind: str, target_id: str, reason: str) -> dict[str, str]:
    """Ask for a block; return what is wrong with the form, nothing when it stands.

    Raises: GatewayProblem for a session that ended or a target that does not exist, GatewayDown.
    """
    return await _write(
        desk, "/v1/blocks", {"target": {"kind": kind, "id": path_part(target_id)}, "reason": reason}, reason
    )


async def lift(desk: Desk, *, block_id: str, reason: str) -> dict[str, str]:
    """Ask to lift a block; return what is wrong with the form, nothing when it is lifted."""
    return await _write(desk, f"/v1/blocks/{path_part(block_id)}/lift", {"reason": reason}, reason)


async def _write(desk: Desk, path: str, body: dict[str, object], reason: str) -> dict[str, str]:
    if not says_why(reason):
        return {"block-reason": desk.words("action.reason_short")}
    try:
        await desk.gateway.post(path, body)
    except GatewayProblem as problem:
        if problem.is_beyond_the_form:
            raise
        return {"": problem.detail}
    return {}
