"""Requests of gateway to core: one envelope, JSON-like bodies, stable problem codes."""

import msgspec


class Principal(msgspec.Struct, frozen=True):
    """Who asks, proved by the session's own token: what is stored of it, which a copy of the database holds, is no proof.

    Core looks the token up on every request; gateway only carries it. `agent_id` and `session`, the token's hash, are
    for a core of the version before, and believed by none.
    """

    token: str
    locale: str = "fr"
    ip: str = ""
    agent_id: bytes = b""
    session: bytes = b""

    def __repr__(self) -> str:
        return "Principal(…)"


class DeskRequest(msgspec.Struct):
    """`body` is msgpack of the subject's own request Struct."""

    trace_id: str
    principal: Principal | None
    body: msgspec.Raw


class FieldProblem(msgspec.Struct):
    """One field that keeps a request from being taken."""

    field: str
    code: str
    detail: str = ""


class DeskProblem(msgspec.Struct):
    """A refusal: a stable code and typed facts; gateway turns it into a status and words."""

    code: str
    facts: dict[str, str | int | bool | None] = {}
    errors: list[FieldProblem] = []


class DeskReply(msgspec.Struct):
    """Exactly one of the two is set; `result` is msgpack of the subject's own reply."""

    result: bytes | None = None
    problem: DeskProblem | None = None
