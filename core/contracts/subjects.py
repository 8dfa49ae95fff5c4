"""The NATS subjects, and who owns their queue groups. Allow-lists are built from these (deploy/local/subjects.py).

What the engine is asked stands beside its contracts, a row each: core/contracts/engine_requests.py.

A subject says who may publish it: `core.engine.*` and `core.terminals.*` are edge's, `core.cards.*` the card frame's,
`core.desk.*` the gateway's, `core.acts.*` the desk's alone. The server holds each login to its list. The reply subject
of a request is the asker's word, which the server does not check, so whoever answers looks at it (`is_inbox_of` and its
like): otherwise an answer would be said by core wherever the asker points.
"""

from dataclasses import dataclass
from typing import Any, Literal

ENGINE_QUEUE = "engine"
DESK_QUEUE = "desk"
WORKER_QUEUE = "worker"

SIGN_ON = "core.terminals.sign_on"  # request SignOn -> SignOnReply, queue group desk
PRESENCE = "core.terminals.presence"  # list[Presence], queue group desk

LIVE = (
    "events.transactions"  # EventBatch, published into JetStream by the relay; plain subscribers see it live
)
STREAM = "EVENTS"
ACTIVITY = "activity"  # the durable consumer of the stream, the worker's
TALKS = (
    "core.talks"  # a conversation's 16 bytes: something was said in it; a doorbell, the rows are asked for
)
DESK = "core.desk"  # core.desk.<query or command>: DeskRequest -> DeskReply


@dataclass(frozen=True, slots=True, eq=False)
class EngineRequest:
    """What the engine is asked, queue group `engine`: from this come its subject, who may say it, and how it is read.

    `sort` is the word for what it was: in metrics, and where it could not be handled and waits for a person. What is asked
    may say a nearer one, `sort` too.
    """

    subject: str
    asked: type[Any]
    reply: type[Any]
    sort: str = "other"
    asker: Literal["edge", "desk"] = "edge"

    @property
    def is_fact(self) -> bool:
        """Whether it tells of what has happened already: refused, it is money that nobody sees."""
        return getattr(self.asked, "is_fact", False)


def host(acquirer: str) -> str:
    """Requests to an acquirer: list[HostRequest], queue group `links`; replies to the reply subject: list[HostReply]."""
    return f"host.{acquirer}"


@dataclass(frozen=True, slots=True, eq=False)
class FrameRequest:
    """What the card frame asks the desk, one by one: from this come its subject, who may say it, and how it is read."""

    subject: str
    asked: type[Any]
    reply: type[Any]


LINKS_QUEUE = "links"


def edge_inbox(edge: str) -> str:
    """Where an edge instance receives list[AuthoriseReply]."""
    return f"edge.{edge}.authorised"


_BATCH_WORDS = 6  # core.in.<role>.<instance>.<batch>.host


def core_inbox(instance: str, role: str = "engine") -> str:
    """Where an instance of one of core's roles receives list[HostReply]."""
    return f"core.in.{role}.{instance}.host"


def core_inbox_of_batch(inbox: str, batch: int | str) -> str:
    """Return the reply subject of one batch of HostRequest: where the bus says that nobody took just this batch."""
    return f"{inbox.removesuffix('.host')}.{batch}.host"


def answers_of(reply: str) -> str:
    """Return where the answers to a batch go: to the inbox itself, so that those of several batches travel together."""
    parts = reply.split(".")
    return ".".join((*parts[:4], parts[5])) if len(parts) == _BATCH_WORDS else reply


def inbox_prefix(user: str) -> str:
    """Return what the inboxes of a user of the bus begin with: its client must be given this, and it hears no other."""
    return f"_INBOX.{user}"


def is_inbox_of(user: str, reply: str) -> bool:
    """Whether an answer to this reply subject is heard by that user."""
    return reply.startswith(f"_INBOX.{user}.")


def is_core_inbox(reply: str) -> bool:
    """Whether a reply subject is where an instance of core hears list[HostReply]."""
    return reply.startswith("core.in.") and reply.endswith(".host")


def is_edge_inbox(reply: str) -> bool:
    """Whether a reply subject is where an edge instance hears list[AuthoriseReply]."""
    return reply.startswith("edge.") and reply.endswith(".authorised")
