"""Sessions end, guessing waits, roles have their rights."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from core.identity.model import Failures, Right, Role, SignedIn
from core.identity.rules import has_ended, may, must_note_seen, wait_after

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SESSION = SignedIn(
    token_hash=b"h",
    agent_id=bytes(16),
    created_at=NOW - timedelta(hours=1),
    last_seen_at=NOW - timedelta(seconds=30),
    expires_at=NOW + timedelta(hours=11),
    ended_at=None,
    email="a@guichet.example",
    name="A",
    role=Role.HOTLINE,
    departments=["69"],
    locale="fr",
    disabled_at=None,
)


def test_a_session_ends_after_fifteen_idle_minutes_at_its_end_or_with_its_agent() -> None:
    def ended(**changes: object) -> bool:
        return has_ended(msgspec.structs.replace(SESSION, **changes), NOW)

    assert not ended()
    assert not ended(last_seen_at=NOW - timedelta(minutes=14, seconds=59))
    assert ended(last_seen_at=NOW - timedelta(minutes=15))
    assert ended(expires_at=NOW)
    assert ended(ended_at=NOW)
    assert ended(disabled_at=NOW)


def test_being_seen_is_written_once_a_minute() -> None:
    assert not must_note_seen(SESSION, NOW)
    assert must_note_seen(SESSION, NOW + timedelta(seconds=30))


def test_guessing_waits_until_the_oldest_failure_leaves_the_window() -> None:
    oldest = NOW - timedelta(minutes=10)
    assert wait_after(Failures(4, oldest), failures_max=5, now=NOW) is None
    assert wait_after(Failures(5, oldest), failures_max=5, now=NOW) == 301
    assert wait_after(Failures(0, None), failures_max=5, now=NOW) is None


def test_an_agent_sees_its_departments_and_nobody_sees_an_empty_list() -> None:
    assert SESSION.scope.sees("69")
    assert not SESSION.scope.sees("75")
    assert msgspec.structs.replace(SESSION, departments=None).scope.sees("75")
    assert not msgspec.structs.replace(SESSION, departments=[]).scope.sees("69")


def test_only_some_roles_move_money() -> None:
    assert {role for role in Role if may(role, Right.REFUND)} == {
        Role.BACK_OFFICE,
        Role.SUPERVISOR,
        Role.ADMINISTRATOR,
    }
