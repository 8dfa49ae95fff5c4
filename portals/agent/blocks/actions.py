"""Block and unblock, for whichever page the form stands on."""

from __future__ import annotations

from portals.kit.forms import Form, Wording
from portals.kit.records import path_part

_WORDING = Wording(field_of=lambda _: "")


async def block(form: Form, kind: str, target_id: str) -> bool:
    """Ask for a block; return whether it stands. What is wrong is noted in the form."""
    target = {"kind": kind, "id": path_part(target_id)}
    body = {"target": target, "reason": form.reason()}
    return await form.post("/v1/blocks", body, wording=_WORDING) is not None


async def lift(form: Form) -> bool:
    """Ask to lift the block that the form names; return whether it is lifted."""
    path = f"/v1/blocks/{path_part(form['block_id'])}/lift"
    return await form.post(path, {"reason": form.reason()}, wording=_WORDING) is not None
