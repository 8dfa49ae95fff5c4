"""Every operation that writes is asked once by somebody who may do everything: it leaves the rows that it declares."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from core.contracts.operation import AGENTS
from core.contracts.operations import OPERATIONS, REFUSED
from deploy.local.postgres import PostgresServer
from gateway.operations import shown_as
from tests.integration.gateway.test_scope_walk import UNSCOPED_TABLES, example_of
from tests.support.walking.endpoints import endpoints_of, requests_for
from tests.support.walking.world import World, walking_world

ENDS_THE_SESSION: Final = {"DELETE /access/sessions", "POST /access/password"}
_WROTE_AT_LEAST: Final = 20


@pytest.fixture
async def world(postgres_server: PostgresServer, short_folder: Path) -> AsyncIterator[World]:
    """One of its own: what is asked here is done."""
    async with walking_world(postgres_server, short_folder / "audit", unscoped=UNSCOPED_TABLES) as made:
        yield made


async def test_no_operation_leaves_a_row_in_the_audit_that_it_does_not_declare(world: World) -> None:
    token = await world.agent("everywhere", role="administrator", everywhere=True)
    declared = {
        shown_as(one): {*one.audit, REFUSED}
        for one in OPERATIONS
        if one.http is not None and one.access.reach in AGENTS
    }
    wrote: set[str] = set()
    findings: list[str] = []
    for endpoint in endpoints_of(world.app, world.document):
        if endpoint.name not in declared or endpoint.method == "GET" or endpoint.name in ENDS_THE_SESSION:
            continue
        try:
            wanted = next(requests_for(endpoint, world.sampler, example_of(world, endpoint)))
        except KeyError:
            continue  # test_scope_walk says which record is missing.
        before = await world.owner.fetchval("SELECT coalesce(max(seq), 0) FROM action")
        answer = await world.call(token, endpoint.method, wanted.path, query=wanted.query, body=wanted.body)
        # 503 where a payment is asked for: no engine runs here.
        assert answer.status != 500, (endpoint.name, answer.text)
        left = await world.owner.fetch("SELECT DISTINCT kind FROM action WHERE seq > $1", before)
        kinds = {row["kind"] for row in left}
        if kinds - {REFUSED}:
            wrote.add(endpoint.name)
        if undeclared := kinds - declared[endpoint.name]:
            findings.append(f"{endpoint.name}: {sorted(undeclared)}")
    assert not findings, findings
    assert len(wrote) >= _WROTE_AT_LEAST, sorted(wrote)
