"""One request to a host and who asked for it, as a process of core remembers them."""

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

import msgspec

from core.contracts.payment import HOST_NO_REPLY, HOST_NOT_SENT, HostReply, HostRequest
from core.contracts.reasons import Reason


class Source(NamedTuple):
    """Who asks for an attempt: a terminal, which hears the outcome, or an agent or a run, who read it where it stands."""

    who: str  # as histories say it
    reply_to: str = ""  # where edge hears AuthoriseReply


About = TypeVar("About")


class Exchange(msgspec.Struct, Generic[About], eq=False, gc=False):
    """A request from the commit that armed it until its outcome is known. Lost with the process, it is swept or due again.

    `about` is what whoever settles it must remember. `settle` takes outcomes that came together, and never blocks.
    """

    request: HostRequest
    acquirer: str
    source: Source
    about: About
    settle: "Callable[[list[HostOutcome[About]]], object]"
    waiters: list[tuple[bytes, Source]] | None = None  # repeats: their id and who asks

    def wait(self, asked_id: bytes, source: Source) -> None:
        """Answer a repeat when the first is answered."""
        if self.waiters is None:
            self.waiters = []
        self.waiters.append((asked_id, source))


class HostOutcome(NamedTuple, Generic[About]):
    """An exchange and what became of it: the host's answer, none by the deadline, or that nothing had left."""

    exchange: Exchange[About]
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
        messages=b"",
        replacement_minor=request.replacement_minor,
    )
