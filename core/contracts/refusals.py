"""What a handler raises to refuse a request: a stable code and typed facts, nothing of HTTP."""

from collections.abc import Callable
from typing import TypeVar

from core.contracts.desk import DeskProblem, FieldProblem

Made = TypeVar("Made")
Facts = dict[str, str | int | bool | None]


class Refused(Exception):
    """A request that is understood and not granted; subclasses name the case."""

    def __init__(
        self, code: str, facts: Facts | None = None, errors: list[FieldProblem] | None = None
    ) -> None:
        super().__init__(code)
        self.problem = DeskProblem(code=code, facts=facts or {}, errors=errors or [])


class Denied(Refused):
    """A refusal for want of a right: the audit keeps who tried what."""


class Overtaken(Refused):
    """What is asked no longer fits what stands: whoever answers names who changed that last.

    `target_id`: what stands otherwise; None: the very thing that the request names.
    """

    target_id: bytes | None = None


class FieldRefused(Refused):
    """A field that no bound of its own tells of, such as an end before its beginning."""

    def __init__(self, field: str, code: str, detail: str = "") -> None:
        super().__init__("invalid_request", errors=[FieldProblem(field, code, detail)])


class Faults:
    """What is wrong with the fields of one request: whoever filled them in is told of all of it at once."""

    def __init__(self) -> None:
        self.found: list[FieldProblem] = []

    def note(self, field: str, code: str, detail: str = "") -> None:
        """Note one more."""
        self.found.append(FieldProblem(field, code, detail))

    def read(self, made: Callable[[], Made]) -> Made | None:
        """Return what is made; None where a field of it is refused, which is noted."""
        try:
            return made()
        except Refused as refused:
            if not refused.problem.errors:
                raise
            self.found += refused.problem.errors
            return None

    def refuse(self) -> None:
        """Refuse the request where anything was noted. Raises: Refused."""
        if self.found:
            raise Refused("invalid_request", errors=self.found)


class ChangedMeanwhile(Refused):
    """Somebody else wrote after the version that the caller had read: who, when, what."""

    def __init__(self, errors: list[FieldProblem]) -> None:
        super().__init__("changed_meanwhile", errors=errors)


class NotFound(Refused):
    """No such thing, or not for this agent: the two look the same."""

    def __init__(self) -> None:
        super().__init__("not_found")
