"""Every text of every operation, with a card number in it: refused by its name, kept nowhere, on no bus.

Nothing is listed by hand: an operation that is new is walked by itself, with each text that its description names.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from core.values.card_numbers import holds_card_number
from core.verify.cards import scan_rows
from deploy.local.postgres import PostgresServer
from tests.integration.gateway.test_scope_walk import OUTSIDE_THE_API, STREAMS, UNSCOPED_TABLES, example_of
from tests.support.walking.endpoints import Endpoint, endpoints_of, requests_for
from tests.support.walking.samples import kind_of
from tests.support.walking.world import World, walking_world

_TRACE_ID: Final = re.compile(r'"trace_id":"[0-9a-f]{32}"')

PAN: Final = "4111111111111111"


def grouped(separator: str) -> str:
    """Write the number in fours."""
    return separator.join(PAN[start : start + 4] for start in range(0, 16, 4))


DISGUISES: Final = (
    PAN,
    grouped("  "),
    grouped("."),
    grouped("/"),
    grouped("_"),
    grouped("\u202f"),
    grouped("\u200b"),
    grouped("\n"),
    "".join(chr(ord("０") + int(digit)) for digit in PAN),
    f"Carte {grouped(' - ')} EXP1229",
)

SECRETS: Final = {
    "password",
    "new_password",
    "token",
    "pending",
    "device",
    "passkey",
    "recovery_code",
    "code",
}
"""Texts that are checked or hashed and never kept; `code` where it proves who somebody is."""

ENDS_THE_SESSION: Final = {"DELETE /sessions/current", "DELETE /access/sessions", "POST /access/password"}


@pytest.fixture(scope="module")
async def world(postgres_server: PostgresServer, short_folder: Path) -> AsyncIterator[World]:
    """One for the whole walk."""
    async with walking_world(postgres_server, short_folder / "cards", unscoped=UNSCOPED_TABLES) as made:
        yield made


def _endpoints(world: World) -> list[Endpoint]:
    return [
        endpoint
        for endpoint in endpoints_of(world.app, world.document)
        if not endpoint.path.startswith(OUTSIDE_THE_API)
        and endpoint.name not in STREAMS | ENDS_THE_SESSION
        and endpoint.description is not None
    ]


def _text_paths(
    schema: Any, schemas: dict[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Yield the path of each text that a body may hold; `*` is any member of a list, `{}` a name that callers choose."""
    if len(path) > 6:
        return
    if "$ref" in schema:
        yield from _text_paths(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas, path)
        return
    for choice in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from _text_paths(choice, schemas, path)
    if schema.get("type") == "string" and "enum" not in schema and "const" not in schema:
        yield path
    for name, inner in schema.get("properties", {}).items():
        yield from _text_paths(inner, schemas, (*path, name))
    if isinstance(schema.get("items"), dict):
        yield from _text_paths(schema["items"], schemas, (*path, "*"))
    if isinstance(schema.get("additionalProperties"), dict):
        yield (*path, "{}")


def _with(value: Any, path: tuple[str, ...], text: str) -> Any:
    """Return a body with the text at a path, whatever stood there."""
    if not path:
        return text
    name, rest = path[0], path[1:]
    if name == "*":
        first = value[0] if isinstance(value, list) and value else None
        return [_with(first, rest, text)]
    if name == "{}":
        return {text: True}
    return {
        **(value if isinstance(value, dict) else {}),
        name: _with((value or {}).get(name) if isinstance(value, dict) else None, rest, text),
    }


def _wanted(world: World, endpoint: Endpoint) -> tuple[str, dict[str, str], Any]:
    """Return the address, the needed query and a plain body of an operation."""
    words = {place: "hotline" for place in endpoint.places if kind_of(place) not in world.records}
    wanted = next(requests_for(endpoint, world.sampler, words | example_of(world, endpoint)))
    return wanted.path, dict(wanted.query), wanted.body


