"""The template of contracts: its versions, and the form of the next one."""

from __future__ import annotations

import re
from typing import Any

from litestar import Response, get, post

from portals.agent.contracts.making import new_key, say
from portals.kit.desk import Desk
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.records import path_part

EMPTY_BLOCKS = 2
_CHARACTERS_MAX = 5_000
_PARTS = ("heading_fr", "heading_en", "text_fr", "text_en")
_BLOCK_FIELD = re.compile(r"blocks\[(\d+)\]\.(\w+)")


@get("/contracts/templates")
async def templates_page(desk: Desk) -> Response[bytes]:
    """Show every version."""
    listed = await desk.gateway.get("/v1/contract-templates")
    return desk.page("contracts/templates.html", templates=listed["data"])


@get("/contracts/templates/new")
async def new_template_page(desk: Desk) -> Response[bytes]:
    """Show the form with the clauses of the newest version."""
    newest = await _newest(desk)
    form = {"title_fr": newest["title_fr"], "title_en": newest["title_en"], "note": ""}
    for number, block in enumerate(newest["blocks"]):
        form |= {f"b{number}.{part}": block[part] for part in _PARTS}
    return _form(desk, newest, form, {}, blocks=len(newest["blocks"]) + EMPTY_BLOCKS)


@post("/contracts/templates/new", status_code=200)
async def write_template(desk: Desk) -> Response[bytes]:
    """Write the next version: clauses left empty are dropped."""
    form = await desk.form(_CHARACTERS_MAX)
    count = max(
        (int(name[1:].split(".")[0]) + 1 for name in form if re.match(r"b\d{1,2}\.", name)), default=0
    )
    places = [n for n in range(count) if any(form.get(f"b{n}.{part}", "").strip() for part in _PARTS)]
    blocks = [{part: form.get(f"b{n}.{part}", "").strip() for part in _PARTS} for n in places]
    errors = {
        f"b{n}.{part}": desk.words("contract.problem.empty")
        for n in places
        for part in _PARTS
        if not form.get(f"b{n}.{part}", "").strip()
    }
    for name in ("title_fr", "title_en"):
        if len(form.get(name, "").strip()) < 3:
            errors[name] = desk.words("contract.problem.empty")
    if not blocks:
        errors[""] = desk.words("contract.no_clause")
    if not errors:
        body = {name: form.get(name, "").strip() for name in ("title_fr", "title_en", "note")}
        try:
            made = await desk.gateway.post(
                "/v1/contract-templates",
                {**body, "blocks": blocks},
                idempotency_key=form.get("idempotency_key") or None,
            )
        except GatewayProblem as problem:
            if problem.is_beyond_the_form:
                raise
            for one in problem.errors:
                found = _BLOCK_FIELD.fullmatch(one.field)
                known = found is not None and int(found[1]) < len(places)
                field = f"b{places[int(found[1])]}.{found[2]}" if found and known else one.field
                errors[field] = say(desk, one.code, problem.detail) + (f" {{{one.detail}}}" if known else "")
            errors = errors or {"": problem.detail}
        else:
            return desk.go(f"/contracts/templates/{made['id']}")
    newest = await _newest(desk)
    return _form(desk, newest, form, errors, blocks=max(count, 1), status=422)


@get("/contracts/templates/{template_id:str}")
async def template_page(desk: Desk, template_id: str) -> Response[bytes]:
    """Show one version with its clauses."""
    found = await desk.gateway.get(f"/v1/contract-templates/{path_part(template_id)}")
    return desk.page("contracts/template.html", x=found)


async def _newest(desk: Desk) -> Json:
    listed = await desk.gateway.get("/v1/contract-templates")
    return await desk.gateway.get(f"/v1/contract-templates/{listed['data'][0]['id']}")


def _form(
    desk: Desk,
    newest: Json,
    form: dict[str, Any],
    errors: dict[str, str],
    *,
    blocks: int,
    status: int = 200,
) -> Response[bytes]:
    return desk.page(
        "contracts/write_template.html",
        status=status,
        x=newest,
        form=form,
        errors=errors,
        blocks=blocks,
        parts=_PARTS,
        key=new_key(),
    )


HANDLERS = (templates_page, new_template_page, write_template, template_page)
