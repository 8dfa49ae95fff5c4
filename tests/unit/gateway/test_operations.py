"""Routes of operations: what a caller writes comes to core in the request's own fields."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from litestar import Litestar
from litestar.di import Provide
from litestar.testing import TestClient

from core.contracts.listing import Paged, Words
from core.contracts.operation import GET, Operation, Reach
from gateway.core_client import Caller, CoreClient
from gateway.operations import routes_of


class Find(Paged, kw_only=True):
    """Fields that the framework has names for too."""

    query: Words = ""
    state: Literal["open", "closed"] | None = None


class Found(msgspec.Struct):
    """Nothing was found."""

    data: list[int]


class Core(CoreClient):
    """Keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[msgspec.Struct] = []

    async def ask(self, subject: str, body: msgspec.Struct, result: type[Any], **_options: Any) -> Any:
        """Answer that there is nothing."""
        self.asked.append(body)
        return Found([])


FIND = Operation(
    name="things.find",
    asked=Find,
    answered=Found,
    reach=Reach.ANYONE,
    http=GET("/things", "Find things", tag="Things"),
)


def test_a_query_may_name_what_the_framework_keeps_for_itself() -> None:
    core = Core()
    with TestClient(Litestar(routes_of([FIND]), dependencies=_provided(core))) as client:
        asked = [{"query": "bread", "state": "open", "limit": 3}, {}]
        assert [client.get("/things", params=each).status_code for each in asked] == [200, 200]
        refused = client.get("/things", params={"state": "ajar"})
    assert core.asked == [Find(query="bread", state="open", limit=3), Find()]
    assert refused.status_code == 400


def _provided(core: CoreClient) -> dict[str, Provide]:
    return {
        "core": Provide(lambda: core, sync_to_thread=False),
        "caller": Provide(lambda: Caller(None, "fr", "", ""), sync_to_thread=False),
    }
