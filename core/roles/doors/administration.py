"""Agents, roles, grants, the audit, who looks at what."""

from core.contracts import administration as ask
from core.identity.administration.agents import AgentHandlers
from core.identity.administration.audit.handlers import AuditHandlers
from core.identity.administration.looking.handlers import LookingHandlers
from core.identity.administration.roles import RoleHandlers
from core.roles.doors.door import Doors, Parts, served


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    agents = AgentHandlers(parts.pool, parts.clock)
    roles = RoleHandlers(parts.pool, parts.clock)
    audit = AuditHandlers(parts.pool, parts.clock)
    looking = LookingHandlers(parts.pool, parts.clock)
    return served(
        (ask.LIST_AGENTS, agents.agents),
        (ask.ONE_AGENT, agents.agent),
        (ask.DISABLE_AGENT, agents.disable),
        (ask.ENABLE_AGENT, agents.enable),
        (ask.GIVE_GRANT, agents.give),
        (ask.REVOKE_GRANT, agents.revoke),
        (ask.LIST_ROLES, roles.roles),
        (ask.CREATE_ROLE, roles.create),
        (ask.CHANGE_ROLE, roles.change),
        (ask.LIST_ACTIONS, audit.actions),
        (ask.CHAIN, audit.chain),
        (ask.LOOK, looking.look),
        (ask.LIST_ONLOOKERS, looking.onlookers),
    )
