"""Agents, roles, grants, the audit, who looks at what."""

from core.contracts import administration as ask
from core.contracts.desk_requests import Nothing
from core.identity.administration.agents import AgentHandlers
from core.identity.administration.audit.handlers import AuditHandlers
from core.identity.administration.looking.handlers import LookingHandlers
from core.identity.administration.roles import RoleHandlers
from core.roles.doors.door import Door, Doors, Parts


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    agents = AgentHandlers(parts.pool, parts.clock)
    roles = RoleHandlers(parts.pool, parts.clock)
    audit = AuditHandlers(parts.pool, parts.clock)
    looking = LookingHandlers(parts.pool, parts.clock)
    return {
        ask.AGENTS: Door(ask.ListAgents, True, lambda who, body, _locale: agents.agents(who, body)),
        ask.AGENT: Door(ask.OneAgent, True, lambda who, body, _locale: agents.agent(who, body)),
        ask.SWITCH_AGENT: Door(ask.SwitchAgent, True, lambda who, body, _locale: agents.switch(who, body)),
        ask.GIVE_GRANT: Door(ask.GiveGrant, True, lambda who, body, _locale: agents.give(who, body)),
        ask.REVOKE_GRANT: Door(ask.RevokeGrant, True, lambda who, body, _locale: agents.revoke(who, body)),
        ask.ROLES: Door(Nothing, True, lambda who, body, _locale: roles.roles(who, body)),
        ask.CREATE_ROLE: Door(ask.CreateRole, True, lambda who, body, _locale: roles.create(who, body)),
        ask.ACTIONS: Door(ask.ListActions, True, lambda who, body, _locale: audit.actions(who, body)),
        ask.CHAIN: Door(Nothing, True, lambda who, body, _locale: audit.chain(who, body)),
        ask.LOOK: Door(ask.Look, True, lambda who, body, _locale: looking.look(who, body)),
        ask.LOOKING: Door(ask.Look, True, lambda who, body, _locale: looking.looking(who, body)),
        ask.CHANGE_ROLE: Door(ask.ChangeRole, True, lambda who, body, _locale: roles.change(who, body)),
    }
