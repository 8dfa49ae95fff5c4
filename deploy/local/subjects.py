"""Who may say what on the bus: the one table from which the NATS server's users are made.

One user for each kind of process, with exact subjects. In a pattern `*` is one word and `>` the rest; what is not in
the table is refused, so that a stolen login is worth what its process says and hears, and nothing else. An asker's
replies come back under `_INBOX.<user>.>`: nobody else hears them, and only who answers that user may write there.

`python -m deploy.local.subjects` writes the same users where containers and operators read them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from core.contracts import subjects
from core.contracts.cards import AUTHENTICATE, FRAME_REQUESTS, code_subject
from core.contracts.engine_requests import ENGINE_REQUESTS
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


def _engine_asked(asker: str) -> tuple[str, ...]:
    return tuple(each.subject for each in ENGINE_REQUESTS if each.asker == asker)


_TERMINALS_ASKED = (subjects.SIGN_ON, subjects.PRESENCE)
_FRAME_ASKED = tuple(each.subject for each in FRAME_REQUESTS)
_JETSTREAM = "$JS.API"
_CONSUMER = f"{subjects.STREAM}.{subjects.ACTIVITY}"

ALLOWANCES: tuple[SubjectAllowance, ...] = (
    SubjectAllowance(
        user="edge",
        publish=(
            *_engine_asked("edge"),
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
            *_engine_asked("edge"),
            *_engine_asked("desk"),
            subjects.core_inbox("*", "engine"),
            subjects.core_inbox_of_batch(subjects.core_inbox("*", "engine"), "*"),
            _inbox("engine"),
        ),
    ),
    SubjectAllowance(
        user="desk",
        # Acts of people are told to the engine by the desk, and by nobody else.
        publish=(
            *_engine_asked("desk"),
            AUTHENTICATE,
            code_subject("*"),
            subjects.TALKS,
            _inbox("edge"),
            _inbox("cards"),
            _inbox("gateway"),
        ),
        subscribe=(f"{subjects.DESK}.*", *_TERMINALS_ASKED, *_FRAME_ASKED, _inbox("desk")),
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
        subscribe=(
            subjects.core_inbox("*", "worker"),
            subjects.core_inbox_of_batch(subjects.core_inbox("*", "worker"), "*"),
            _inbox("worker"),
        ),
    ),
    SubjectAllowance(
        user="cards",
        publish=(*_FRAME_ASKED, _inbox("desk")),
        subscribe=(AUTHENTICATE, code_subject("*"), _inbox("cards")),
    ),
    SubjectAllowance(
        user="gateway",
        publish=(f"{subjects.DESK}.*",),
        subscribe=(subjects.LIVE, subjects.TALKS, _inbox("gateway")),
    ),
)


_ROOT = Path(__file__).parents[2]
_OF_CONTAINERS = _ROOT / "deploy" / "containers" / "nats" / "nats.conf"
_OF_OPERATORS = _ROOT / "docs" / "operations.md"


def users_of_containers() -> str:
    """Return the list of users as it stands in the configuration for containers: passwords are in the environment."""
    users = [
        f"""    {{
      user: {each.user}
      password: $NATS_{each.user.upper()}_PASSWORD
      permissions: {{
        publish: {{ allow: {json.dumps(each.publish)} }}
        subscribe: {{ allow: {json.dumps(each.subscribe)} }}
      }}
    }}"""
        for each in ALLOWANCES
    ]
    return "[\n" + ",\n".join(users) + "\n  ]"


def rows_of_operators() -> str:
    """Return the users as the page for operators lists them."""
    return "\n".join(
        f"| `{each.user}` | " + " | ".join(map(_cell, (each.publish, each.subscribe))) + " |"
        for each in ALLOWANCES
    )


def _cell(allowed: tuple[str, ...]) -> str:
    return ", ".join(f"`{subject}`" for subject in allowed)


def _write(path: Path, opening: str, text: str, closing: str) -> None:
    head, found, rest = path.read_text().partition(opening)
    path.write_text(head + found + text + closing + rest.partition(closing)[2])


if __name__ == "__main__":
    _write(_OF_CONTAINERS, "  users: ", users_of_containers(), "\n}\n")
    _write(
        _OF_OPERATORS,
        "| user | may publish | may subscribe |\n|---|---|---|\n",
        rows_of_operators(),
        "\n\n",
    )
