"""Sessions end, guessing waits, roles have their rights."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from core.contracts.permissions import Permission
from core.contracts.scope import Area
from core.identity.model import Failures, Grant
from core.identity.rules import has_ended, must_note_seen, origin_of_caller, wait_after
from tests.support.callers import signed_in

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SESSION = msgspec.structs.replace(
    signed_in(
        Grant("hotline", frozenset({Permission.TRANSACTIONS_READ}), Area(departments=("69",))),
        Grant("back_office", frozenset({Permission.TRANSACTIONS_REFUND}), Area(departments=("75",)), 10_000),
    ),
    created_at=NOW - timedelta(hours=1),
    last_seen_at=NOW - timedelta(seconds=30),
    expires_at=NOW + timedelta(hours=11),
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


def test_a_permission_holds_only_where_a_grant_that_has_it_holds() -> None:
    reading = SESSION.scope_of(Permission.TRANSACTIONS_READ)
    assert reading.sees("69")
    assert not reading.sees("75")
    assert SESSION.scope_of(Permission.TRANSACTIONS_REFUND).sees("75")
    assert not SESSION.scope_of(Permission.TRANSACTIONS_REFUND).sees("69")
    assert not SESSION.scope_of(Permission.GRANTS_WRITE).sees("69")
    assert not SESSION.may(Permission.GRANTS_WRITE)


def test_the_widest_grant_bounds_an_amount() -> None:
    assert SESSION.amount_max_of(Permission.TRANSACTIONS_REFUND) == 10_000
    assert SESSION.amount_max_of(Permission.TRANSACTIONS_READ) is None
    assert SESSION.amount_max_of(Permission.GRANTS_WRITE) == 0


@pytest.mark.parametrize(
    ("ip", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("x" * 100, "x" * 64),
    ],
)
def test_all_addresses_of_one_subscriber_are_counted_as_one(ip: str, counted: str) -> None:
    assert origin_of_caller(ip) == counted
