"""How we are reached, and when, through the API: configured by agents, read by anybody (S2.43 to S2.47)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from core.values.clock import paris_date
from tests.support.desk import DeskStack


@pytest.fixture
async def admin(desk_stack: DeskStack) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_stack.client(await desk_stack.log_in(), **{"Accept-Language": "en"}) as client:
        yield client


def day(after: int) -> str:
    return (paris_date(datetime.now(UTC)) + timedelta(days=after)).isoformat()


def period(weekday: int, opens: str, closes: str) -> dict[str, Any]:
    return {"weekday": weekday, "opens": opens, "closes": closes}


async def offers_at(client: httpx.AsyncClient, at: str) -> dict[str, Any]:
    answer = await client.get("/v1/contact-channels", params={"at": at})
    assert answer.status_code == 200, answer.text
    return {each["channel"]: each["offer"] for each in answer.json()["data"]}


async def set_hours(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    body = {
        "channel": "whatsapp",
        "valid_from": day(400),
        "closed_on_holidays": True,
        "periods": [period(1, "09:00", "12:00"), period(1, "14:00", "18:00")],
    }
    return await client.post("/v1/opening-hours", json=body | changes)


async def test_the_hours_of_the_guide_hold_with_public_holidays(admin: httpx.AsyncClient) -> None:
    # Monday to Friday 9 to 20, Saturday 9 to 18; 25 December 2026 is a Friday.
    thursday = await offers_at(admin, "2026-12-24T18:59:59Z")
    assert {name for name, offer in thursday.items() if offer["is_open"]} == set(thursday)
    assert thursday["chat"]["until"] == "2026-12-24T19:00:00.000Z"
    christmas = (await offers_at(admin, "2026-12-25T10:00:00Z"))["chat"]
    assert (christmas["is_open"], christmas["why"], christmas["label"]) == (False, "holiday", "Christmas Day")
    assert christmas["opens_at"] == "2026-12-26T08:00:00.000Z"
    sunday = (await offers_at(admin, "2026-12-27T10:00:00Z"))["form"]
    assert (sunday["why"], sunday["opens_at"]) == ("hours", "2026-12-28T08:00:00.000Z")


async def test_anybody_reads_what_is_offered_now_in_their_language(desk_stack: DeskStack) -> None:
    async with httpx.AsyncClient(base_url=desk_stack.gateway_url, timeout=30) as nobody:
        answer = await nobody.get("/v1/contact/offers", headers={"Accept-Language": "fr"})
        assert answer.status_code == 200, answer.text
        offered = {each["way"]: each for each in answer.json()["data"]}
        assert (await nobody.get("/v1/opening-hours")).status_code == 401
    assert {"faq", "assistant", "form", "phone"} <= offered.keys()
    assert (offered["faq"]["is_open"], offered["assistant"]["is_open"]) == (True, True)
    assert offered["phone"]["link"] == f"tel:{offered['phone']['address']}"
    assert offered["whatsapp"]["link"].startswith("https://wa.me/33")


async def test_new_hours_hold_from_their_day_and_may_be_taken_back_before_it(
    admin: httpx.AsyncClient,
) -> None:
    made = (await set_hours(admin)).json()
    assert (made["state"], made["periods"][1]["opens"]) == ("coming", "14:00")
    listed = (await admin.get("/v1/opening-hours", params={"channel": "whatsapp"})).json()["data"]
    assert [each["state"] for each in listed][:2] == ["coming", "in_force"]
    assert (await set_hours(admin)).json()["errors"][0]["field"] == "valid_from"
    back = await admin.post(f"/v1/opening-hours/{made['id']}/withdraw", json={"reason": "a mistake"})
    assert back.json()["state"] == "withdrawn"
    in_force = listed[1]["id"]
    refused = await admin.post(f"/v1/opening-hours/{in_force}/withdraw", json={"reason": "too late"})
    assert (refused.status_code, refused.json()["code"]) == (409, "opening_hours_begun")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"valid_from": day(0)}, "valid_from"),
        ({"valid_from": "2026-02-30"}, "valid_from"),
        ({"periods": [period(1, "12:00", "09:00")]}, "periods[0].closes"),
        ({"periods": [period(1, "09:00", "12:00"), period(1, "11:00", "14:00")]}, "periods[1].opens"),
        ({"periods": [period(8, "09:00", "12:00")]}, "periods[0].weekday"),
        ({"periods": [period(1, "09:00", "25:00")]}, "periods[0].closes"),
        ({"periods": [period(1, f"{hour:02d}:00", f"{hour:02d}:30") for hour in range(5)]}, "periods"),
        ({"channel": "pigeon"}, "channel"),
    ],
)
async def test_hours_that_cannot_be_are_refused_and_nothing_is_written(
    admin: httpx.AsyncClient, rows: asyncpg.Connection, changes: dict[str, Any], field: str
) -> None:
    before = await rows.fetchval("SELECT count(*) FROM opening_hours")
    refused = await set_hours(admin, **changes)
    assert refused.status_code == 422, refused.text
    assert field in [error["field"] for error in refused.json()["errors"]]
    assert all(error["detail"] for error in refused.json()["errors"])
    assert await rows.fetchval("SELECT count(*) FROM opening_hours") == before


async def test_a_special_day_closes_or_opens_and_is_taken_away_again(
    admin: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    monday = "2031-01-06"  # an ordinary Monday
    body = {"day": monday, "label_fr": "Inventaire", "label_en": "Stocktaking", "channel": "chat"}
    made = (await admin.post("/v1/opening-exceptions", json=body)).json()
    closed = (await offers_at(admin, f"{monday}T10:00:00Z"))["chat"]
    assert (closed["is_open"], closed["why"], closed["label"]) == (False, "special", "Stocktaking")
    assert (await offers_at(admin, f"{monday}T10:00:00Z"))["form"]["is_open"]
    taken = await admin.post("/v1/opening-exceptions", json=body)
    assert taken.json()["errors"][0] | {"detail": ""} == {"field": "day", "code": "taken", "detail": ""}
    for wrong in (
        {"day": "2020-01-01"},
        {"opens": "09:00"},
        {"opens": "12:00", "closes": "09:00"},
        {"label_fr": ""},
    ):
        assert (await admin.post("/v1/opening-exceptions", json=body | wrong)).status_code == 422, wrong
    assert (await admin.delete(f"/v1/opening-exceptions/{made['id']}")).status_code == 204
    assert (await offers_at(admin, f"{monday}T10:00:00Z"))["chat"]["is_open"]
    assert (await admin.delete(f"/v1/opening-exceptions/{made['id']}")).status_code == 404


async def test_the_number_that_is_shown_is_configuration_and_never_a_costly_one(
    admin: httpx.AsyncClient,
) -> None:
    listed = (await admin.get("/v1/contact-channels")).json()["data"]
    phone = next(each for each in listed if each["channel"] == "phone")
    change = {
        "offered": True,
        "address": "01 99 00 12 34",
        "note_fr": "Gratuit",
        "revision": phone["revision"],
    }
    for number in ("08 90 39 24 18", "0820 12 34 56", "12", "numéro"):
        refused = await admin.patch("/v1/contact-channels/phone", json=change | {"address": number})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "address"), number
    empty = await admin.patch("/v1/contact-channels/phone", json=change | {"address": ""})
    assert empty.status_code == 422
    kept = (await admin.patch("/v1/contact-channels/phone", json=change)).json()
    assert (kept["address"], kept["offer"]["link"]) == ("+33199001234", "tel:+33199001234")
    late = await admin.patch("/v1/contact-channels/phone", json=change)
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    not_a_number = await admin.patch(
        "/v1/contact-channels/chat", json=change | {"revision": listed[0]["revision"]}
    )
    assert not_a_number.json()["errors"][0]["code"] == "not_expected"


async def test_only_who_holds_the_right_everywhere_changes_hours(desk_stack: DeskStack) -> None:
    async with desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as hotline:
        assert (await hotline.get("/v1/contact-channels")).status_code == 200
        assert (await set_hours(hotline)).status_code == 403
