"""Once a session that could only add a factor has one, the browser's copy of it learns what the agent may do."""

from __future__ import annotations

import msgspec

from portals.agent.session import AgentSession
from portals.kit.visit import Visit


async def renew_session(visit: Visit) -> None:
    """Seal the session again with the permissions that it has now."""
    session = visit.session
    if not isinstance(session, AgentSession) or not session.enrolling:
        return
    agent = (await visit.gateway.get("/v1/sessions/current"))["agent"]
    visit.open_session(
        msgspec.structs.replace(
            session,
            enrolling=False,
            departments=[str(code) for code in agent.get("departments") or []],
            permissions=[str(name) for name in agent.get("permissions") or []],
        )
    )
