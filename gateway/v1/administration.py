"""Agents, roles, grants, the audit, who looks at what."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from core.contracts import administration as ask
from core.contracts import desk_requests as desk
from core.contracts.administration import AgentState, LookedAtKind
from core.contracts.desk_views import Money
from core.values.ids import PREFIXES
from gateway.core_client import Caller, CoreClient
from gateway.problems import Problem
from gateway.v1.reading import Cursor, Limit, Words, body_id, cursor_number, cursor_parts, moment_us, path_id
from gateway.v1.writing import IdempotencyKey, ReasonText, optional_key, write

CURRENCY = "EUR"
RoleCode = Annotated[str, msgspec.Meta(min_length=2, max_length=40)]
RoleName = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Codes = Annotated[list[Code], msgspec.Meta(max_length=ask.PLACES_MAX)]


class SwitchBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why."""

    reason: ReasonText


class GrantBody(msgspec.Struct, forbid_unknown_fields=True):
    """A role within a place. What is left out does not limit; no place at all is the whole country."""

    role: RoleCode
    regions: Codes | None = None
    departments: Codes | None = None
    stores: Codes | None = None
    companies: Codes | None = None
    services: Codes | None = None
    amount_max: Money | None = None


class RoleBody(msgspec.Struct, forbid_unknown_fields=True):
    """A role of the institution's own."""

    code: RoleCode
    name_fr: RoleName
    name_en: RoleName
    permissions: Codes


class RoleChangeBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    permissions: Codes | None = None
    name_fr: RoleName | None = None
    name_en: RoleName | None = None


class LookBody(msgspec.Struct, forbid_unknown_fields=True):
    """The record; `editing` while a form on it holds unsaved words, `gone` when its page is left."""

    kind: LookedAtKind
    id: Annotated[str, msgspec.Meta(max_length=40)]
    editing: bool = False
    gone: bool = False


