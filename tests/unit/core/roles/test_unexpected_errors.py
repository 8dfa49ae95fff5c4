"""What somebody is told whose request met an error: try again where that helps, and only where it does."""

import asyncpg
import pytest

from core.db.passing import is_away
from core.roles.desk import problem_of

AWAY = (
    OSError("connection refused"),
    ConnectionResetError(),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
    asyncpg.CannotConnectNowError("the database system is starting up"),
    asyncpg.AdminShutdownError("terminating connection due to administrator command"),
    asyncpg.CrashShutdownError("terminating connection because of crash of another server process"),
)
BUSY = (
    asyncpg.DeadlockDetectedError("deadlock detected"),
    asyncpg.SerializationError("could not serialize access"),
    asyncpg.TooManyConnectionsError("sorry, too many clients already"),
)


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
def test_a_database_that_is_away_is_said_to_be_busy_and_makes_the_desk_unready(error: Exception) -> None:
    assert problem_of(error).code == "system_busy"
    assert is_away(error)


@pytest.mark.parametrize("error", BUSY, ids=lambda error: type(error).__name__)
def test_what_passes_by_itself_may_be_asked_again_and_the_desk_stays_ready(error: Exception) -> None:
    assert problem_of(error).code == "system_busy"
    assert not is_away(error)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TimeoutError(), "query_too_slow"),
        (asyncpg.QueryCanceledError("canceling statement due to statement timeout"), "query_too_slow"),
        (asyncpg.DataError("invalid byte sequence"), "invalid_request"),
        (OverflowError("value out of int64 range"), "invalid_request"),
        (asyncpg.UndefinedTableError("relation does not exist"), "internal_error"),
        (KeyError("name"), "internal_error"),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
def test_other_errors_are_what_they_are(error: Exception, code: str) -> None:
    assert problem_of(error).code == code
    assert not is_away(error)
