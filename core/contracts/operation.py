"""An operation: one capability, said once.

From its declaration come the subject on the bus and its types, the desk's dispatch and who may call it, the route of
the API with its validation and description, the kinds of its audit rows, and the walks that test all of them. What is
not one request and one answer (streams, files, sessions) has a route written by hand.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, Literal, TypeVar

import msgspec

from core.contracts.permissions import Permission
from core.contracts.subjects import DESK

Asked = TypeVar("Asked", bound=msgspec.Struct)
Answered = TypeVar("Answered", bound=msgspec.Struct)
Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]


class Reach(Enum):
    """Where the right must be held."""

    EVERYWHERE = "everywhere"  # for the whole institution
    SOMEWHERE = "somewhere"  # for some place: the handler looks within the places where it is held
    ANYONE = "anyone"  # who is signed in


@dataclass(frozen=True)
class Route:
    """How an operation appears in the API.

    Fields of the request that `path` names come from the path, `idempotency_key` from its header; the others are the
    query of a GET or DELETE and the body of the rest.
    """

    method: Method
    path: str
    status: int
    summary: str
    description: str
    tag: str


@dataclass(frozen=True, kw_only=True)
class Operation(Generic[Asked, Answered]):
    """One capability. `name` is `<things>.<act>`; `audit` lists the kinds of the rows that it may leave."""

    name: str
    asked: type[Asked]
    answered: type[Answered]
    reach: Reach
    right: Permission | None = None
    route: Route | None = None
    audit: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.right is None) != (self.reach is Reach.ANYONE):
            raise ValueError(f"{self.name}: a right is held somewhere, and only a right is")

    @property
    def subject(self) -> str:
        """Where it is asked for on the bus."""
        return f"{DESK}.{self.name.replace('.', '_')}"

    @property
    def is_keyed(self) -> bool:
        """Whether it acts once under a key of the caller's; then its answer travels as the bytes that were kept."""
        return "idempotency_key" in self.asked.__struct_fields__


def refuse_twins(operations: Iterable[Operation[Any, Any]]) -> None:
    """Raise ValueError when two operations have one name, or one method and path."""
    seen: set[object] = set()
    for operation in operations:
        names: list[object] = [operation.name]
        if operation.route is not None:
            names.append((operation.route.method, operation.route.path))
        for name in names:
            if name in seen:
                raise ValueError(f"{name} is declared twice")
            seen.add(name)
