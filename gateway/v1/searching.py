"""One search over everything, and journals."""

from typing import Annotated

from litestar import get
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from core.contracts import searching as ask
from gateway.core_client import Caller, CoreClient


@get("/search", summary="Search everything", tags=["Search"], opt={"query": frozenset({"q"})})
async def search(
    caller: Caller,
    core: CoreClient,
    q: Annotated[
        str,
        Parameter(
            min_length=1,
            max_length=ask.QUERY_CHARACTERS_MAX,
            description="Part of a name, mistakes allowed, or any identifier: SIREN, SIRET, terminal, reference, "
            "last four, STAN, authorisation number, amount, telephone",
        ),
    ],
) -> ask.SearchResults:
    """Return the best of every kind that you may see, at most eight of each, an exact identifier first."""
    return await core.ask(ask.SEARCH, ask.SearchEverything(q), ask.SearchResults, caller=caller)


HANDLERS: tuple[ControllerRouterHandler, ...] = (search,)
