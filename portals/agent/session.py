"""An agent who is logged in."""

from __future__ import annotations

from typing import Any

import msgspec

from portals.kit.gateway import Json


class AgentSession(msgspec.Struct, frozen=True):
    """A logged-in agent. `token` is the bearer token of the gateway; never shown, never logged."""

    token: str
    agent_id: str
    name: str
    email: str
    role: str
    locale: str
    departments: list[str]
    expires_at: str
    permissions: list[str] = []  # what to offer on a page; core decides what is done
    enrolling: bool = False  # may only add a second factor

    @property
    def person_id(self) -> str:
        """Who it is."""
        return self.agent_id

    def shortened(self) -> AgentSession:
        """Return it with few departments: the gateway decides what the agent sees, the list here is only shown."""
        return msgspec.structs.replace(self, departments=self.departments[:10])

    def __repr__(self) -> str:
        return f"AgentSession(agent_id={self.agent_id!r})"


def session_of(body: Json) -> AgentSession:
    """Return the session that the gateway opened."""
    agent: dict[str, Any] = body["agent"]
    return AgentSession(
        token=body["token"],
        agent_id=agent["id"],
        name=agent.get("name") or agent["email"],
        email=agent["email"],
        role=agent.get("role") or "",
        locale=agent.get("locale") or "fr",
        departments=[str(code) for code in agent.get("departments") or []],
        expires_at=str(body.get("expires_at") or ""),
        permissions=[str(name) for name in agent.get("permissions") or []],
        enrolling=bool(body.get("enrolling")),
    )
