"""Payment plans: the list, one version with its end, and the form of the next."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.kit.formats import PARIS, basis_points, money
from portals.kit.gateway import Json
from portals.kit.lists import Act, Column, ListPage
from portals.kit.record_page import Field, FormPage, RecordAct, RecordPage
from portals.kit.visit import Visit
from portals.kit.vocabulary import PLAN_PARTS, PLAN_STEP_UNITS

_TERMS = (
    Column("state_said", "plans.state"),
    Column("schedule", "plans.schedule"),
    Column("fee_said", "plans.fee"),
    Column("amount_min", "field.amount_min", "money"),
    Column("amount_max", "field.amount_max", "money"),
    Column("valid_from", "field.valid_from", "day"),
    Column("valid_to", "field.valid_to", "day"),
    Column("code", "field.code"),
    Column("markets_said", "field.markets"),
)
LIST = ListPage(
    "/plans",
    "plans.title",
    (Column("name", "plans.name", "link"), *_TERMS),
    acts=(Act("/plans/new", "plans.new", "plans.write", primary=True),),
    none=("plans.none", "plans.none_text"),
    scrolls=True,
    labelled=True,
)
FORM = FormPage(
    "/plans/new",
    "plans.new",
    (
        Field("name_fr"),
        Field("name_en"),
        Field("code"),
        Field("parts", "choice", PLAN_PARTS),
        Field("step_count", "number", bounds=(1, 90)),
        Field("step_unit", "choice", PLAN_STEP_UNITS, "plans.unit_"),
        Field("fee_bp", "percent", optional=True, bounds=(0, 2_000)),
        Field("fee", "money", optional=True, bounds=(0, 10**9)),
        Field("amount_min", "money", bounds=(0, 10**9)),
        Field("amount_max", "money", bounds=(0, 10**9)),
        Field("valid_from", "day"),
        Field("valid_to", "day", optional=True),
        Field("markets", "codes"),
    ),
    of=LIST,
    submit="plans.make",
    words={"code": "plans.code_bad", "markets": "plans.markets_bad"},
)


def _told(visit: Visit, plan: Json) -> Json:
    """Return a plan with what its facts say in words."""
    steps = visit.words(f"plans.step_{plan['step_unit']}", n=plan["step_count"])
    return plan | {
        "schedule": visit.words("plans.parts", parts=plan["parts"], steps=steps),
        "fee_said": _fee(plan, visit.locale),
        "markets_said": ", ".join(plan["markets"]),
        "state_said": visit.words(f"plans.state_{plan['state']}"),
    }


def _fee(plan: Json, locale: str) -> str:
    fee = plan["fee"]
    return money(fee["amount"], fee["currency"], locale) if fee else basis_points(plan["fee_bp"], locale)


RECORD = RecordPage(
    LIST,
    (*_TERMS, Column("made_at", "plans.made", "exact")),
    acts=(
        RecordAct(
            "retire",
            "plans.retire",
            "plans.retire_effect",
            "plans.write",
            (Field("valid_to", "day", optional=True), Field("reason")),
            closed=("over",),
            done="plans.retired",
        ),
    ),
    told=_told,
)


@get("/plans")
async def plans_page(visit: Visit) -> Response[bytes]:
    """Show every version of every plan."""
    shown = await LIST.read(visit)
    return LIST.draw(visit, shown._replace(data=[_told(visit, plan) for plan in shown.data]))


@get("/plans/new")
async def new_plan(visit: Visit) -> Response[bytes]:
    """Show the form of a plan that begins today."""
    return FORM.show(
        visit, visit.filled({"valid_from": visit.now.astimezone(PARIS).date().isoformat(), "markets": "FR"})
    )


@post("/plans/new", status_code=200)
async def make_plan(visit: Visit) -> Response[bytes]:
    """Make a plan."""
    return await FORM.make(visit)


@get("/plans/{plan_id:str}")
async def plan_page(visit: Visit, plan_id: str) -> Response[bytes]:
    """Show one version."""
    return await RECORD.show(visit, plan_id)


@post("/plans/{plan_id:str}/retire", status_code=200)
async def retire_plan(visit: Visit, plan_id: str) -> Response[bytes]:
    """Let a version end."""
    return await RECORD.act(visit, plan_id, "retire")


HANDLERS: tuple[ControllerRouterHandler, ...] = (plans_page, new_plan, make_plan, plan_page, retire_plan)
