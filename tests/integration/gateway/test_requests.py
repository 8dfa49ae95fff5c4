"""Requests: into the right queue, to the right person, seen by whoever may, and never half-written."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest

from core.support.api import unassign_from_disabled
from core.values.ids import encode_id
from core.values.request_codes import code_said
from deploy.sandbox.demonstration.requests import REQUESTS, seed_requests
from observability.process import SystemClock
from tests.support.desk import CHANGED_BY, DeskStack

ADMIN = "admin@guichet.example"
HOTLINE = "hotline@guichet.example"
SALES = "commercial@guichet.example"
TECHNICIAN = "technicien@guichet.example"  # Lyon, Marseille and Ajaccio only
SELLER = "vendeur@guichet.example"  # Paris only
Json = dict[str, Any]


class People:
    """Clients that are logged in, opened once."""

    def __init__(self, stack: DeskStack) -> None:
        self._stack = stack
        self._open: dict[str, httpx.AsyncClient] = {}

    async def __call__(self, email: str, locale: str = "fr") -> httpx.AsyncClient:
        if email not in self._open:
            token = await self._stack.log_in(email)
            self._open[email] = self._stack.client(token, **{"Accept-Language": locale})
        return self._open[email]

    async def close(self) -> None:
        for client in self._open.values():
            await client.aclose()


@pytest.fixture(scope="module")
async def people(desk_stack: DeskStack):
    opened = People(desk_stack)
    yield opened
    await opened.close()


async def store_of(rows: asyncpg.Connection, city: str) -> tuple[str, str]:
    row = await rows.fetchrow("SELECT id, company_id FROM store WHERE city = $1", city)
    assert row is not None
    return encode_id("store", row["id"].bytes), encode_id("company", row["company_id"].bytes)


async def agent_of(rows: asyncpg.Connection, email: str) -> str:
    found = await rows.fetchval("SELECT id FROM agent WHERE email = $1", email)
    assert found is not None
    return encode_id("agent", found.bytes)


async def make(client: httpx.AsyncClient, **body: Any) -> Json:
    answer = await client.post(
        "/v1/requests", json={"type": "information", "title": "Horaires du magasin", **body}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_request_enters_its_team_s_queue_and_its_code_finds_it(
    people: People, rows: asyncpg.Connection
) -> None:
    store, company = await store_of(rows, "Paris")
    hotline = await people(HOTLINE)
    made = await make(hotline, type="evaluation", title="Évaluer Belle Rive", store=store)
    view = made["request"]
    assert code_said(view["code"]) == view["code"]
    assert (view["status"]["name"], view["type"]["name"]) == (
        "À demander à une société directe",
        "Évaluation",
    )
    assert (view["team"]["code"], view["company"]["id"], view["store"]["id"]) == ("sales", company, store)
    assert view["due_on"] is not None
    assert [entry["kind"] for entry in made["entries"]] == ["created"]
    sales = await people(SALES)
    queue = (await sales.get("/v1/requests", params={"box": "team", "query": view["code"]})).json()
    assert [one["id"] for one in queue["data"]] == [view["id"]]
    said = f"{view['code'][:4].lower()} {view['code'][4:]}"
    assert (await sales.get(f"/v1/requests/{said}")).json()["request"]["id"] == view["id"]
    wrong = view["code"][:-1] + ("0" if view["code"][-1] != "0" else "1")
    assert (await sales.get(f"/v1/requests/{wrong}")).status_code == 404


async def test_a_request_about_a_store_is_seen_only_where_the_store_is(
    people: People, rows: asyncpg.Connection
) -> None:
    store, _ = await store_of(rows, "Paris")
    made = await make(await people(HOTLINE), store=store)
    request_id = made["request"]["id"]
    seller, technician = await people(SELLER), await people(TECHNICIAN)
    assert (await seller.get(f"/v1/requests/{request_id}")).status_code == 200
    assert (await technician.get(f"/v1/requests/{request_id}")).status_code == 404
    for path, body in (
        ("comment", {"body": "Bonjour"}),
        ("assign", {"assignee": "me"}),
        ("close", {}),
    ):
        assert (await technician.post(f"/v1/requests/{request_id}/{path}", json=body)).status_code == 404
    changed = await technician.patch(f"/v1/requests/{request_id}", json={"priority": "high", "revision": 0})
    assert changed.status_code == 404
    listed = (await technician.get("/v1/requests", params={"box": "all", "limit": 200})).json()
    assert request_id not in [one["id"] for one in listed["data"]]
    refused = await technician.post(
        "/v1/requests", json={"type": "information", "title": "Ailleurs", "store": store}
    )
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["store"]


async def test_a_request_about_nothing_is_seen_by_its_team_and_its_author(people: People) -> None:
    made = await make(await people(SELLER), title="Une question à la hotline")
    path = f"/v1/requests/{made['request']['id']}"
    assert (await (await people(SELLER)).get(path)).status_code == 200
    assert (await (await people(HOTLINE)).get(path)).status_code == 200
    assert (await (await people(SALES)).get(path)).status_code == 404


async def test_whoever_is_given_a_request_is_told_by_the_bell_and_by_mail(
    people: People, rows: asyncpg.Connection
) -> None:
    store, _ = await store_of(rows, "Lyon")
    technician = await people(TECHNICIAN)
    await technician.post("/v1/notices/read", json={"ids": None})
    made = await make(await people(HOTLINE), type="installation", title="Remplacer le terminal", store=store)
    path = f"/v1/requests/{made['request']['id']}"
    given = await (await people(HOTLINE)).post(
        f"{path}/assign", json={"assignee": await agent_of(rows, TECHNICIAN)}
    )
    assert given.status_code == 200, given.text
    assert given.json()["request"]["assignee"]["name"] == "Théo Garnier"
    bell = (await technician.get("/v1/notices", params={"unread": True})).json()
    assert bell["unread"] == 1
    (notice,) = bell["data"]
    assert (notice["kind"], notice["link"]) == (
        "request_assigned",
        f"/requests/{made['request']['code']}",
    )
    mail = await rows.fetchrow(
        "SELECT template, recipient, state FROM mail WHERE about_id = $1::uuid",
        await rows.fetchval("SELECT id FROM request WHERE code = $1", made["request"]["code"]),
    )
    assert mail is not None
    assert tuple(mail) == ("request_assigned", TECHNICIAN, "waiting")
    left = (await technician.post("/v1/notices/read", json={"ids": [notice["id"]]})).json()
    assert left == {"unread": 0}


async def test_nobody_is_given_a_request_that_they_may_not_see(
    people: People, rows: asyncpg.Connection
) -> None:
    store, _ = await store_of(rows, "Paris")
    made = await make(await people(HOTLINE), store=store)
    answer = await (await people(HOTLINE)).post(
        f"/v1/requests/{made['request']['id']}/assign",
        json={"assignee": await agent_of(rows, TECHNICIAN)},
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "assignee"
    assert "Théo Garnier" not in [one["name"] for one in made["people"]]


async def test_a_mention_tells_and_a_repeat_under_one_key_says_it_once(
    people: People, rows: asyncpg.Connection
) -> None:
    store, _ = await store_of(rows, "Lille")
    hotline, admin = await people(HOTLINE), await people(ADMIN)
    await admin.post("/v1/notices/read", json={"ids": None})
    made = await make(hotline, store=store)
    path = f"/v1/requests/{made['request']['id']}/comment"
    body = {"body": "@admin peux-tu regarder ?"}
    first = await hotline.post(path, json=body, headers={"Idempotency-Key": "mention-1"})
    again = await hotline.post(path, json=body, headers={"Idempotency-Key": "mention-1"})
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert [entry["kind"] for entry in first.json()["entries"]] == ["created", "comment"]
    bell = (await admin.get("/v1/notices")).json()
    assert (bell["unread"], bell["data"][0]["kind"]) == (1, "request_mention")


async def test_a_request_is_closed_once_and_can_be_reopened(people: People) -> None:
    hotline = await people(HOTLINE)
    path = f"/v1/requests/{(await make(hotline))['request']['id']}"
    closed = await hotline.post(f"{path}/close", json={"comment": "Répondu au téléphone"})
    assert closed.json()["request"]["status"]["code"] == "answered"
    assert closed.json()["request"]["closed_at"] is not None
    for refused in (
        await hotline.post(f"{path}/assign", json={"assignee": "me"}),
        await hotline.patch(path, json={"title": "Autre", "revision": 0}),
        await hotline.post(f"{path}/close", json={}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "request_closed"), refused.url
    assert (await hotline.post(f"{path}/comment", json={"body": "Une précision"})).status_code == 200
    reopened = (await hotline.post(f"{path}/reopen", json={})).json()
    assert (reopened["request"]["status"]["code"], reopened["request"]["closed_at"]) == ("new", None)
    assert [entry["kind"] for entry in reopened["entries"]] == ["created", "closed", "comment", "reopened"]
    again = await hotline.post(f"{path}/reopen", json={})
    assert (again.status_code, again.json()["code"]) == (409, "request_not_closed")


async def test_a_type_with_two_final_statuses_asks_which(people: People) -> None:
    hotline = await people(HOTLINE)
    made = await make(
        hotline, type="dispute", title="Opération contestée", answers={"ground": "Non reconnue"}
    )
    # The author sees it though it stands in another team's queue.
    refused = await hotline.post(f"/v1/requests/{made['request']['id']}/close", json={})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "status"
    closed = await hotline.post(f"/v1/requests/{made['request']['id']}/close", json={"status": "rejected"})
    assert closed.json()["request"]["status"]["code"] == "rejected"


async def test_late_requests_come_first_and_pages_hold_together(
    people: People, rows: asyncpg.Connection
) -> None:
    hotline = await people(HOTLINE)
    made = [await make(hotline, title=f"Suite {n}", due_on="2099-01-0" + str(n + 1)) for n in range(3)]
    late = made[2]["request"]
    await rows.execute("UPDATE request SET due_on = '2020-01-01' WHERE code = $1", late["code"])
    seen: list[str] = []
    cursor = None
    while True:
        parameters = {"box": "written", "query": "Suite", "limit": 1} | ({"cursor": cursor} if cursor else {})
        page = (await hotline.get("/v1/requests", params=parameters)).json()
        seen += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [late["id"], made[0]["request"]["id"], made[1]["request"]["id"]]
    only = (
        await hotline.get("/v1/requests", params={"box": "written", "query": "Suite", "late": True})
    ).json()["data"]
    assert [one["id"] for one in only] == [late["id"]]
    assert only[0]["late"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "nothing_such"}, "type"),
        ({"type": "dispute"}, "answers.ground"),
        ({"answers": {"colour": "blue"}}, "answers.colour"),
        ({"type": "installation", "answers": {"visit_on": "demain"}}, "answers.visit_on"),
        ({"type": "installation", "answers": {"model": "Autre"}}, "answers.model"),
        ({"due_on": "2020-01-01"}, "due_on"),
        ({"due_on": "2026-02-31"}, "due_on"),
        ({"company": "com_00000000000000000000000000"}, "company"),
        ({"title": "   a   "}, "title"),
    ],
)
async def test_a_bad_field_is_named_and_nothing_is_written(
    people: People, rows: asyncpg.Connection, body: Json, field: str
) -> None:
    before = await rows.fetchval("SELECT count(*) FROM request")
    answer = await (await people(HOTLINE)).post(
        "/v1/requests", json={"type": "information", "title": "Bonjour", **body}
    )
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await rows.fetchval("SELECT count(*) FROM request") == before


async def test_every_field_of_a_request_that_is_wrong_is_named_at_once(people: People) -> None:
    client = await people(HOTLINE)
    asking = next(
        one
        for one in (await client.get("/v1/request-types")).json()["data"]
        if any(field["required"] for field in one["fields"])
    )
    wrong = {
        "title": "Bonjour",
        "due_on": "2020-01-01",
        "company": "com_00000000000000000000000000",
    }
    answer = await client.post("/v1/requests", json={**wrong, "type": asking["code"]})
    assert answer.status_code == 422, answer.text
    fields = [error["field"] for error in answer.json()["errors"]]
    assert {"due_on", "company"} < set(fields)
    assert any(field.startswith("answers") for field in fields)


async def test_what_a_disabled_agent_held_waits_for_their_team_again(
    desk_stack: DeskStack, people: People, rows: asyncpg.Connection
) -> None:
    hotline = await people(HOTLINE)
    code = (await make(hotline, title="Chez une collègue partie"))["request"]["code"]
    left = await rows.fetchval(
        "INSERT INTO agent (email, name, role, password_hash, disabled_at)"
        " VALUES ('partie@guichet.example', 'Aline Roy', 'hotline', 'x', now()) RETURNING id"
    )
    await rows.execute("UPDATE request SET assignee_id = $2 WHERE code = $1", code, left)
    async with asyncpg.create_pool(desk_stack.database.dsn, min_size=1, max_size=1) as pool:
        given = [await unassign_from_disabled(pool, SystemClock()) for _ in range(2)]
    free = (await hotline.get("/v1/requests", params={"box": "free", "query": "collègue partie"})).json()
    shown = (await hotline.get(f"/v1/requests/{code}")).json()
    assert given == [1, 0]
    assert [one["code"] for one in free["data"]] == [code]
    assert (shown["entries"][-1]["kind"], shown["entries"][-1]["facts"]) == ("assigned", {"to": ""})
    kinds = await rows.fetch("SELECT kind FROM action WHERE facts ->> 'code' = $1 ORDER BY seq", code)
    assert [row["kind"] for row in kinds] == ["request.created", "request.assigned"]


async def test_a_date_is_not_moved_into_the_past_and_a_late_one_stays(
    people: People, rows: asyncpg.Connection
) -> None:
    hotline = await people(HOTLINE)
    made = await make(hotline)
    code, past = made["request"]["code"], {"due_on": "2020-01-01"}
    refused = await hotline.patch(f"/v1/requests/{code}", json={**past, "revision": made["revision"]})
    assert [(one["field"], one["code"]) for one in refused.json()["errors"]] == [("due_on", "past")]
    await rows.execute("UPDATE request SET due_on = '2020-01-01' WHERE code = $1", code)
    # It is late, and may still be called urgent.
    revision = (await hotline.get(f"/v1/requests/{code}")).json()["revision"]
    urgent = await hotline.patch(
        f"/v1/requests/{code}", json={**past, "priority": "high", "revision": revision}
    )
    assert (urgent.status_code, urgent.json()["request"]["priority"]) == (200, "high")


async def test_types_are_configured_by_whoever_may_and_nobody_else(people: People) -> None:
    body = {
        "code": "training",
        "revision": 0,
        "name_fr": "Formation",
        "name_en": "Training",
        "team": "technician",
        "due_days": 7,
        "statuses": [
            {"code": "asked", "name_fr": "Demandée", "name_en": "Asked"},
            {"code": "given", "name_fr": "Donnée", "name_en": "Given", "final": True},
        ],
    }
    assert (await (await people(HOTLINE)).post("/v1/request-types", json=body)).status_code == 403
    admin = await people(ADMIN)
    made = await admin.post("/v1/request-types", json=body)
    assert made.status_code == 200, made.text
    twice = await admin.post("/v1/request-types", json=body)
    assert (twice.status_code, twice.json()["code"]) == (409, "changed_meanwhile"), "the code is taken"
    body["revision"] = made.json()["revision"]
    await make(admin, type="training", title="Former l’équipe")
    flipped = body["statuses"][0] | {"final": True}
    clash = await admin.post(
        "/v1/request-types",
        json={**body, "statuses": [{"code": "first", "name_fr": "a", "name_en": "a"}, flipped]},
    )
    assert clash.status_code == 422
    assert clash.json()["errors"][0]["code"] == "in_use"
    no_end = await admin.post("/v1/request-types", json={**body, "statuses": body["statuses"][:1] * 2})
    assert no_end.json()["errors"][0]["field"] == "statuses"
    retired = await admin.post("/v1/request-types", json={**body, "retired": True})
    assert retired.json()["retired"] is True
    refused = await admin.post("/v1/requests", json={"type": "training", "title": "Encore"})
    assert refused.json()["errors"][0]["field"] == "type"


async def test_home_shows_what_is_mine_and_what_waits_in_my_queues(
    people: People, rows: asyncpg.Connection
) -> None:
    legal = await people("juridique@guichet.example")
    made = await make(legal, type="legal_opinion", title="Clause de résiliation")
    sections = {one["code"]: one for one in (await legal.get("/v1/home")).json()["sections"]}
    assert sections["mine_requests"]["count"] == 0
    assert [row["title"] for row in sections["team_requests"]["rows"]] == [made["request"]["code"]]
    await legal.post(f"/v1/requests/{made['request']['id']}/assign", json={"assignee": "me"})
    sections = {one["code"]: one for one in (await legal.get("/v1/home")).json()["sections"]}
    (row,) = sections["mine_requests"]["rows"]
    assert (row["title"], row["status"], row["detail"]) == (
        made["request"]["code"],
        "Nouvelle",
        "Avis juridique",
    )


async def test_the_demonstration_s_requests_are_added_once(rows: asyncpg.Connection) -> None:
    change = rows.transaction()
    await change.start()
    try:
        before = await rows.fetchval("SELECT count(*) FROM request") or 0
        await seed_requests(rows, today=date(2026, 11, 22))
        await seed_requests(rows, today=date(2026, 11, 23))
        assert await rows.fetchval("SELECT count(*) FROM request") in (before, before + len(REQUESTS))
        assert await rows.fetchval("SELECT count(*) FROM request WHERE title LIKE 'Client débité%'") == 1
    finally:
        await change.rollback()


async def test_a_request_that_somebody_took_a_moment_before_is_not_taken_from_them_unseen(
    people: People, rows: asyncpg.Connection
) -> None:
    hotline, admin = await people(HOTLINE), await people(ADMIN)
    store, _ = await store_of(rows, "Paris")
    made = await make(await people(SELLER), title="Qui la prend ?", store=store)
    path = f"/v1/requests/{made['request']['id']}/assign"
    first = await hotline.post(path, json={"assignee": "me"})
    assert first.status_code == 200, first.text
    assert (await hotline.post(path, json={"assignee": "me"})).status_code == 200, "one's own repeat"
    for body in ({"assignee": "me"}, {"assignee": None}, {"assignee": await agent_of(rows, ADMIN)}):
        second = await admin.post(path, json=body)
        assert (second.status_code, second.json()["code"]) == (409, "done_by_another")
        assert "Inès Marchand" in second.json()["detail"]
    holder = (await admin.get(path.removesuffix("/assign"))).json()["request"]["assignee"]["name"]
    assert holder == "Inès Marchand"


async def test_who_saves_a_request_that_was_closed_meanwhile_is_told_who_closed_it(
    people: People, rows: asyncpg.Connection
) -> None:
    hotline, admin = await people(HOTLINE), await people(ADMIN)
    store, _ = await store_of(rows, "Paris")
    made = (await make(hotline, store=store))["request"]
    assert (await hotline.post(f"/v1/requests/{made['id']}/close", json={})).status_code == 200
    for named in (made["id"], made["code"]):
        late = await admin.patch(f"/v1/requests/{named}", json={"title": "Autre", "revision": 0})
        assert (late.status_code, late.json()["code"]) == (409, "request_closed")
        assert re.search(CHANGED_BY, late.json()["detail"])
        assert "Inès Marchand" in late.json()["detail"]


async def test_whoever_loses_a_request_is_told_who_took_it(people: People, rows: asyncpg.Connection) -> None:
    hotline, admin = await people(HOTLINE), await people(ADMIN)
    store, _ = await store_of(rows, "Paris")
    made = await make(await people(SELLER), title="Je la reprends", store=store)
    path = f"/v1/requests/{made['request']['id']}/assign"
    holder = await agent_of(rows, HOTLINE)
    for wish, kind in (
        ({"assignee": "me"}, "request_taken"),
        ({"assignee": await agent_of(rows, SELLER)}, "request_moved"),
        ({"assignee": None}, "request_given_back"),
    ):
        standing = (await admin.get(path.removesuffix("/assign"))).json()["request"]["assignee"]
        back = {"assignee": holder, "seen_assignee": standing and standing["id"]}
        assert (await admin.post(path, json=back)).status_code == 200
        await hotline.post("/v1/notices/read", json={"ids": None})
        taken = await admin.post(path, json={**wish, "seen_assignee": holder})
        assert taken.status_code == 200, taken.text
        bell = (await hotline.get("/v1/notices", params={"unread": True})).json()
        assert [one["kind"] for one in bell["data"]] == [kind]
        assert bell["data"][0]["link"] == f"/requests/{made['request']['code']}"


async def test_who_may_not_see_a_request_is_not_mentioned_in_it_without_a_word(
    people: People, rows: asyncpg.Connection
) -> None:
    store, _ = await store_of(rows, "Paris")
    hotline, technician = await people(HOTLINE), await people(TECHNICIAN)
    await technician.post("/v1/notices/read", json={"ids": None})
    path = f"/v1/requests/{(await make(hotline, store=store))['request']['id']}"
    refused = await hotline.post(f"{path}/comment", json={"body": "@technicien, @admin : à voir demain"})
    assert refused.status_code == 422, refused.text
    (error,) = refused.json()["errors"]
    assert (error["field"], error["code"], error["detail"]) == ("body", "mention_unseen", "Théo Garnier")
    assert [one["kind"] for one in (await hotline.get(path)).json()["entries"]] == ["created"]
    assert (await technician.get("/v1/notices", params={"unread": True})).json()["data"] == []
    said = await hotline.post(f"{path}/comment", json={"body": "@admin rendez-vous @midi, info@example.com"})
    assert said.status_code == 200, "what names nobody is text"


async def test_a_status_is_not_changed_over_a_colleague_s_that_was_not_read(
    people: People, rows: asyncpg.Connection
) -> None:
    hotline, admin = await people(HOTLINE), await people(ADMIN)
    store, _ = await store_of(rows, "Paris")
    answers = {"ground": "Non reconnue"}
    made = (await make(hotline, type="dispute", answers=answers, store=store))["request"]
    path = f"/v1/requests/{made['id']}"
    read, others = made["status"]["code"], {"comment": "Vu avec le porteur"}
    first, second = [one["code"] for one in (await hotline.get(path)).json()["statuses"] if not one["final"]][
        1:3
    ]
    blind = await hotline.post(f"{path}/move", json={"status": first})
    assert [(one["field"], one["code"]) for one in blind.json()["errors"]] == [("seen_status", "missing")]
    moved = await hotline.post(f"{path}/move", json={"status": first, "seen_status": read})
    assert moved.status_code == 200, moved.text
    late = await admin.post(f"{path}/move", json={"status": second, "seen_status": read, **others})
    assert (late.status_code, late.json()["code"]) == (409, "request_status_changed")
    assert "Inès Marchand" in late.json()["detail"]
    assert (await hotline.post(f"{path}/close", json={"status": "rejected"})).status_code == 200
    reopening = await admin.post(f"{path}/move", json={"status": second, "seen_status": read, **others})
    assert (reopening.status_code, reopening.json()["code"]) == (409, "request_closed")
    assert "Inès Marchand" in reopening.json()["detail"]
    detail = (await hotline.get(path)).json()
    assert [one["kind"] for one in detail["entries"]] == ["created", "status", "closed"]
    knowingly = await admin.post(f"{path}/move", json={"status": second, "seen_status": "rejected"})
    assert knowingly.json()["entries"][-1]["kind"] == "reopened"
