"""Who may say what on the bus: the one table from which the NATS server's users are made.

One user for each kind of process, with exact subjects. In a pattern `*` is one word and `>` the rest; what is not in
the table is refused, so that a stolen login is worth what its process says and hears, and nothing else. An asker's
replies come back under `_INBOX.<user>.>`: nobody else hears them, and only who answers that user may write there.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.contracts import subjects
from core.contracts.subjects import inbox_prefix

__all__ = ["ALLOWANCES", "SubjectAllowance", "inbox_prefix"]


@dataclass(frozen=True)
class SubjectAllowance:
    """What one user of the bus may publish and subscribe to."""

    user: str
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def _inbox(user: str) -> str:
    return f"{inbox_prefix(user)}.>"


_ENGINE_ASKED = (
    subjects.AUTHORISE,
    subjects.REVERSE,
    subjects.BOOK,
    subjects.TOTALS,
    subjects.REFUSED_FACT,
    subjects.HOST_SAYS,
)
_TERMINALS_ASKED = (subjects.SIGN_ON, subjects.PRESENCE)
_JETSTREAM = "$JS.API"
_CONSUMER = f"{subjects.STREAM}.{subjects.ACTIVITY}"

ALLOWANCES: tuple[SubjectAllowance, ...] = (
    SubjectAllowance(
        user="edge",
        publish=(
            *_ENGINE_ASKED,
            *_TERMINALS_ASKED,
            subjects.core_inbox("*", "engine"),
            subjects.core_inbox("*", "worker"),
            # An edge of the version before answers where the batch was asked.
            subjects.core_inbox_of_batch(subjects.core_inbox("*", "engine"), "*"),
        ),
        subscribe=(subjects.edge_inbox("*"), subjects.host("*"), _inbox("edge")),
    ),
    SubjectAllowance(
        user="engine",
        # The relay keeps the stream and publishes into it.
        publish=(
            subjects.host("*"),
            subjects.edge_inbox("*"),
            subjects.LIVE,
            f"{_JETSTREAM}.STREAM.CREATE.{subjects.STREAM}",
            f"{_JETSTREAM}.STREAM.UPDATE.{subjects.STREAM}",
            _inbox("edge"),
            _inbox("desk"),
        ),
        subscribe=(
            *_ENGINE_ASKED,
            subjects.CARRY_OUT,
            subjects.core_inbox("*", "engine"),
            subjects.core_inbox_of_batch(subjects.core_inbox("*", "engine"), "*"),
            _inbox("engine"),
        ),
    ),
    SubjectAllowance(
        user="desk",
        # Acts of people are told to the engine by the desk, and by nobody else.
        publish=(subjects.CARRY_OUT, _inbox("edge"), _inbox("gateway")),
        subscribe=(f"{subjects.DESK}.*", *_TERMINALS_ASKED, _inbox("desk")),
    ),
    SubjectAllowance(
        user="worker",
        publish=(
            subjects.host("*"),
            f"{_JETSTREAM}.CONSUMER.INFO.{_CONSUMER}",
            f"{_JETSTREAM}.CONSUMER.DURABLE.CREATE.{_CONSUMER}",
            f"{_JETSTREAM}.CONSUMER.CREATE.{_CONSUMER}.{subjects.LIVE}",
            f"{_JETSTREAM}.CONSUMER.MSG.NEXT.{_CONSUMER}",
            f"$JS.ACK.{_CONSUMER}.>",
        ),
        subscribe=(subjects.core_inbox("*", "worker"), _inbox("worker")),
    ),
    SubjectAllowance(
        user="gateway",
        publish=(f"{subjects.DESK}.*",),
        subscribe=(subjects.LIVE, _inbox("gateway")),
    ),
)
