"""The types of requests: their names, queue, days, questions and statuses."""

from __future__ import annotations

import re

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.agent.requests.forms import WORDING
from portals.kit.formats import whole_number
from portals.kit.forms import Form
from portals.kit.gateway import Json
from portals.kit.lists import Act, Column, ListPage, Shown
from portals.kit.visit import Visit
from portals.kit.vocabulary import REQUEST_FIELD_KINDS

STATUS_ROWS_MORE = 3
FIELD_ROWS_MORE = 2
_ROWS_MAX = 24
TYPES = ListPage(
    "/requests/types",
    "requests.types",
    (
        Column("name", "requests.type", "cell"),
        Column("team", "requests.team", "cell"),
        Column("due", "requests.due", "cell"),
        Column("statuses", "requests.statuses", "cell"),
    ),
    api="/v1/request-types",
    css="types",
    rows=0,
    scrolls=True,
    leads_on=False,
    acts=(Act("/requests/types?type=new", "requests.new_type"),),
    template="requests/types.html",
)


@get("/requests/types")
async def types_page(visit: Visit) -> Response[bytes]:
    """Show every type; `?type=` opens one, `?type=new` an empty one."""
    shown = await TYPES.read(visit)
    code = visit.request.query_params.get("type", "")
    chosen = next((one for one in shown.data if one["code"] == code), None)
    return _page(visit, shown, chosen or ({} if code == "new" else None))


@post("/requests/types")
async def save_type(visit: Visit) -> Response[bytes]:
    """Save a type, or show what is wrong with it."""
    form = await visit.form()
    body = _body_of(form)
    record = f"/requests/types?type={body['code']}"
    if await form.post("/v1/request-types", body, wording=WORDING, record=record) is not None:
        return visit.done(record, "requests.type_saved")
    shown = await TYPES.read(visit)
    standing = next((one for one in shown.data if one["code"] == body["code"]), body)
    return _page(visit, shown, standing if form.stale else body, form)


def _page(visit: Visit, shown: Shown, chosen: Json | None, form: Form | None = None) -> Response[bytes]:
    return TYPES.draw(
        visit,
        shown,
        chosen=chosen,
        form=form,
        kinds=REQUEST_FIELD_KINDS,
        status_rows=[*(chosen or {}).get("statuses", []), *({} for _ in range(STATUS_ROWS_MORE))],
        field_rows=[*(chosen or {}).get("fields", []), *({} for _ in range(FIELD_ROWS_MORE))],
    )


def _body_of(form: Form) -> Json:
    statuses = [
        {"code": _code(form, row, "status"), "name_fr": row_fr, "name_en": _english(form, row, "status")}
        | {"final": form[f"status.{row}.final"] == "1"}
        for row in range(_ROWS_MAX)
        if (row_fr := form[f"status.{row}.fr"])
    ]
    asked = [
        {
            "code": _code(form, row, "field"),
            "name_fr": row_fr,
            "name_en": _english(form, row, "field"),
            "kind": form[f"field.{row}.kind"] or "text",
            "required": form[f"field.{row}.required"] == "1",
            "choices": [part.strip() for part in form[f"field.{row}.choices"].split(",") if part.strip()],
        }
        for row in range(_ROWS_MAX)
        if (row_fr := form[f"field.{row}.fr"])
    ]
    days = form["due_days"]
    name_fr = form["name_fr"]
    return {
        "code": form["code"] or _made_code(name_fr),
        "name_fr": name_fr,
        "name_en": form["name_en"] or name_fr,
        "team": form["team"],
        "due_days": whole_number(days),
        "retired": form["retired"] == "1",
        "statuses": statuses,
        "fields": asked,
    } | form.revision


def _english(form: Form, row: int, group: str) -> str:
    return form[f"{group}.{row}.en"] or form[f"{group}.{row}.fr"]


def _code(form: Form, row: int, group: str) -> str:
    """Return the row's code: the one that it has, else one made of its English name."""
    return form[f"{group}.{row}.code"] or _made_code(_english(form, row, group))


def _made_code(name: str) -> str:
    letters = re.sub(r"[^a-z0-9]+", "_", name.lower().translate(_PLAIN)).strip("_")
    return f"x_{letters}"[:40] if not letters[:1].isalpha() or len(letters) < 2 else letters[:40]


_PLAIN = str.maketrans("àâäçéèêëîïôöùûüÿ", "aaaceeeeiioouuuy")
HANDLERS: tuple[ControllerRouterHandler, ...] = (types_page, save_type)
