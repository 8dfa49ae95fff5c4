"""Requests made from the description: every answer is one that it names, and none is a fault of ours."""

from __future__ import annotations

import asyncio

import asyncpg
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.app import build_app
from gateway.description import document_of
from tests.support.desk import DeskStack
from tests.support.lengths import WHOLE

EXAMPLES = 40 if WHOLE else 5
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


async def test_every_operation_keeps_to_the_description(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    token = await desk_stack.log_in()
    schema = schemathesis.openapi.from_dict(document_of(build_app(None)))
    schema.config.update(base_url=desk_stack.gateway_url)

    def walk() -> int:
        walked = 0
        for result in schema.get_all_operations():
            assert isinstance(result, Ok)
            operation = result.ok()
            # The stream never ends, and the session that we use must not.
            if operation.path == "/v1/events" or operation.method == "delete":
                continue

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            )
            @given(case=operation.as_strategy())
            def hold(case: schemathesis.Case) -> None:
                case.call_and_validate(
                    headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"}, checks=CHECKS
                )

            hold()
            walked += 1
        return walked

    assert await asyncio.to_thread(walk) >= 14
