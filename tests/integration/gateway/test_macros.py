"""Stored answers and repairs: previewed, run whole or not at all, with the caller's own rights."""

from __future__ import annotations

import asyncpg
import httpx

from core.contracts.operations import OPERATIONS
from core.contracts.states import State
from core.values.ids import encode_id
from tests.support.desk import DeskStack, add_attempt

HOTLINE, TECHNICIAN = "hotline@guichet.example", "technicien@guichet.example"


async def terminal_of(rows: asyncpg.Connection, number: str) -> str:
    row = await rows.fetchrow("SELECT id FROM terminal WHERE terminal = $1", number)
    assert row is not None
    return encode_id("terminal", row["id"].bytes)


async def macro_named(client: httpx.AsyncClient, name: str) -> str:
    listed = (await client.get("/v1/macros", params={"target_kind": "terminal"})).json()["data"]
    return next(macro["id"] for macro in listed if macro["name"] == name)


async def test_a_repair_is_previewed_then_done_once_as_one_run(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    terminal = await terminal_of(rows, "T0000011")
    target = terminal
    async with desk_stack.client(await desk_stack.log_in(HOTLINE)) as client:
        await client.post(
            "/v1/blocks", json={"target": {"kind": "terminal", "id": target}, "reason": "stolen, they said"}
        )
        macro = await macro_named(client, "Débloquer et reparamétrer")
        shown = (await client.post(f"/v1/macros/{macro}/preview", json={"target": target})).json()
        assert shown["possible"] is True
        assert [(step["step"], step["outcome"], step["detail"]) for step in shown["steps"]] == [
            ("lift_block", "will_do", "stolen, they said"),
            ("reload_parameters", "will_do", ""),
            ("add_comment", "will_do", ""),
        ]
        missing = await client.post(f"/v1/macros/{macro}/run", json={"target": target})
        assert {error["field"] for error in missing.json()["errors"]} == {"reason", "comment"}

        body = {"target": target, "reason": "found again", "comment": "The shop found it in a drawer."}
        runs = [
            await client.post(f"/v1/macros/{macro}/run", json=body, headers={"Idempotency-Key": "repair"})
            for _ in range(2)
        ]
        assert (runs[0].status_code, runs[0].content) == (200, runs[1].content), runs[0].text
        assert [step["outcome"] for step in runs[0].json()["steps"]] == ["done", "done", "done"]
        profile = (await client.get(f"/v1/terminals/{terminal}/profile")).json()
        assert profile["condition"] != "blocked"
        assert profile["reload_wanted_at"] is not None
        assert [note["text"] for note in profile["notes"]] == ["The shop found it in a drawer."]
        again = (await client.post(f"/v1/macros/{macro}/preview", json={"target": target})).json()
        assert again["steps"][0]["outcome"] == "nothing_to_do"
    kinds = await rows.fetch(
        "SELECT kind FROM action WHERE target_id = (SELECT id FROM terminal WHERE terminal = 'T0000011')"
        " ORDER BY seq"
    )
    assert [row["kind"] for row in kinds] == [
        "block.made",
        "block.lifted",
        "terminal.reload_wanted",
        "macro.run",
    ]
    (run,) = [one for one in OPERATIONS if one.name == "macros.run"]
    assert {row["kind"] for row in kinds[1:]} <= set(run.audit)


async def test_a_repair_with_a_step_beyond_the_callers_rights_does_nothing(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    target = await terminal_of(rows, "T0000013")
    async with desk_stack.client(await desk_stack.log_in(HOTLINE)) as client:
        macro = await macro_named(client, "Mettre en service")
        shown = (await client.post(f"/v1/macros/{macro}/preview", json={"target": target})).json()
        assert (shown["possible"], shown["steps"][0]["why"]) == (False, "not_permitted")
        refused = await client.post(f"/v1/macros/{macro}/run", json={"target": target})
        assert (refused.status_code, refused.json()["code"]) == (409, "macro_impossible")
        profile = (await client.get(f"/v1/terminals/{target}/profile")).json()
        assert (profile["condition"], profile["reload_wanted_at"]) == ("not_active", None)
    async with desk_stack.client(await desk_stack.log_in(TECHNICIAN)) as elsewhere:
        hidden = await elsewhere.post(f"/v1/macros/{macro}/preview", json={"target": target})
    assert hidden.status_code == 404, "Paris is not the technician's"


async def test_a_receipt_is_sent_again_and_an_answer_is_filled(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    await add_attempt(rows, terminal="T0000012", state=State.CAPTURED, captured_minor=1250)
    target = await terminal_of(rows, "T0000012")
    async with desk_stack.client(await desk_stack.log_in(HOTLINE)) as client:
        macro = await macro_named(client, "Renvoyer le dernier reçu")
        wrong = await client.post(f"/v1/macros/{macro}/run", json={"target": target, "email": "nobody"})
        assert [error["field"] for error in wrong.json()["errors"]] == ["email"]
        sent = await client.post(
            f"/v1/macros/{macro}/run", json={"target": target, "email": "client@example.com"}
        )
        assert (sent.status_code, sent.json()["steps"][0]["outcome"]) == (200, "done"), sent.text
        answer = await macro_named(client, "Terminal silencieux")
        filled = (await client.post(f"/v1/macros/{answer}/preview", json={"target": target})).json()
    assert "T0000012 du magasin Ondine Lille" in filled["text"]
    assert await rows.fetchval("SELECT count(*) FROM mail WHERE recipient = 'client@example.com'") == 1


async def test_macros_are_written_by_those_who_may_with_fields_that_exist(desk_stack: DeskStack) -> None:
    fields = {"kind": "answer", "target_kind": "any", "name_fr": "Merci", "name_en": "Thanks"}
    texts = {"text_fr": "Merci, {store}.", "text_en": "Thank you, {store}."}
    async with desk_stack.client(await desk_stack.log_in("superviseur@guichet.example")) as client:
        wrong = await client.post(
            "/v1/macros", json={**fields, "text_fr": "Bonjour {client}", "text_en": "", "name_en": " "}
        )
        assert [error["field"] for error in wrong.json()["errors"]] == ["name_en", "text_fr", "text_en"]
        steps = await client.post(
            "/v1/macros",
            json={**fields, "kind": "sequence", "target_kind": "store", "steps": ["activate_terminal"]},
        )
        assert [error["code"] for error in steps.json()["errors"]] == ["wrong_target"]
        made = await client.post("/v1/macros", json={**fields, **texts})
        assert made.status_code == 201, made.text
        changed = await client.patch(
            f"/v1/macros/{made.json()['id']}",
            json={**fields, **texts, "name_fr": "Merci beaucoup", "revision": made.json()["revision"]},
        )
        assert changed.json()["name_fr"] == "Merci beaucoup"
        assert (await client.delete(f"/v1/macros/{made.json()['id']}")).status_code == 204
        assert (await client.delete(f"/v1/macros/{made.json()['id']}")).status_code == 404
    async with desk_stack.client(await desk_stack.log_in(HOTLINE)) as reader:
        refused = await reader.post("/v1/macros", json={**fields, **texts})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
