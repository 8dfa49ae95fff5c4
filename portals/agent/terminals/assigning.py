"""What technicians do: assign a terminal to a store, set its options, activate, move, retire."""

from __future__ import annotations

from litestar import Response, get, post

from portals.kit.formats import whole_number
from portals.kit.forms import Form, Wording
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.records import beside, path_part
from portals.kit.visit import Visit

ACTS = ("options", "activate", "move", "retire")
STORES_SHOWN = 8
_WORDING = Wording(
    words={
        "terminal": "assign.number_help",
        "serial": "assign.serial_help",
        "store_id": "assign.store_missing",
    }
)


@get("/assign-terminal")
async def assign_page(visit: Visit) -> Response[bytes]:
    """Ask for the store first, then for the terminal."""
    query = visit.request.query_params
    fields = {name: query.get(name, "")[:40] for name in ("store", "service")}
    return await _show(visit, visit.filled(fields), words=query.get("store_query", "").strip())


@post("/assign-terminal", status_code=200)
async def assign(visit: Visit) -> Response[bytes]:
    """Assign; the terminal's own page then says what comes next."""
    form = await visit.form()
    body = {
        "terminal": form["terminal"].upper(),
        "store_id": form["store"],
        "service": form["service"],
        "model": form["model"],
        "serial": form["serial"].upper(),
        "dialect": form["dialect"],
    }
    made = await form.post("/v1/terminals", body, wording=_WORDING, stays=True)
    _say_conflict(form)
    if made is None:
        return await _show(visit, form)
    store = await beside(visit, f"/v1/stores/{path_part(body['store_id'])}")
    word = "assign.done_type" if store.get("acceptor") else "assign.done"
    return visit.done(
        f"/terminals/{made['id']}", word, terminal=body["terminal"], acceptor=store.get("acceptor")
    )


async def change(terminal_id: str, act: str, form: Form) -> bool:
    """Ask for one change; return whether it is made. What is wrong is noted in the form."""
    if act not in ACTS:
        raise GatewayProblem(404, {"code": "not_found"})
    body: Json = {"reason": form["reason"]}
    if act in ("move", "retire"):
        form.reason()
    if act == "move":
        body |= {"store_id": form["store"], "service": form["service"]}
    if act == "options":
        body = _options(form) | form.revision
    path, record = f"/v1/terminals/{terminal_id}/{act}", f"/terminals/{terminal_id}"
    done = await form.post(path, body, wording=_WORDING, stays=act == "move", record=record)
    _say_conflict(form)
    return done is not None


def _options(form: Form) -> Json:
    tip = form["tip"] == "1"
    body: Json = {
        "dialect": form["dialect"],
        "connectivity": form["connectivity"],
        "tip": tip,
        "preauthorisation": form["preauthorisation"] == "1",
        "tip_percent_max": None,
        "contactless_max": form.amount("contactless_max", "assign.amount_malformed"),
    }
    if form["tip_percent_max"] and not tip:
        form.error("tip_percent_max", "assign.tip_not_allowed")
    elif form["tip_percent_max"]:
        body["tip_percent_max"] = whole_number(form["tip_percent_max"])
        if body["tip_percent_max"] not in range(1, 31):
            form.error("tip_percent_max", "assign.percent_malformed")
    return body


def _say_conflict(form: Form) -> None:
    """Have the gateway's own sentence stand at a field that is well formed, and taken by another."""
    if form.problem is not None and form.problem.status == 409:
        form.errors = dict.fromkeys(form.errors, form.problem.detail)


async def _show(visit: Visit, form: Form, *, words: str = "") -> Response[bytes]:
    chosen, stores = await find_store(visit, form["store"], words)
    return visit.page("terminals/assign.html", form=form, store_words=words, stores=stores, chosen=chosen)


async def find_store(visit: Visit, store_id: str, words: str) -> tuple[Json, list[Json]]:
    """Return the store that was chosen, else those that hold the words."""
    if store_id.startswith("sto_"):
        return await visit.gateway.get(f"/v1/stores/{path_part(store_id)}"), []
    if not words:
        return {}, []
    listed = await visit.gateway.get("/v1/stores", [("query", words[:100]), ("limit", str(STORES_SHOWN))])
    return {}, listed["data"]


HANDLERS = (assign_page, assign)
