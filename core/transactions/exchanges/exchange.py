"""One request to a host and who asked for it, as a process of core remembers them."""

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from core.contracts.payment import HOST_NO_REPLY, HOST_NOT_SENT, HostReply, HostRequest
from core.contracts.reasons import Reason


class Source(NamedTuple):
    """Who asks for an attempt: a terminal, which hears the outcome, or an agent or a run, who read it where it stands."""

    who: str  # as histories say it
    reply_to: str = ""  # where edge hears AuthoriseReply


class Exchange:
    """A request from the commit that armed it until its outcome is known. Lost with the process, it is swept or due again.

    Whoever must remember more of what it asked about adds it in a class of its own.
    """

    __slots__ = ("acquirer", "request", "settle", "source", "waiters")

    def __init__(
        self,
        request: HostRequest,
        *,
        acquirer: str,
        source: Source,
        settle: "Callable[[list[HostOutcome[Any]]], object]",
    ) -> None:
        self.request = request
        self.acquirer = acquirer
        self.source = source
        self.settle = settle  # takes the outcome, together with others that came with it; never blocks
        self.waiters: list[tuple[bytes, Source]] | None = None  # repeats: their id and who asks

    def wait(self, asked_id: bytes, source: Source) -> None:
        """Answer a repeat when the first is answered."""
        if self.waiters is None:
            self.waiters = []
        self.waiters.append((asked_id, source))


Asked = TypeVar("Asked", bound=Exchange)


class HostOutcome(NamedTuple, Generic[Asked]):
    """An exchange and what became of it: the host's answer, none by the deadline, or that nothing had left."""

    exchange: Asked
    reply: HostReply


def no_reply(request: HostRequest) -> HostReply:
    """Return what a link that never spoke would have said."""
    return _unanswered(request, HOST_NO_REPLY, Reason.HOST_NO_REPLY)


def not_sent(request: HostRequest) -> HostReply:
    """Return what a link would say of a request that never left."""
    return _unanswered(request, HOST_NOT_SENT, Reason.HOST_UNREACHABLE)


def _unanswered(request: HostRequest, result: int, reason: Reason) -> HostReply:
    return HostReply(
        id=request.id,
        message=request.message,
        result=result,
        reason=reason,
        host_code="",
        approval_code="",
        approved_minor=0,
        sent_us=0,
        replied_us=0,
        exchange=b"",
        replacement_minor=request.replacement_minor,
    )
