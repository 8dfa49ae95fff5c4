"""An operation: one capability, said once.

From its declaration come the subject on the bus and its types, the desk's dispatch and who may call it, the route of
the API with its validation and description, the kinds of its audit rows, and the walks that test all of them. What is
not one request and one answer (streams, files, sessions) has a route written by hand.
"""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import Enum
from functools import partial
from typing import Any, Final, Generic, Literal, NamedTuple, TypeVar

import msgspec

from core.contracts.permissions import Right
from core.contracts.subjects import DESK

Asked = TypeVar("Asked", bound=msgspec.Struct)
Answered = TypeVar("Answered")
Method = Literal["GET", "POST", "PATCH", "DELETE"]


class Reach(Enum):
    """Where the right must be held."""

    EVERYWHERE = "everywhere"  # for the whole institution
    SOMEWHERE = "somewhere"  # for some place: the handler looks within the places where it is held
    UNPLACED = "unplaced"  # for some place, whichever: what is shown is the institution's and belongs to none
    BY_RECORD = "by_record"  # which right depends on the record or on the act: the handler asks for it
    ANYONE = "anyone"  # who is signed in
    INTEGRATOR = "integrator"  # a merchant's program: the handler looks within the company of its key
    CUSTOMER = "customer"  # a customer under a session of theirs: the handler looks within what is theirs
    NO_SESSION = (
        "no_session"  # whoever has not logged in yet, and the gateway for itself: asked without a session
    )


class Access(NamedTuple):
    """Who may call: where which right must be held."""

    reach: Reach
    right: Right | None = None


def somewhere(right: Right) -> Access:
    """Ask for a right that is held for some place; the handler looks within the places where it is held."""
    return Access(Reach.SOMEWHERE, right)


def unplaced(right: Right) -> Access:
    """Ask for a right that is held for some place, to read what is the institution's own and the same everywhere."""
    return Access(Reach.UNPLACED, right)


def everywhere(right: Right) -> Access:
    """Ask for a right that is held for the whole institution."""
    return Access(Reach.EVERYWHERE, right)


BY_RECORD: Final = Access(Reach.BY_RECORD)
ANYONE: Final = Access(Reach.ANYONE)
INTEGRATOR: Final = Access(Reach.INTEGRATOR)
CUSTOMER: Final = Access(Reach.CUSTOMER)
NO_SESSION: Final = Access(Reach.NO_SESSION)


AGENTS: Final = frozenset((Reach.EVERYWHERE, Reach.SOMEWHERE, Reach.UNPLACED, Reach.BY_RECORD, Reach.ANYONE))
"""What agents ask for, under a session of theirs. The others are of principals of their own, or of nobody."""


@dataclass(frozen=True)
class Route:
    """How an operation appears in the API.

    Fields of the request that `path` names come from the path, `idempotency_key` from its header; the others are the
    query of a GET or DELETE and the body of the rest. `description` empty: what the request's own type says of itself.
    """

    method: Method
    status: int
    path: str
    summary: str
    description: str = ""


GET: Final = partial(Route, "GET", 200)
POST: Final = partial(Route, "POST", 201)  # makes a thing
ACT: Final = partial(Route, "POST", 200)  # changes what there is, or only computes
PATCH: Final = partial(Route, "PATCH", 200)
DELETE: Final = partial(Route, "DELETE", 204)


@dataclass(frozen=True)
class Operation(Generic[Asked, Answered]):
    """One capability. `name` is `<things>.<act>`; `audit` lists the kinds of the rows that it may leave.

    `example` says fields of a request that is taken, as the API has them, where their types do not say enough; the walk
    of the tests sends it. `{agent}` stands for the identifier of an agent that there is.
    """

    name: str
    asked: type[Asked]
    answered: type[Answered]
    access: Access
    _: KW_ONLY
    http: Route | None = None
    audit: tuple[str, ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """Where it is asked for on the bus."""
        return f"{DESK}.{self.name.replace('.', '_')}"

    @property
    def tag(self) -> str:
        """Under what the API lists it: `Fee grids` for `fee_grids.list`."""
        return self.name.partition(".")[0].replace("_", " ").capitalize()

    @property
    def description(self) -> str:
        """What the API says of it. Raises: ValueError, when nobody wrote it down."""
        assert self.http is not None
        said = self.http.description or inspect.cleandoc(self.asked.__doc__ or "")
        if not said:
            raise ValueError(f"{self.name} is not described")
        return said

    @property
    def is_keyed(self) -> bool:
        """Whether it acts once under a key of the caller's; then its answer travels as the bytes that were kept."""
        return "idempotency_key" in self.asked.__struct_fields__


def refuse_twins(operations: Iterable[Operation[Any, Any]]) -> None:
    """Raise ValueError when two operations have one name, one method and path, or one type of request under a key."""
    seen: set[object] = set()
    for operation in operations:
        names: list[object] = [operation.name]
        if operation.http is not None:
            names.append((operation.http.method, operation.http.path))
        if operation.is_keyed:
            names.append(operation.asked)
        for name in names:
            if name in seen:
                raise ValueError(f"{name} is declared twice")
            seen.add(name)
