"""Every NATS subject, and who owns its queue group. Allow-lists are built from these (deploy/local/subjects.py)."""

ENGINE_QUEUE = "engine"
DESK_QUEUE = "desk"
WORKER_QUEUE = "worker"

AUTHORISE = (
    "core.engine.authorise"  # list[Authorise]; replies to the message's reply subject: list[AuthoriseReply]
)
REVERSE = "core.engine.reverse"  # request Reverse -> AuthoriseReply
BOOK = "core.engine.book"  # request Book -> AuthoriseReply
TOTALS = "core.engine.totals"  # request Totals -> TotalsReply
SIGN_ON = "core.terminals.sign_on"  # request SignOn -> SignOnReply, queue group desk
PRESENCE = "core.terminals.presence"  # list[Presence], queue group desk

LIVE = (
    "events.transactions"  # EventBatch, published into JetStream by the relay; plain subscribers see it live
)
STREAM = "EVENTS"
DESK = "core.desk"  # core.desk.<query or command>: DeskRequest -> DeskReply


def host(acquirer: str) -> str:
    """Requests to an acquirer: list[HostRequest], queue group `links`; replies to the reply subject: list[HostReply]."""
    return f"host.{acquirer}"


LINKS_QUEUE = "links"


def edge_inbox(edge: str) -> str:
    """Where an edge instance receives list[AuthoriseReply]."""
    return f"edge.{edge}.authorised"


def core_inbox(instance: str) -> str:
    """Where a core instance receives list[HostReply]."""
    return f"core.in.{instance}.host"


def edge_control(edge: str) -> str:
    """Where an edge instance is told of blocks and commands: a hint only, the statement decides."""
    return f"edge.{edge}.control"