def _tries(world: World, endpoint: Endpoint) -> Iterator[tuple[str, str, dict[str, str], Any]]:
    """Yield what to send: which text, the address, query and body."""
    path, query, body = _wanted(world, endpoint)
    described = endpoint.description or {}
    schemas = world.document["components"]["schemas"]
    schema = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    for written in DISGUISES:
        if schema is not None:
            for place in dict.fromkeys(_text_paths(schema, schemas)):
                if place and place[-1] not in SECRETS:
                    yield ".".join(place), path, query, _with(body, place, written)
        for each in described.get("parameters", ()):
            if each["in"] == "query" and each["name"] != "cursor":
                yield each["name"], path, {**query, each["name"]: written}, body


async def test_no_text_of_any_operation_takes_a_card_number(world: World) -> None:
    token = await world.agent("everywhere", role="administrator", everywhere=True)
    taken: list[str] = []
    said_again: list[str] = []
    refused: set[str] = set()
    tried = 0
    for endpoint in _endpoints(world):
        for name, path, query, body in _tries(world, endpoint):
            answer = await world.call(token, endpoint.method, path, query=list(query.items()), body=body)
            tried += 1
            label = f"{endpoint.name} {name}"
            if answer.code == "card_number_refused":
                refused.add(label)
            elif answer.status < 400 or answer.status >= 500:
                taken.append(f"{label}: {answer.status} {answer.text[:80]}")
            # Digits of a trace id are drawn by lot, and pass for a card's now and then.
            if answer.status >= 400 and holds_card_number(_TRACE_ID.sub("", answer.text)):
                said_again.append(f"{label}: {answer.text[:300]}")
    assert tried > 1_000
    assert len(refused) > 60
    assert not taken, "\n".join(sorted(set(taken)))
    assert not said_again, "\n".join(sorted(set(said_again)))
    assert await _kept(world) == []


async def test_a_key_that_looks_like_a_card_number_acts_once_and_is_not_kept(world: World) -> None:
    token = await world.agent("everywhere", role="administrator", everywhere=True)
    body = {"type": "information", "title": "Une question", "details": "Le client attend."}
    first, again = [await world.call(token, "POST", "/v1/requests", body=body, key=PAN) for _ in range(2)]
    assert (first.status, again.status) == (201, 201)
    assert first.text == again.text
    assert await _kept(world) == []


async def _kept(world: World) -> list[str]:
    """Return where V9 finds a card number in the database."""
    async with world.owner.transaction():
        return (await scan_rows(world.owner)).examples


async def _pages(world: World, token: str, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor = None
    for _ in range(400):
        query = [("limit", "1"), *([("cursor", cursor)] if cursor else [])]
        answer = await world.call(token, "GET", path, query=query)
        assert answer.status == 200, answer.text
        rows += answer.json["data"]
        cursor = answer.json["next_cursor"]
        if cursor is None:
            return rows
    raise AssertionError("the list does not end")


@pytest.mark.parametrize(
    ("path", "statement", "name"),
    [
        ("/v1/companies", "UPDATE company SET legal_name = $1 WHERE id = $2", "legal_name"),
        ("/v1/accounts", "UPDATE account SET name = $1 WHERE id = $2", "name"),
        ("/v1/stores", "UPDATE store SET name = $1 WHERE id = $2", "name"),
    ],
)
async def test_a_row_with_a_card_number_is_shown_without_it_and_the_list_goes_on(
    world: World, path: str, statement: str, name: str
) -> None:
    token = await world.agent("everywhere", role="administrator", everywhere=True)
    table = statement.split()[1]
    owner: asyncpg.Connection = world.owner
    ids = [row["id"] for row in await owner.fetch(f"SELECT id FROM {table} ORDER BY id LIMIT 2")]  # noqa: S608
    before = await owner.fetchval(f"SELECT {name} FROM {table} WHERE id = $1", ids[0])  # noqa: S608
    try:
        await owner.execute(statement, f"Caf\u00e9 {grouped('  ')}", ids[0])
        rows = await _pages(world, token, path)
    finally:
        await owner.execute(statement, before, ids[0])
    assert len(rows) == await owner.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
    assert [row[name] for row in rows if "****" in row[name]] == ["Caf\u00e9 ****  ****  ****  1111"]
    assert not any(holds_card_number(str(row[name])) for row in rows)
