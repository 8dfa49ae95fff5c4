"""What a handler raises to refuse a request: a stable code and typed facts, nothing of HTTP."""

from core.contracts.desk import DeskProblem, FieldProblem

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


class ChangedMeanwhile(Refused):
    """Somebody else wrote after the version that the caller had read: who, when, what."""

    def __init__(self, errors: list[FieldProblem]) -> None:
        super().__init__("changed_meanwhile", errors=errors)


class NotFound(Refused):
    """No such thing, or not for this agent: the two look the same."""

    def __init__(self) -> None:
        super().__init__("not_found")
