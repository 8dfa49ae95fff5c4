"""Administration: agents, roles, grants, the audit, who looks at which record. Requests and public shapes."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec

from core.contracts.ids import AgentId, AnyId, CompanyId, GrantId, RecordId, StoreId
from core.contracts.listing import Closed, Nothing, Paged, Revision, Why, Words
from core.contracts.operation import (
    ACT,
    BY_RECORD,
    GET,
    PATCH,
    POST,
    Operation,
    everywhere,
    somewhere,
    unplaced,
)
from core.contracts.permissions import Permission
from core.contracts.references import CompanyRef, Money, PersonRef, StoreRef, Timestamp

ADMINISTRATOR = "administrator"
"""The role that may give what its holder does not hold, and that always holds everything."""

SERVICE_KINDS = ("pax", "softpos", "onsite", "ecommerce")
PLACES_MAX = 200
GRANTS_STANDING_MAX = 50
AMOUNT_MINOR_MAX = 10**12
CURRENCY = "EUR"
ONLOOKERS_EVERY_S = 15
ONLOOKER_LASTS_S = 45

AgentState = Literal["active", "disabled"]
ServiceName = Literal["pax", "softpos", "onsite", "ecommerce"]

RoleCode = Annotated[str, msgspec.Meta(min_length=2, max_length=40)]
RoleName = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Codes = Annotated[
    list[Annotated[str, msgspec.Meta(min_length=1, max_length=40)]], msgspec.Meta(max_length=PLACES_MAX)
]
_OF_A_ROLE: Final = msgspec.Meta(max_length=40, description="Code of a role")
_KIND: Final = msgspec.Meta(max_length=60, description="`grant.given`, or `grant` for every `grant.…`")
_TARGET: Final = msgspec.Meta(description="Id of what it was done to")


class ListAgents(Paged, kw_only=True):
    """Find agents by name or e-mail, among those whose grants lie within the caller's."""

    query: Words = ""
    state: AgentState | None = None
    role: Annotated[str, _OF_A_ROLE] | None = None


class OneAgent(msgspec.Struct, kw_only=True):
    """Return an agent with standing and former grants, the last log in and how many sessions are open."""

    id: AgentId


