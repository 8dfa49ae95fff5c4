"""The terminal wall, assignments, options; the diagnosis of a transaction."""

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from core.contracts import estate as ask
from core.contracts.desk_requests import ById
from core.contracts.estate import TransactionDiagnosis, WallView
from gateway.core_client import Caller, CoreClient
from gateway.v1 import terminals
from gateway.v1.reading import path_id


@get("/transactions/{transaction_id:str}/diagnosis", summary="Why, and is it usual?", tags=["Transactions"])
async def diagnosis(transaction_id: str, caller: Caller, core: CoreClient) -> TransactionDiagnosis:
    """Return the hop at fault, the next step, and how much fails around compared with the usual level."""
    body = ById(path_id("transaction", transaction_id))
    return await core.ask(ask.DIAGNOSIS, body, TransactionDiagnosis, caller=caller)


@get(
    "/wall",
    summary="The state of the estate",
    tags=["Directory"],
    opt={"query": frozenset({"region", "department", "service"})},
)
async def wall(
    caller: Caller,
    core: CoreClient,
    region: Annotated[str | None, QueryParameter(max_length=2, description="INSEE code")] = None,
    department: Annotated[str | None, QueryParameter(max_length=3)] = None,
    service: Annotated[str | None, QueryParameter(max_length=20)] = None,
) -> WallView:
    """Count terminals by condition: by region and department, or the stores of one department."""
    body = ask.AskWall(department=department, region=region, service=service)
    return await core.ask(ask.WALL, body, WallView, caller=caller)


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    diagnosis,
    wall,
    terminals.terminal_profile,
    terminals.assign_terminal,
    terminals.move_terminal,
    terminals.activate_terminal,
    terminals.retire_terminal,
    terminals.set_terminal_options,
)
