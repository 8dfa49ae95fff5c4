"""Webhooks: the endpoints of companies, one with the log of its messages, one message with what was answered."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.kit.forms import Form, Wording
from portals.kit.gateway import Json
from portals.kit.lists import Column, Filter, ListPage, read_page
from portals.kit.records import path_part
from portals.kit.visit import Visit
from portals.kit.vocabulary import WEBHOOK_DELIVERY_STATES, WEBHOOK_KINDS, WEBHOOK_STATES

LIST = ListPage(
    "/webhooks",
    "webhooks.title",
    (
        Column("url", "webhooks.url", "cell"),
        Column("company", "webhooks.company", "cell"),
        Column("state", "column.state", "cell"),
        Column("kinds", "webhooks.kinds", "cell"),
        Column("waiting", "webhooks.waiting", "count"),
        Column("made_at", "webhooks.made", "ago"),
    ),
    api="/v1/webhook-endpoints",
    filters=(
        Filter("company"),
        Filter("state", "choice", "column.state", WEBHOOK_STATES, "webhooks.state_", "webhooks.any_state"),
    ),
    none=("webhooks.none", "webhooks.none_text"),
    labelled=True,
    template="webhooks/endpoints.html",
)
_ROTATED = ("0", "1", "24", "72", "168")
_WORDING = Wording(field_of=lambda field: "kinds" if field.startswith("kinds") else field)


@get("/webhooks")
async def webhooks_page(visit: Visit) -> Response[bytes]:
    """Show endpoints, of one company where the address says so."""
    shown = await LIST.read(visit)
    company = None
    if chosen := shown.kept.get("company"):
        company = await visit.gateway.get(f"/v1/companies/{path_part(chosen)}")
    return LIST.draw(visit, shown, company=company)


@get("/webhooks/new")
async def new_endpoint(visit: Visit) -> Response[bytes]:
    """Show the form of an endpoint of a company."""
    company = visit.request.query_params.get("company", "")
    return await _form(visit, visit.filled({"company": company, "kinds": ()}))


@post("/webhooks/new", status_code=200)
async def add_endpoint(visit: Visit) -> Response[bytes]:
    """Add an endpoint, and go to it."""
    form = await visit.form()
    body = {"company": form["company"][:40], **_fields_of(form)}
    made = await form.post("/v1/webhook-endpoints", body, wording=_WORDING, judged=True)
    if made is None:
        return await _form(visit, form)
    return visit.done(f"/webhooks/{path_part(made['id'])}", "webhooks.added")


@get("/webhooks/deliveries/{delivery_id:str}")
async def delivery_page(visit: Visit, delivery_id: str) -> Response[bytes]:
    """Show one message with what was answered each time."""
    return await _delivery(visit, delivery_id)


@post("/webhooks/deliveries/{delivery_id:str}/resend", status_code=200)
async def resend(visit: Visit, delivery_id: str) -> Response[bytes]:
    """Send a message again."""
    form = await visit.form()
    path = f"/v1/webhook-deliveries/{path_part(delivery_id)}/resend"
    if await form.post(path, {}) is None:
        return await _delivery(visit, delivery_id, form)
    return visit.done(f"/webhooks/deliveries/{path_part(delivery_id)}", "webhooks.resent")


@get("/webhooks/{endpoint_id:str}")
async def endpoint_page(visit: Visit, endpoint_id: str) -> Response[bytes]:
    """Show an endpoint with its messages."""
    return await _show(visit, endpoint_id)


@get("/webhooks/{endpoint_id:str}/edit")
async def edit_endpoint(visit: Visit, endpoint_id: str) -> Response[bytes]:
    """Show the form of an endpoint."""
    return await _form(visit, visit.filled(await _given(visit, endpoint_id)), endpoint_id)


@post("/webhooks/{endpoint_id:str}/edit", status_code=200)
async def save_endpoint(visit: Visit, endpoint_id: str) -> Response[bytes]:
    """Write an endpoint; when somebody was faster, say so."""
    form = await visit.form()
    saved = await form.patch(
        f"/v1/webhook-endpoints/{path_part(endpoint_id)}",
        _fields_of(form),
        wording=_WORDING,
        fresh=lambda: _given(visit, endpoint_id),
        judged=True,
    )
    if saved is None:
        return await _form(visit, form, endpoint_id)
    return visit.done(f"/webhooks/{path_part(endpoint_id)}", "done.saved")


@post("/webhooks/{endpoint_id:str}/disable", status_code=200)
async def disable(visit: Visit, endpoint_id: str) -> Response[bytes]:
    """Send nothing more."""
    form = await visit.form()
    return await _act(visit, endpoint_id, "disable", form, {"reason": form.reason()}, "webhooks.disabled")


@post("/webhooks/{endpoint_id:str}/enable", status_code=200)
async def enable(visit: Visit, endpoint_id: str) -> Response[bytes]:
    """Send again."""
    return await _act(visit, endpoint_id, "enable", await visit.form(), {}, "webhooks.enabled")


@post("/webhooks/{endpoint_id:str}/rotate", status_code=200)
async def rotate(visit: Visit, endpoint_id: str) -> Response[bytes]:
    """Sign with a new secret."""
    form = await visit.form()
    hours = int(form.choice("overlap_hours", _ROTATED, "24"))
    return await _act(visit, endpoint_id, "rotate", form, {"overlap_hours": hours}, "webhooks.rotated")


@post("/webhooks/{endpoint_id:str}/test", status_code=200)
async def try_endpoint(visit: Visit, endpoint_id: str) -> Response[bytes]:
    """Send an event that tells of nothing."""
    return await _act(visit, endpoint_id, "test", await visit.form(), {}, "webhooks.tested")


@post("/webhooks/{endpoint_id:str}/secrets", status_code=200)
async def secrets(visit: Visit, endpoint_id: str) -> Response[bytes]:
    """Show the secrets in use, on this answer alone."""
    form = await visit.form()
    found = await form.post(f"/v1/webhook-endpoints/{path_part(endpoint_id)}/secrets", {}, keyed=False)
    return await _show(visit, endpoint_id, form, secrets=None if found is None else found["data"])


@post("/webhooks/{endpoint_id:str}/remove", status_code=200)
async def remove(visit: Visit, endpoint_id: str) -> Response[bytes]:
    """Remove an endpoint."""
    await visit.form()
    return await visit.delete(
        f"/v1/webhook-endpoints/{path_part(endpoint_id)}", "/webhooks", "webhooks.removed"
    )


async def _act(
    visit: Visit, endpoint_id: str, act: str, form: Form, body: Json, done: str
) -> Response[bytes]:
    if await form.post(f"/v1/webhook-endpoints/{path_part(endpoint_id)}/{act}", body) is None:
        return await _show(visit, endpoint_id, form)
    return visit.done(f"/webhooks/{path_part(endpoint_id)}", done)


async def _show(
    visit: Visit, endpoint_id: str, form: Form | None = None, *, secrets: list[Json] | None = None
) -> Response[bytes]:
    address = f"/v1/webhook-endpoints/{path_part(endpoint_id)}"
    query = visit.request.query_params
    state = query.get("state", "")
    state = state if state in WEBHOOK_DELIVERY_STATES else ""
    endpoint, (log, restarted) = await asyncio.gather(
        visit.gateway.get(address),
        read_page(
            visit,
            f"{address}/deliveries",
            [("limit", "25"), *([("state", state)] if state else [])],
            query.get("cursor", "")[:400],
        ),
    )
    return visit.page(
        "webhooks/endpoint.html",
        form=form,
        x=endpoint,
        log=log,
        restarted=restarted,
        state=state,
        states=WEBHOOK_DELIVERY_STATES,
        rotated=_ROTATED,
        secrets=secrets,
    )


async def _delivery(visit: Visit, delivery_id: str, form: Form | None = None) -> Response[bytes]:
    found = await visit.gateway.get(f"/v1/webhook-deliveries/{path_part(delivery_id)}")
    return visit.page("webhooks/delivery.html", form=form, x=found)


async def _form(visit: Visit, form: Form, endpoint_id: str = "") -> Response[bytes]:
    company = None
    if not endpoint_id and form["company"]:
        company = await visit.gateway.get(f"/v1/companies/{path_part(form['company'])}")
    back = f"/webhooks/{path_part(endpoint_id)}" if endpoint_id else "/webhooks"
    return visit.page(
        "webhooks/form.html",
        form=form,
        company=company,
        kinds=[kind for kind in WEBHOOK_KINDS if kind != "endpoint.tested"],
        chosen=form.chosen("kinds") or form.fields.get("kinds") or (),
        endpoint_id=endpoint_id,
        back=back,
        action=f"{back}/edit" if endpoint_id else "/webhooks/new",
    )


async def _given(visit: Visit, endpoint_id: str) -> Json:
    endpoint = await visit.gateway.get(f"/v1/webhook-endpoints/{path_part(endpoint_id)}")
    return {name: endpoint[name] for name in ("url", "description", "kinds", "revision")}


def _fields_of(form: Form) -> Json:
    return {**form.texts("url", "description"), "kinds": form.chosen("kinds")}


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    webhooks_page,
    new_endpoint,
    add_endpoint,
    delivery_page,
    resend,
    endpoint_page,
    edit_endpoint,
    save_endpoint,
    disable,
    enable,
    rotate,
    try_endpoint,
    secrets,
    remove,
)