@get(
    "/agents",
    summary="Search agents",
    tags=["Administration"],
    opt={"query": frozenset({"query", "state", "role", "limit", "cursor"})},
)
async def list_agents(
    caller: Caller,
    core: CoreClient,
    words: Words = "",
    standing: Annotated[AgentState | None, QueryParameter(name="state")] = None,
    role: Annotated[str | None, QueryParameter(max_length=40, description="Code of a role")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ask.AgentPage:
    """Find agents by name or e-mail, among those whose grants lie within the caller's."""
    body = ask.ListAgents(query=words, state=standing, role=role, limit=limit)
    parts = cursor_parts(cursor, 2)
    if parts is not None:
        body.after_name, body.after_id = parts[0], body_id("agent", parts[1], "cursor")
    return await core.ask(ask.AGENTS, body, ask.AgentPage, caller=caller)


@get("/agents/{agent_id:str}", summary="One agent", tags=["Administration"])
async def one_agent(agent_id: str, caller: Caller, core: CoreClient) -> ask.AgentDetail:
    """Return an agent with standing and former grants, the last log in and how many sessions are open."""
    body = ask.OneAgent(path_id("agent", agent_id))
    return await core.ask(ask.AGENT, body, ask.AgentDetail, caller=caller)


@post(
    "/agents/{agent_id:str}/disable",
    summary="Disable an agent",
    tags=["Administration"],
    status_code=200,
    responses={200: ResponseSpec(ask.AgentDetail, description="The agent, whose sessions have ended")},
)
async def disable_agent(
    agent_id: str,
    data: SwitchBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """End the agent's sessions and let them log in no more."""
    return await _switch(agent_id, data, caller, core, idempotency_key, disabled=True)


@post(
    "/agents/{agent_id:str}/enable",
    summary="Enable an agent",
    tags=["Administration"],
    status_code=200,
    responses={200: ResponseSpec(ask.AgentDetail, description="The agent, who may log in again")},
)
async def enable_agent(
    agent_id: str,
    data: SwitchBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Let a disabled agent log in again, with the grants that still stand."""
    return await _switch(agent_id, data, caller, core, idempotency_key, disabled=False)


@post(
    "/agents/{agent_id:str}/grants",
    summary="Give a grant",
    tags=["Administration"],
    status_code=201,
    responses={201: ResponseSpec(ask.AgentDetail, description="The agent with the new grant")},
)
async def give_grant(
    agent_id: str,
    data: GrantBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Give a role within a place. Nobody gives what they do not hold there, or anything to themselves."""
    if data.amount_max is not None and data.amount_max.currency != CURRENCY:
        raise Problem.of_field("amount_max.currency", "unknown_value", CURRENCY)
    body = ask.GiveGrant(
        agent_id=path_id("agent", agent_id),
        role=data.role,
        regions=data.regions,
        departments=data.departments,
        stores=_ids("store", data.stores, "stores"),
        companies=_ids("company", data.companies, "companies"),
        services=data.services,
        amount_max_minor=None if data.amount_max is None else data.amount_max.amount,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.GIVE_GRANT, body, 201)


@post(
    "/grants/{grant_id:str}/revoke",
    summary="Take a grant back",
    tags=["Administration"],
    status_code=200,
    responses={200: ResponseSpec(ask.AgentDetail, description="The agent without the grant")},
)
async def revoke_grant(
    grant_id: str,
    data: SwitchBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """End a grant: it is gone at the agent's next call."""
    body = ask.RevokeGrant(path_id("grant", grant_id), data.reason, optional_key(idempotency_key))
    return await write(core, caller, ask.REVOKE_GRANT, body, 200)


@get("/roles", summary="List roles", tags=["Administration"])
async def list_roles(caller: Caller, core: CoreClient) -> ask.RoleList:
    """Return every role with its permissions, and every permission that there is."""
    return await core.ask(ask.ROLES, desk.Nothing(), ask.RoleList, caller=caller)


@post(
    "/roles",
    summary="Create a role",
    tags=["Administration"],
    status_code=201,
    responses={201: ResponseSpec(ask.RoleView, description="The role")},
)
async def create_role(
    data: RoleBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Add a role of the institution's own."""
    body = ask.CreateRole(
        data.code, data.name_fr, data.name_en, data.permissions, optional_key(idempotency_key)
    )
    return await write(core, caller, ask.CREATE_ROLE, body, 201)


@post(
    "/roles/{code:str}",
    summary="Change a role",
    tags=["Administration"],
    status_code=200,
    responses={200: ResponseSpec(ask.RoleView, description="The role")},
)
async def change_role(
    code: str,
    data: RoleChangeBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Give a role other permissions; whoever holds it has them at their next call."""
    body = ask.ChangeRole(
        code[:40], data.permissions, data.name_fr, data.name_en, optional_key(idempotency_key)
    )
    return await write(core, caller, ask.CHANGE_ROLE, body, 200)


@get(
    "/audit",
    summary="What people did, newest first",
    tags=["Administration"],
    opt={
        "query": frozenset(
            {"agent", "kind", "target_kind", "target", "from", "to", "query", "limit", "cursor"}
        )
    },
)
async def list_actions(
    caller: Caller,
    core: CoreClient,
    agent: Annotated[str | None, QueryParameter(description="Id of an agent")] = None,
    kind: Annotated[
        str, QueryParameter(max_length=60, description="`grant.given`, or `grant` for every `grant.…`")
    ] = "",
    target_kind: Annotated[str, QueryParameter(max_length=40)] = "",
    target: Annotated[str | None, QueryParameter(description="Id of what it was done to")] = None,
    from_: Annotated[datetime | None, QueryParameter(name="from", description="Done at or after")] = None,
    to: Annotated[datetime | None, QueryParameter(description="Done before")] = None,
    words: Words = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ask.ActionPage:
    """Return actions by person, kind, target, time and words."""
    body = ask.ListActions(
        agent_id=None if agent is None else body_id("agent", agent, "agent"),
        kind=kind,
        target_kind=target_kind,
        target_id=None if target is None else _target_id(target),
        from_us=moment_us(from_),
        to_us=moment_us(to),
        query=words,
        limit=limit,
        before=_number(cursor),
    )
    return await core.ask(ask.ACTIONS, body, ask.ActionPage, caller=caller)


@get("/audit/chain", summary="Whether the audit is whole", tags=["Administration"])
async def chain_state(caller: Caller, core: CoreClient) -> ask.ChainState:
    """Recompute the chain from where the last look ended, and say up to which number it is whole."""
    return await core.ask(ask.CHAIN, desk.Nothing(), ask.ChainState, caller=caller)


@post("/looking", summary="Say that one looks at a record", tags=["Looking"], status_code=200)
async def look(data: LookBody, caller: Caller, core: CoreClient) -> ask.Onlookers:
    """Say so every 15 seconds while the record is open, and learn who else has it open."""
    body = ask.Look(data.kind, body_id(data.kind, data.id, "id"), data.editing, data.gone)
    return await core.ask(ask.LOOK, body, ask.Onlookers, caller=caller)


@get(
    "/looking",
    summary="Who looks at a record",
    tags=["Looking"],
    opt={"query": frozenset({"kind", "record"})},
)
async def looking(
    caller: Caller,
    core: CoreClient,
    kind: LookedAtKind,
    record: Annotated[str, QueryParameter(max_length=40, description="Id of the record")],
) -> ask.Onlookers:
    """Return who else has the record open, without saying that the caller does."""
    return await core.ask(
        ask.LOOKING, ask.Look(kind, body_id(kind, record, "record")), ask.Onlookers, caller=caller
    )


async def _switch(
    agent_id: str, data: SwitchBody, caller: Caller, core: CoreClient, key: str | None, *, disabled: bool
) -> Response[bytes]:
    body = ask.SwitchAgent(path_id("agent", agent_id), disabled, data.reason, optional_key(key))
    return await write(core, caller, ask.SWITCH_AGENT, body, 200)


def _target_id(text: str) -> bytes:
    prefix = text.partition("_")[0]
    kind = next((kind for kind, known in PREFIXES.items() if known == prefix), None)
    if kind is None:
        raise Problem.of_field("target", "malformed", "an id of the API")
    return body_id(kind, text, "target")


def _number(cursor: str | None) -> int | None:
    parts = cursor_parts(cursor, 1)
    return None if parts is None else cursor_number(parts[0], 18)


def _ids(kind: str, texts: list[str] | None, field: str) -> list[bytes] | None:
    return None if texts is None else [body_id(kind, text, field) for text in texts]


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    list_agents,
    one_agent,
    disable_agent,
    enable_agent,
    give_grant,
    revoke_grant,
    list_roles,
    create_role,
    change_role,
    list_actions,
    chain_state,
    look,
    looking,
)
