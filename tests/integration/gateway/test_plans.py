"""Plans of payment in instalments: dated versions that never change, one on each day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from core.contracts.plans import PlanId
from core.values.clock import paris_date
from tests.integration.gateway.test_administration import People, people
from tests.support.desk import DeskStack

__all__ = ["people"]


def day(after: int) -> str:
    """Return the day in Paris so many days from now."""
    return (paris_date(datetime.now(UTC)) + timedelta(days=after)).isoformat()


def french(text: str) -> str:
    """Return a day as it is read."""
    return f"{text[8:]}/{text[5:7]}/{text[:4]}"


def euros(amount: float) -> dict[str, Any]:
    return {"amount": round(amount * 100), "currency": "EUR"}


def terms(code: str, **changes: Any) -> dict[str, Any]:
    plan = {
        "code": code,
        "name_fr": "En 3 fois",
        "name_en": "In 3 payments",
        "parts": 3,
        "step_unit": "days",
        "step_count": 30,
        "fee_bp": 150,
        "amount_min": euros(100),
        "amount_max": euros(3_000),
        "valid_from": day(0),
    }
    return {name: value for name, value in (plan | changes).items() if value is not None}


async def make(client: httpx.AsyncClient, code: str, key: str = "", **changes: Any) -> httpx.Response:
    return await client.post(
        "/v1/plans",
        json=terms(code, **changes),
        headers={"Idempotency-Key": key or f"{code} {sorted(changes.items())}", "Accept-Language": "en"},
    )


async def test_a_plan_is_made_once_and_offered_from_its_first_day(
    people: People, rows: asyncpg.Connection
) -> None:
    me, admin = await people.add("administrator")
    _, agent = await people.add("hotline")
    async with admin, agent:
        made = await make(admin, "trois", valid_from=day(2))
        again = await make(admin, "trois", valid_from=day(2))
        assert (made.status_code, made.content) == (201, again.content), made.text
        plan = made.json()
        assert (plan["name"], plan["state"], plan["made_by"]["id"]) == ("In 3 payments", "coming", me)
        read = (await agent.get(f"/v1/plans/{plan['id']}", headers={"Accept-Language": "en"})).json()
        assert read == plan
        for on, offered in ((day(1), False), (day(2), True), (day(400), True)):
            listed = (await agent.get("/v1/plans", params={"on": on})).json()["data"]
            assert ("trois" in [each["code"] for each in listed]) is offered, on
    assert plan["markets"] == ["FR"], "where nobody says otherwise"
    told = await rows.fetchval(
        "SELECT facts ->> 'effective_on' FROM action WHERE kind = 'plan.made' ORDER BY seq DESC LIMIT 1"
    )
    assert told == day(2)


async def test_the_list_goes_on_after_the_last_of_a_page(desk_stack: DeskStack) -> None:
    async with desk_stack.client(await desk_stack.log_in()) as client:
        whole = (await client.get("/v1/plans")).json()["data"]
        offered = [plan["code"] for plan in whole if plan["code"] in ("2x", "3x", "4x", "10x")]
        assert offered == ["2x", "3x", "4x", "10x"], "by the number of payments, not as text"
        page = (await client.get("/v1/plans", params={"limit": 3})).json()
        found = page["data"]
        while page["next_cursor"]:
            page = (await client.get("/v1/plans", params={"limit": 3, "cursor": page["next_cursor"]})).json()
            found += page["data"]
        assert found == whole


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"valid_from": day(-1)}, "valid_from", "past"),
        ({"valid_from": "2026-02-30"}, "valid_from", "malformed"),
        ({"valid_to": day(0)}, "valid_to", "out_of_range"),
        ({"parts": 5}, "parts", "invalid"),
        ({"step_unit": "months"}, "step_count", "out_of_range"),
        ({"parts": 10, "amount_min": euros(0.05)}, "amount_min", "out_of_range"),
        ({"amount_max": euros(99.99)}, "amount_max", "out_of_range"),
        ({"fee_bp": None}, "fee_bp", "missing"),
        ({"fee": euros(1.5)}, "fee", "twice"),
        ({"markets": []}, "markets", "invalid"),
        ({"markets": ["France"]}, "markets[0]", "invalid"),
    ],
)
async def test_terms_that_cannot_be_kept_are_refused_by_their_field(
    desk_stack: DeskStack, changes: dict[str, Any], field: str, code: str
) -> None:
    async with desk_stack.client(await desk_stack.log_in()) as client:
        refused = await make(client, "faux", **changes)
        found = [(error["field"], error["code"]) for error in refused.json()["errors"]]
        assert (refused.status_code, found) == (422, [(field, code)]), refused.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"step_unit": "months"}, "de 1 à 12"),
        ({"parts": 10, "amount_min": euros(0.05)}, "0,10\u00a0€ au moins"),
        ({"amount_max": euros(99.99)}, "100,00\u00a0€ au moins"),
        (
            {"fee_bp": None},
            "indiquez des frais en pourcentage ou des frais fixes, l’un des deux",
        ),
        ({"fee": euros(1.5)}, "indiquez des frais en pourcentage ou des frais fixes, l’un des deux"),
    ],
)
async def test_a_refused_term_says_its_bounds_in_the_unit_and_format_of_the_reader(
    desk_stack: DeskStack, changes: dict[str, Any], said: str
) -> None:
    async with desk_stack.client(await desk_stack.log_in()) as client:
        headers = {"Idempotency-Key": f"said {changes}", "Accept-Language": "fr"}
        refused = await client.post("/v1/plans", json=terms("faux", **changes), headers=headers)
        assert [error["detail"] for error in refused.json()["errors"]] == [said]


async def test_a_refused_day_says_the_first_that_is_taken(desk_stack: DeskStack) -> None:
    async with desk_stack.client(await desk_stack.log_in()) as client:
        headers = {"Idempotency-Key": "said of a day", "Accept-Language": "fr"}
        refused = await client.post("/v1/plans", json=terms("faux", valid_to=day(0)), headers=headers)
        assert [error["detail"] for error in refused.json()["errors"]] == [f"à partir du {french(day(1))}"]


async def test_who_makes_a_second_version_of_some_day_reads_which_has_it_and_when(
    desk_stack: DeskStack,
) -> None:
    async with desk_stack.client(await desk_stack.log_in()) as client:
        assert (await make(client, "ouvert", valid_from=day(20))).status_code == 201
        assert (await make(client, "ouvert", valid_to=day(10), name_en="Early")).status_code == 201
        early = (await make(client, "ouvert", valid_from=day(9))).json()["errors"][0]["detail"]
        assert early == (
            f"“Early” has this code already and is offered from {french(day(0))} to {french(day(9))}"
        )
        late = (await make(client, "ouvert", valid_from=day(30))).json()["errors"][0]["detail"]
        assert late == f"“In 3 payments” has this code already and is offered from {french(day(20))} on"


async def test_a_code_has_one_version_on_each_day(desk_stack: DeskStack, rows: asyncpg.Connection) -> None:
    async with desk_stack.client(await desk_stack.log_in()) as client:
        first = (await make(client, "un-jour", valid_to=day(10))).json()
        taken = await make(client, "un-jour", valid_from=day(9))
        assert [(error["field"], error["code"]) for error in taken.json()["errors"]] == [
            ("valid_from", "taken")
        ]
        after = await make(client, "un-jour", valid_from=day(10), fee_bp=None, fee=euros(9.9))
        assert after.status_code == 201, after.text
    with pytest.raises(asyncpg.ExclusionViolationError):
        await rows.execute(
            "UPDATE plan SET valid_to = valid_to + 1 WHERE id = $1::uuid",
            PlanId.read(first["id"]).hex(),
        )


async def test_a_plan_ends_tomorrow_at_the_earliest_and_one_to_come_is_never_offered(people: People) -> None:
    _, admin = await people.add("administrator")
    why = {"reason": "the rate is too low"}
    async with admin:
        offered = (await make(admin, "fini")).json()
        coming = (await make(admin, "jamais", valid_from=day(5))).json()
        today = await admin.post(f"/v1/plans/{offered['id']}/retire", json=why | {"valid_to": day(0)})
        assert [(error["field"], error["code"]) for error in today.json()["errors"]] == [
            ("valid_to", "out_of_range")
        ]
        ended = (await admin.post(f"/v1/plans/{offered['id']}/retire", json=why)).json()
        assert (ended["valid_to"], ended["state"]) == (day(1), "offered")
        later = await admin.post(f"/v1/plans/{offered['id']}/retire", json=why | {"valid_to": day(3)})
        assert later.status_code == 422
        never = (await admin.post(f"/v1/plans/{coming['id']}/retire", json=why)).json()
        assert (never["valid_to"], never["state"]) == (day(5), "over")
        assert (await make(admin, "jamais", valid_from=day(5), parts=2)).status_code == 201


async def test_a_day_that_never_comes_is_refused_and_every_plan_stays_in_the_list(people: People) -> None:
    _, admin = await people.add("administrator")
    async with admin:
        plan = (await make(admin, "sans-fin")).json()
        never = {"reason": "until further notice", "valid_to": "9999-12-31"}
        refused = await admin.post(f"/v1/plans/{plan['id']}/retire", json=never)
        assert [error["field"] for error in refused.json()["errors"]] == ["valid_to"], refused.text
        assert (await make(admin, "jamais-fini", valid_to="9999-12-31")).status_code == 422
        listed = (await admin.get("/v1/plans", params={"limit": 100})).json()["data"]
        assert "sans-fin" in [each["code"] for each in listed]


async def test_a_second_person_is_told_who_retired_a_plan(people: People) -> None:
    _, admin = await people.add("administrator")
    _, supervisor = await people.add("supervisor")
    why = {"reason": "the rate is too low"}
    async with admin, supervisor:
        plan = (await make(admin, "deux-mains")).json()
        address = f"/v1/plans/{plan['id']}/retire"
        ended = await admin.post(address, json=why)
        assert ended.status_code == 200
        again = await admin.post(address, json=why)
        assert (again.status_code, again.json()) == (200, ended.json())
        late = await supervisor.post(address, json=why)
        assert (late.status_code, late.json()["code"]) == (409, "done_by_another"), late.text


async def test_plans_are_made_by_those_who_may_everywhere(people: People) -> None:
    _, hotline = await people.add("hotline")
    _, here = await people.add("administrator", departments=["75"])
    async with hotline, here:
        for client in (hotline, here):
            refused = await make(client, "interdit")
            assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
