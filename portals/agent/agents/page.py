"""Agents: the list, one with their grants, giving and taking back, disabling and enabling."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, get, post

from portals.agent.agents.grants import PLACES, WORDING, grant_body
from portals.agent.agents.invite import invite, invite_page
from portals.kit.forms import Form
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.lists import Act, Column, Filter, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit

FOUND_MAX = 8


LIST = ListPage(
    "/agents",
    "agents.title",
    (
        Column("name", "agents.name", "link"),
        Column("state", "agents.state", "cell"),
        Column("roles", "agents.roles", "cell"),
        Column("email", "agents.email"),
        Column("seen", "agents.last_log_in", "ago", "last_log_in_at"),
    ),
    filters=(
        Filter("state", "tabs", options=("all", "active", "disabled"), words="agents."),
        Filter("query", "words", "agents.find"),
        Filter("role", "choice", "grants.role", unset="agents.roles"),
    ),
    acts=(Act("/agents/invite", "agents.invite", "agents.write", primary=True),),
    none=("agents.none", "find.none_text"),
    record="agents/record.html",
    prefix="agt_",
    template="agents/agents.html",
)


@get("/agents")
async def agents_page(visit: Visit) -> Response[bytes]:
    """Show the list; `?open=` shows one beside it."""
    shown, roles = await asyncio.gather(LIST.read(visit, _load), _roles(visit))
    names = _names(roles, visit.locale)
    return LIST.draw(visit, shown, options={"role": list(names.items())}, role_names=names)


@get("/agents/{agent_id:str}")
async def agent_page(visit: Visit, agent_id: str) -> Response[bytes]:
    """Show one agent."""
    return _show(visit, await _load(visit, agent_id))


@post("/agents/{agent_id:str}/grants", status_code=200)
async def give_grant(visit: Visit, agent_id: str) -> Response[bytes]:
    """Give what the form says; with `find` pressed, look for stores and companies first."""
    form = await visit.form()
    form.fields |= {name: form.chosen(name, characters_max=40) for name in PLACES}
    if "find" not in form:
        path = f"/v1/agents/{path_part(agent_id)}/grants"
        if await form.post(path, grant_body(form), wording=WORDING) is not None:
            return visit.done(f"/agents/{path_part(agent_id)}", "done.granted")
    record = await _load(visit, agent_id)
    record["found"] = await _find(visit, form.fields)
    return _show(visit, record, form)


@post("/agents/{agent_id:str}/grants/{grant_id:str}/revoke", status_code=200)
async def revoke_grant(visit: Visit, agent_id: str, grant_id: str) -> Response[bytes]:
    """Take a grant back."""
    return await _with_reason(visit, agent_id, f"/v1/grants/{path_part(grant_id)}/revoke", "done.revoked")


@post("/agents/{agent_id:str}/disable", status_code=200)
async def disable_agent(visit: Visit, agent_id: str) -> Response[bytes]:
    """Disable the account."""
    return await _with_reason(visit, agent_id, f"/v1/agents/{path_part(agent_id)}/disable", "done.disabled")


@post("/agents/{agent_id:str}/enable", status_code=200)
async def enable_agent(visit: Visit, agent_id: str) -> Response[bytes]:
    """Enable the account again."""
    return await _with_reason(visit, agent_id, f"/v1/agents/{path_part(agent_id)}/enable", "done.enabled")


async def _with_reason(visit: Visit, agent_id: str, path: str, word: str) -> Response[bytes]:
    form = await visit.form()
    if await form.post(path, {"reason": form.reason()}, wording=WORDING) is not None:
        return visit.done(f"/agents/{path_part(agent_id)}", word)
    return _show(visit, await _load(visit, agent_id), form)


async def _load(visit: Visit, agent_id: str) -> dict[str, Any]:
    agent, roles = await asyncio.gather(visit.gateway.get(f"/v1/agents/{path_part(agent_id)}"), _roles(visit))
    return {
        "agent": agent,
        "roles": roles,
        "role_names": _names(roles, visit.locale),
        "standing": [grant for grant in agent["grants"] if not grant["revoked_at"]],
        "former": [grant for grant in agent["grants"] if grant["revoked_at"]],
        "found": None,
    }


async def _find(visit: Visit, form: dict[str, Any]) -> Json | None:
    """Return stores and companies by words; their companies come with the stores."""
    words = str(form.get("place_words", "")).strip()[:80]
    listed = {"data": []}
    if len(words) >= 2:
        listed = await visit.gateway.get("/v1/stores", [("query", words), ("limit", str(FOUND_MAX))])
    companies = {store["company"]["id"]: store["company"] for store in listed["data"]}
    kept = {"stores": form.get("stores", []), "companies": form.get("companies", [])}
    stores = {store["id"]: store for store in listed["data"]}
    # What was ticked before stays ticked, with its name asked for again.
    for store_id in kept["stores"]:
        if store_id not in stores:
            try:
                stores[store_id] = await visit.gateway.get(f"/v1/stores/{path_part(store_id)}")
            except GatewayProblem as problem:
                if problem.status == 401:
                    raise
    for company_id in kept["companies"]:
        companies.setdefault(
            company_id, {"id": company_id, "name": form.get(f"name-{company_id}") or company_id}
        )
    return {"words": words, "stores": list(stores.values()), "companies": list(companies.values())}


async def _roles(visit: Visit) -> list[Json]:
    return (await visit.gateway.get("/v1/roles"))["data"]


def _names(roles: list[Json], locale: str) -> dict[str, str]:
    return {role["code"]: role[f"name_{locale}"] for role in roles}


def _show(visit: Visit, record: dict[str, Any], form: Form | None = None) -> Response[bytes]:
    return LIST.sheet(visit, record, record["agent"]["name"], form)


HANDLERS = (
    invite_page,
    invite,
    agents_page,
    agent_page,
    give_grant,
    revoke_grant,
    disable_agent,
    enable_agent,
)
