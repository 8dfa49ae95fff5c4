"""The types of requests: their names, queue, days, questions and statuses."""

from __future__ import annotations

import re

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.agent.requests.forms import errors_of
from portals.kit.desk import Desk
from portals.kit.formats import whole_number
from portals.kit.gateway import GatewayProblem, Json

STATUS_ROWS_MORE = 3
FIELD_ROWS_MORE = 2
_ROWS_MAX = 24
_KINDS = ("text", "long", "number", "date", "choice")


@get("/requests/types")
async def types_page(desk: Desk) -> Response[bytes]:
    """Show every type; `?type=` opens one, `?type=new` an empty one."""
    listed = await desk.gateway.get("/v1/request-types")
    code = desk.request.query_params.get("type", "")
    chosen = next((one for one in listed["data"] if one["code"] == code), None)
    return _page(desk, listed, chosen or ({} if code == "new" else None), {})


@post("/requests/types")
async def save_type(desk: Desk) -> Response[bytes]:
    """Save a type, or show what is wrong with it."""
    fields = await desk.form()
    body = _body_of(fields)
    try:
        await desk.gateway.post("/v1/request-types", body)
    except GatewayProblem as problem:
        if problem.is_beyond_the_form:
            raise
        listed = await desk.gateway.get("/v1/request-types")
        return _page(desk, listed, body, errors_of(desk, problem), status=problem.status)
    return desk.go(f"/requests/types?type={body['code']}&saved=1")


def _page(
    desk: Desk, listed: Json, chosen: Json | None, errors: dict[str, str], *, status: int = 200
) -> Response[bytes]:
    return desk.page(
        "requests/types.html",
        status=status,
        types=listed["data"],
        teams=listed["teams"],
        chosen=chosen,
        errors=errors,
        kinds=_KINDS,
        status_rows=[*(chosen or {}).get("statuses", []), *({} for _ in range(STATUS_ROWS_MORE))],
        field_rows=[*(chosen or {}).get("fields", []), *({} for _ in range(FIELD_ROWS_MORE))],
        saved=desk.request.query_params.get("saved") == "1",
    )


def _body_of(fields: dict[str, str]) -> Json:
    statuses = [
        {"code": _code(fields, row, "status"), "name_fr": row_fr, "name_en": _english(fields, row, "status")}
        | {"final": fields.get(f"status.{row}.final") == "1"}
        for row in range(_ROWS_MAX)
        if (row_fr := fields.get(f"status.{row}.fr", "").strip())
    ]
    asked = [
        {
            "code": _code(fields, row, "field"),
            "name_fr": row_fr,
            "name_en": _english(fields, row, "field"),
            "kind": fields.get(f"field.{row}.kind") or "text",
            "required": fields.get(f"field.{row}.required") == "1",
            "choices": [
                part.strip() for part in fields.get(f"field.{row}.choices", "").split(",") if part.strip()
            ],
        }
        for row in range(_ROWS_MAX)
        if (row_fr := fields.get(f"field.{row}.fr", "").strip())
    ]
    days = fields.get("due_days", "").strip()
    name_fr = fields.get("name_fr", "").strip()
    return {
        "code": fields.get("code", "").strip() or _made_code(name_fr),
        "name_fr": name_fr,
        "name_en": fields.get("name_en", "").strip() or name_fr,
        "team": fields.get("team", ""),
        "due_days": whole_number(days),
        "retired": fields.get("retired") == "1",
        "statuses": statuses,
        "fields": asked,
    }


def _english(fields: dict[str, str], row: int, group: str) -> str:
    return fields.get(f"{group}.{row}.en", "").strip() or fields.get(f"{group}.{row}.fr", "").strip()


def _code(fields: dict[str, str], row: int, group: str) -> str:
    """Return the row's code: the one that it has, else one made of its English name."""
    return fields.get(f"{group}.{row}.code", "").strip() or _made_code(_english(fields, row, group))


def _made_code(name: str) -> str:
    letters = re.sub(r"[^a-z0-9]+", "_", name.lower().translate(_PLAIN)).strip("_")
    return f"x_{letters}"[:40] if not letters[:1].isalpha() or len(letters) < 2 else letters[:40]


_PLAIN = str.maketrans("àâäçéèêëîïôöùûüÿ", "aaaceeeeiioouuuy")
HANDLERS: tuple[ControllerRouterHandler, ...] = (types_page, save_type)