class SwitchAgent(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    id: AgentId
    reason: Why
    idempotency_key: str = ""


class DisableAgent(SwitchAgent, kw_only=True):
    """Why they log in no more."""


class EnableAgent(SwitchAgent, kw_only=True):
    """Why they log in again."""


class GiveGrant(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A role within a place. What is left out does not limit; no place at all is the whole country."""

    id: AgentId
    role: RoleCode
    regions: Codes | None = None
    departments: Codes | None = None
    stores: Annotated[list[StoreId], msgspec.Meta(max_length=PLACES_MAX)] | None = None
    companies: Annotated[list[CompanyId], msgspec.Meta(max_length=PLACES_MAX)] | None = None
    services: Codes | None = None
    amount_max: Money | None = None
    idempotency_key: str = ""


class RevokeGrant(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    id: GrantId
    reason: Why
    idempotency_key: str = ""


class CreateRole(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A role of the institution's own."""

    code: Annotated[str, msgspec.Meta(max_length=40)]
    name_fr: Annotated[str, msgspec.Meta(max_length=80)]
    name_en: Annotated[str, msgspec.Meta(max_length=80)]
    permissions: Codes
    idempotency_key: str = ""


class ChangeRole(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is; refused when somebody else changed the role after the revision that is named."""

    code: RoleCode
    revision: Revision
    permissions: Codes | None = None
    name_fr: RoleName | None = None
    name_en: RoleName | None = None
    idempotency_key: str = ""


class ListActions(Paged, kw_only=True):
    """Return actions by person, kind, target, time and words."""

    agent: Annotated[AgentId, msgspec.Meta(description="Id of an agent")] | None = None
    kind: Annotated[str, _KIND] = ""
    target_kind: Annotated[str, msgspec.Meta(max_length=40)] = ""
    target: Annotated[AnyId, _TARGET] | None = None
    from_: Annotated[datetime, msgspec.Meta(description="Done at or after")] | None = msgspec.field(
        default=None, name="from"
    )
    to: Annotated[datetime, msgspec.Meta(description="Done before")] | None = None
    query: Words = ""


class Look(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The record; `editing` while a form on it holds unsaved words, `gone` when its page is left."""

    id: RecordId
    editing: bool = False
    gone: bool = False


class ListOnlookers(msgspec.Struct, kw_only=True):
    """Return who else has the record open, without saying that the caller does."""

    record: Annotated[RecordId, msgspec.Meta(description="Id of the record")]


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
    revision: int  # moves with each change


class RoleList(msgspec.Struct):
    """Every role, and every permission that there is."""

    data: list[RoleView]
    permissions: list[str]
    next_cursor: str | None = None


_NAMES: Final = msgspec.Meta(
    description="What the records, roles, types and statuses that the facts mention are called, by id or code"
)


class ActionTarget(msgspec.Struct):
    """What an action was done to; `id` is null for kinds without a public id."""

    kind: str
    id: str | None
    label: str | None


class ActionView(msgspec.Struct):
    """One link of the chain. `agent` is who did it: an agent, or the API key of a merchant's program."""

    seq: int
    at: Timestamp
    agent: PersonRef
    kind: str
    target: ActionTarget
    facts: dict[str, Any]
    ip: str
    names: Annotated[dict[str, str], _NAMES] = {}


class ActionPage(msgspec.Struct):
    """A page of actions, newest first."""

    data: list[ActionView]
    next_cursor: str | None
    closed: Closed = []


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
    every_s: int = ONLOOKERS_EVERY_S


_GIVE: Final = (
    "Give a role within a place. Nobody gives what they do not hold there, or anything to themselves."
)
_ENABLE: Final = "Let a disabled agent log in again, with the grants that still stand."
_ROLES: Final = "Return every role with its permissions, and every permission that there is."
_CHANGE: Final = "Give a role other permissions; whoever holds it has them at their next call."
_CHAIN: Final = "Recompute the chain from where the last look ended, and say up to which number it is whole."
_LOOK: Final = "Say so every 15 seconds while the record is open, and learn who else has it open."
_AGENTS_READ: Final = somewhere(Permission.AGENTS_READ)
_AGENTS_WRITE: Final = somewhere(Permission.AGENTS_WRITE)
_GRANTS_WRITE: Final = somewhere(Permission.GRANTS_WRITE)
_GRANTS_WRITE_EVERYWHERE: Final = everywhere(Permission.GRANTS_WRITE)
_AUDIT_READ: Final = somewhere(Permission.AUDIT_READ)
LIST_AGENTS = Operation(
    "agents.list", ListAgents, AgentPage, _AGENTS_READ, http=GET("/agents", "Search agents")
)
ONE_AGENT = Operation(
    "agents.one", OneAgent, AgentDetail, _AGENTS_READ, http=GET("/agents/{id}", "One agent")
)
DISABLE_AGENT = Operation(
    "agents.disable",
    DisableAgent,
    AgentDetail,
    _AGENTS_WRITE,
    http=ACT(
        "/agents/{id}/disable", "Disable an agent", "End the agent's sessions and let them log in no more."
    ),
    audit=("agent.disabled",),
)
ENABLE_AGENT = Operation(
    "agents.enable",
    EnableAgent,
    AgentDetail,
    _AGENTS_WRITE,
    http=ACT("/agents/{id}/enable", "Enable an agent", _ENABLE),
    audit=("agent.enabled",),
)
GIVE_GRANT = Operation(
    "grants.give",
    GiveGrant,
    AgentDetail,
    _GRANTS_WRITE,
    http=POST("/agents/{id}/grants", "Give a grant", _GIVE),
    audit=("grant.given",),
)
REVOKE_GRANT = Operation(
    "grants.revoke",
    RevokeGrant,
    AgentDetail,
    _GRANTS_WRITE,
    http=ACT("/grants/{id}/revoke", "Take a grant back", "End a grant: it is gone at the agent's next call."),
    audit=("grant.revoked",),
)
LIST_ROLES = Operation(
    "roles.list",
    Nothing,
    RoleList,
    unplaced(Permission.AGENTS_READ),
    http=GET("/roles", "List roles", _ROLES),
)
CREATE_ROLE = Operation(
    "roles.create",
    CreateRole,
    RoleView,
    _GRANTS_WRITE_EVERYWHERE,
    http=POST("/roles", "Create a role", "Add a role of the institution's own."),
    audit=("role.created",),
)
CHANGE_ROLE = Operation(
    "roles.change",
    ChangeRole,
    RoleView,
    _GRANTS_WRITE_EVERYWHERE,
    http=PATCH("/roles/{code}", "Change a role", _CHANGE),
    audit=("role.changed",),
    example={"code": "hotline"},
)
LIST_ACTIONS = Operation(
    "audit.list", ListActions, ActionPage, _AUDIT_READ, http=GET("/audit", "What people did, newest first")
)
CHAIN = Operation(
    "audit.chain",
    Nothing,
    ChainState,
    _AUDIT_READ,
    http=GET("/audit/chain", "Whether the audit is whole", _CHAIN),
)
LOOK = Operation(
    "onlookers.look",
    Look,
    Onlookers,
    BY_RECORD,
    http=ACT("/onlookers", "Say that one looks at a record", _LOOK),
)
LIST_ONLOOKERS = Operation(
    "onlookers.list",
    ListOnlookers,
    Onlookers,
    BY_RECORD,
    http=GET("/onlookers", "Who looks at a record"),
    example={"record": "{transaction}"},
)
