"""Administration: agents, roles, grants, the audit, who looks at which record. Requests and public shapes."""

from typing import Annotated, Any, Literal

import msgspec

from core.contracts.desk_views import CompanyRef, Money, PersonRef, StoreRef, Timestamp
from core.contracts.subjects import DESK

AGENTS = f"{DESK}.agents"  # ListAgents -> AgentPage
AGENT = f"{DESK}.agent"  # OneAgent -> AgentDetail
SWITCH_AGENT = f"{DESK}.switch_agent"  # SwitchAgent -> Written (AgentDetail)
GIVE_GRANT = f"{DESK}.give_grant"  # GiveGrant -> Written (AgentDetail)
REVOKE_GRANT = f"{DESK}.revoke_grant"  # RevokeGrant -> Written (AgentDetail)
ROLES = f"{DESK}.roles"  # Nothing -> RoleList
CREATE_ROLE = f"{DESK}.create_role"  # CreateRole -> Written (RoleView)
CHANGE_ROLE = f"{DESK}.change_role"  # ChangeRole -> Written (RoleView)
ACTIONS = f"{DESK}.actions"  # ListActions -> ActionPage
CHAIN = f"{DESK}.chain"  # Nothing -> ChainState
LOOK = f"{DESK}.look"  # Look -> Onlookers
LOOKING = f"{DESK}.looking"  # Look -> Onlookers, without saying that one looks

ADMINISTRATOR = "administrator"
"""The role that may give what its holder does not hold, and that always holds everything."""

SERVICE_KINDS = ("pax", "softpos", "onsite", "ecommerce")
PLACES_MAX = 200
GRANTS_STANDING_MAX = 50
AMOUNT_MINOR_MAX = 10**12
LOOKING_EVERY_S = 15
LOOKING_LASTS_S = 45

AgentState = Literal["active", "disabled"]
ServiceName = Literal["pax", "softpos", "onsite", "ecommerce"]
LookedAtKind = Literal[
    "transaction", "account", "company", "store", "terminal", "contract", "request", "agent"
]


class ListAgents(msgspec.Struct):
    """Agents in the order of their names; `after_name` and `after_id` are the last row of the page before."""

    query: str = ""
    state: AgentState | None = None
    role: str | None = None
    limit: int = 50
    after_name: str = ""
    after_id: bytes = b""


class OneAgent(msgspec.Struct):
    """One agent by id."""

    id: bytes


class SwitchAgent(msgspec.Struct):
    """Disable an agent, or enable them again."""

    id: bytes
    disabled: bool
    reason: str
    idempotency_key: str = ""


class GiveGrant(msgspec.Struct):
    """A role within a place and for services. Each None does not limit; all four places None is the whole country."""

    agent_id: bytes
    role: str
    regions: list[str] | None = None
    departments: list[str] | None = None
    stores: list[bytes] | None = None
    companies: list[bytes] | None = None
    services: list[str] | None = None
    amount_max_minor: int | None = None
    idempotency_key: str = ""


class RevokeGrant(msgspec.Struct):
    """End a standing grant."""

    id: bytes
    reason: str
    idempotency_key: str = ""


class CreateRole(msgspec.Struct):
    """A role of the institution's own."""

    code: str
    name_fr: str
    name_en: str
    permissions: list[str]
    idempotency_key: str = ""


class ChangeRole(msgspec.Struct):
    """Another set of permissions, and other names for a role that is not built in; None leaves as it is."""

    code: str
    permissions: list[str] | None = None
    name_fr: str | None = None
    name_en: str | None = None
    idempotency_key: str = ""


class ListActions(msgspec.Struct):
    """Actions, newest first; every field that is set narrows. `before` is the number of the last row before."""

    agent_id: bytes | None = None
    kind: str = ""
    target_kind: str = ""
    target_id: bytes | None = None
    from_us: int | None = None
    to_us: int | None = None  # exclusive
    query: str = ""
    limit: int = 50
    before: int | None = None


class Look(msgspec.Struct):
    """A record that somebody has open; `editing` while a form on it has unsaved words. `gone` says good-bye."""

    kind: str
    id: bytes
    editing: bool = False
    gone: bool = False


class GrantView(msgspec.Struct):
    """A role within a place: standing while `revoked_at` is null."""

    id: str
    role: str
    regions: list[str] | None
    departments: list[str] | None
    stores: list[StoreRef] | None
    companies: list[CompanyRef] | None
    services: list[str] | None
    amount_max: Money | None
    given_by: PersonRef | None
    given_at: Timestamp
    revoked_by: PersonRef | None
    revoked_at: Timestamp | None


class AgentSummary(msgspec.Struct):
    """An agent in a list; `roles` are those of the standing grants."""

    id: str
    name: str
    email: str
    role: str
    roles: list[str]
    state: AgentState
    last_log_in_at: Timestamp | None


class AgentPage(msgspec.Struct):
    """A page of agents."""

    data: list[AgentSummary]
    next_cursor: str | None


class AgentDetail(msgspec.Struct):
    """An agent with their grants, standing ones first, as far as the caller may see them."""

    id: str
    name: str
    email: str
    role: str
    locale: str
    state: AgentState
    created_at: Timestamp
    disabled_at: Timestamp | None
    last_log_in_at: Timestamp | None
    open_sessions: int
    grants: list[GrantView]
    may_change: bool  # Whether every standing grant lies within what the caller administers.


class RoleView(msgspec.Struct):
    """A role and what it allows."""

    code: str
    name_fr: str
    name_en: str
    built_in: bool
    fixed: bool  # The administrator holds everything, always.
    permissions: list[str]


class RoleList(msgspec.Struct):
    """Every role, and every permission that there is."""

    data: list[RoleView]
    permissions: list[str]
    next_cursor: str | None = None


class ActionTarget(msgspec.Struct):
    """What an action was done to; `id` is null for kinds without a public id."""

    kind: str
    id: str | None
    label: str | None


class ActionView(msgspec.Struct):
    """One link of the chain."""

    seq: int
    at: Timestamp
    agent: PersonRef
    kind: str
    target: ActionTarget
    facts: dict[str, Any]
    ip: str


class ActionPage(msgspec.Struct):
    """A page of actions, newest first."""

    data: list[ActionView]
    next_cursor: str | None


class ChainState(msgspec.Struct):
    """How far the chain was recomputed and found whole: up to `seq`, whose hash is `hash`."""

    whole: bool
    seq: int
    hash: Annotated[str, msgspec.Meta(description="SHA-256, hexadecimal; empty while there is no action")]
    checked_at: Timestamp | None
    broken_at: int | None = None
    remaining: int = 0


class Onlooker(msgspec.Struct):
    """Somebody else who has the record open."""

    id: str
    name: str
    editing: bool
    since: Timestamp


class Onlookers(msgspec.Struct):
    """Who else has the record open, the first to come first."""

    data: list[Onlooker]
    every_s: int = LOOKING_EVERY_S
