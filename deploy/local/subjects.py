"""Who may say what on the bus: the one table from which the NATS server's users are made.

A pattern is a NATS subject where `>` stands for the rest. What is not in the table is refused.
An asker's replies come back under `_INBOX.<user>.>`, so its client must use that inbox prefix.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SubjectAllowance:
    """What one user of the bus may publish and subscribe to."""

    user: str
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


ALLOWANCES: tuple[SubjectAllowance, ...] = (
    SubjectAllowance(
        user="edge",
        publish=("core.engine.>", "core.terminals.>", "core.in.>", "_INBOX.edge.>"),
        subscribe=("edge.>", "host.>", "_INBOX.edge.>"),
    ),
    SubjectAllowance(
        user="core",
        # Core keeps the streams, and answers edge and gateway in their own inboxes.
        publish=(
            "edge.>",
            "host.>",
            "core.>",
            "gateway.>",
            "events.>",
            "live.>",
            "$JS.API.>",
            "$JS.ACK.>",
            "_INBOX.>",
        ),
        subscribe=("core.>", "events.>", "_INBOX.core.>"),
    ),
    SubjectAllowance(
        user="gateway",
        publish=("core.desk.>", "_INBOX.gateway.>"),
        subscribe=("live.>", "events.>", "_INBOX.gateway.>"),
    ),
)


def inbox_prefix(user: str) -> str:
    """Return the inbox prefix that the user's client must be given."""
    return f"_INBOX.{user}"
