"""The template of contracts: its versions, and the form of the next one."""

from __future__ import annotations

import re

from litestar import Response, get, post

from portals.agent.contracts.making import CODES
from portals.kit.forms import Form, Wording
from portals.kit.gateway import Json
from portals.kit.lists import Act, Column, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit

EMPTY_BLOCKS = 2
_PARTS = ("heading_fr", "heading_en", "text_fr", "text_en")
_BLOCK_FIELD = re.compile(r"blocks\[(\d+)\]\.(\w+)")


LIST = ListPage(
    "/contracts/templates",
    "contract.templates",
    (
        Column("version", "contract.version_word", "cell"),
        Column("title", "contract.template_title", "cell"),
        Column("note", "contract.template_note"),
        Column("written", "contract.written", "cell"),
        Column("used", "contract.used_by", "count", "contracts"),
    ),
    api="/v1/contract-templates",
    css="templates",
    rows=0,
    acts=(Act("/contracts/templates/new", "contract.template_new", "contracts.templates", primary=True),),
    template="contracts/templates.html",
)


@get("/contracts/templates")
async def templates_page(visit: Visit) -> Response[bytes]:
    """Show every version."""
    return await LIST.show(visit)


@get("/contracts/templates/new")
async def new_template_page(visit: Visit) -> Response[bytes]:
    """Show the form with the clauses of the newest version."""
    newest = await _newest(visit)
    fields = {"title_fr": newest["title_fr"], "title_en": newest["title_en"], "note": ""}
    for number, block in enumerate(newest["blocks"]):
        fields |= {f"b{number}.{part}": block[part] for part in _PARTS}
    return await _form(visit, visit.filled(fields), blocks=len(newest["blocks"]) + EMPTY_BLOCKS)


@post("/contracts/templates/new", status_code=200)
async def write_template(visit: Visit) -> Response[bytes]:
    """Write the next version: clauses left empty are dropped."""
    form = await visit.form()
    count = max(
        (int(name[1:].split(".")[0]) + 1 for name in form if re.match(r"b\d{1,2}\.", name)), default=0
    )
    places = [n for n in range(count) if any(form[f"b{n}.{part}"] for part in _PARTS)]
    blocks = [{part: form[f"b{n}.{part}"] for part in _PARTS} for n in places]
    for name in (*(f"b{n}.{part}" for n in places for part in _PARTS), "title_fr", "title_en"):
        if len(form[name]) < (3 if name.startswith("title") else 1):
            form.error(name, "contract.problem.empty")
    if not blocks:
        form.error("", "contract.no_clause")

    def field_of(name: str) -> str:
        found = _BLOCK_FIELD.fullmatch(name)
        known = found is not None and int(found[1]) < len(places)
        return f"b{places[int(found[1])]}.{found[2]}" if found and known else name

    body: Json = {name: form[name] for name in ("title_fr", "title_en", "note")} | {"blocks": blocks}
    made = await form.post("/v1/contract-templates", body, wording=Wording(field_of=field_of, codes=CODES))
    if made is not None:
        return visit.done(f"/contracts/templates/{made['id']}", "done.template_written")
    for error in form.problem.errors if form.problem else ():
        # The words of a clause say what is wrong, and this where in it.
        if _BLOCK_FIELD.fullmatch(error.field) and error.detail:
            form.errors[field_of(error.field)] += f" {{{error.detail}}}"
    return await _form(visit, form, blocks=max(count, 1))


@get("/contracts/templates/{template_id:str}")
async def template_page(visit: Visit, template_id: str) -> Response[bytes]:
    """Show one version with its clauses."""
    found = await visit.gateway.get(f"/v1/contract-templates/{path_part(template_id)}")
    return visit.page("contracts/template.html", x=found)


async def _newest(visit: Visit) -> Json:
    listed = await visit.gateway.get("/v1/contract-templates")
    return await visit.gateway.get(f"/v1/contract-templates/{listed['data'][0]['id']}")


async def _form(visit: Visit, form: Form, *, blocks: int) -> Response[bytes]:
    newest = await _newest(visit)
    return visit.page("contracts/write_template.html", x=newest, form=form, blocks=blocks, parts=_PARTS)


HANDLERS = (templates_page, new_template_page, write_template, template_page)
