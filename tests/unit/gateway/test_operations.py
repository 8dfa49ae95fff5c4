"""Routes of operations: what a caller writes comes to core in the request's own fields."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
import pytest
from litestar import Litestar, Request, Response, get
from litestar.di import Provide
from litestar.testing import TestClient

from core.contracts import ids
from core.contracts.ids import TargetId
from core.contracts.listing import Paged, Words
from core.contracts.operation import ACT, ANYONE, GET, Operation
from core.values.ids import encode_id
from gateway.core_client import Caller, CoreClient
from gateway.operations import reader_of, routes_of
from gateway.problems import Problem


class Find(Paged, kw_only=True):
    """Fields that the framework has names for too."""

    query: Words = ""
    state: Literal["open", "closed"] | None = None


class FindBefore(msgspec.Struct, kw_only=True):
    """A moment, and what it is about."""

    target: TargetId | None = None
    to: datetime | None = None


class Move(msgspec.Struct, kw_only=True):
    """One of two ways."""

    act: Literal["open", "close"]


class Found(msgspec.Struct):
    """Nothing was found."""

    data: list[int]


class Core(CoreClient):
    """Keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[msgspec.Struct] = []

    async def send(self, subject: str, body: msgspec.Struct, result: type[Any], **_options: Any) -> Any:
        """Answer that there is nothing."""
        self.asked.append(body)
        return Found([])


FIND = Operation(
    name="things.find",
    asked=Find,
    answered=Found,
    access=ANYONE,
    http=GET("/things", "Find things"),
)
FIND_BEFORE = Operation(
    name="things.find_before",
    asked=FindBefore,
    answered=Found,
    access=ANYONE,
    http=GET("/things/before", "Find earlier things"),
)
MOVE = Operation(
    name="things.move",
    asked=Move,
    answered=Found,
    access=ANYONE,
    http=ACT("/things/{act}", "Open or close"),
)


def test_a_query_may_name_what_the_framework_keeps_for_itself() -> None:
    core = Core()
    with TestClient(Litestar(routes_of([FIND]), dependencies=_provided(core))) as client:
        asked = [{"query": "bread", "state": "open", "limit": 3}, {}]
        assert [client.get("/things", params=each).status_code for each in asked] == [200, 200]
        refused = client.get("/things", params={"state": "ajar"})
    assert core.asked == [Find(query="bread", state="open", limit=3), Find()]
    assert refused.status_code == 400


def test_an_act_of_a_closed_set_is_an_address_and_no_other_is() -> None:
    core = Core()
    app = Litestar(
        routes_of([MOVE]), dependencies=_provided(core), exception_handlers={Problem: _code_of_problem}
    )
    with TestClient(app) as client:
        assert client.post("/things/close").status_code == 200
        assert client.post("/things/burn").text == "not_found"
    assert core.asked == [Move(act="close")]
    (act,) = app.openapi_schema.to_schema()["paths"]["/things/{act}"]["post"]["parameters"]
    assert act["schema"]["enum"] == ["open", "close"]


def test_an_identifier_of_one_of_several_kinds_keeps_its_kind() -> None:
    core = Core()
    with TestClient(Litestar(routes_of([FIND_BEFORE]), dependencies=_provided(core))) as client:
        client.get("/things/before", params={"target": encode_id("store", bytes(16))})
    (asked,) = core.asked
    assert isinstance(asked, FindBefore)
    assert asked.target is not None
    assert (asked.target.kind, bytes(asked.target)) == ("store", bytes(16))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T10:00:00", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22T10:00:00+01:00", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("9999-12-31T23:59:59-23:59", datetime(9999, 12, 31, tzinfo=UTC)),
        ("0001-01-01T00:00:00+23:59", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_moment_comes_to_core_in_utc(text: str, moment: datetime) -> None:
    core = Core()
    with TestClient(Litestar(routes_of([FIND_BEFORE]), dependencies=_provided(core))) as client:
        assert client.get("/things/before", params={"to": text}).status_code == 200
    assert core.asked == [FindBefore(to=moment)]
    assert ids.decode(ids.encode(core.asked[0]), FindBefore) == core.asked[0]


def test_a_route_by_hand_reads_the_fields_of_a_request_from_its_address() -> None:
    reader = reader_of(FindBefore, "/{target}/file")

    @get("/{target:str}/file", dependencies={"wanted": Provide(reader, sync_to_thread=False)})
    async def file(wanted: FindBefore) -> str:
        assert wanted.target is not None
        return f"{wanted.target.kind} {wanted.to}"

    with TestClient(Litestar([file], exception_handlers={Problem: _code_of_problem})) as client:
        address = f"/{encode_id('store', bytes(16))}/file"
        assert (
            client.get(address, params={"to": "2026-11-22T10:00:00"}).text
            == "store 2026-11-22 10:00:00+00:00"
        )
        assert client.get("/acc_1/file").text == "not_found"


def _code_of_problem(_request: Request[Any, Any, Any], problem: Problem) -> Response[str]:
    return Response(problem.code, status_code=404, media_type="text/plain")


def _provided(core: CoreClient) -> dict[str, Provide]:
    return {
        "core": Provide(lambda: core, sync_to_thread=False),
        "caller": Provide(lambda: Caller(None, "fr", "", ""), sync_to_thread=False),
    }
