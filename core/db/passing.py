"""Which errors pass by themselves: then nothing is known, and who asked may ask again. All others will come again."""

from typing import Final

import asyncpg

# SQLSTATE classes. Source: PostgreSQL, appendix A: connection, transaction rollback, resources, object state,
# operator intervention, system error.
_PASSING_CLASSES: Final = frozenset({"08", "25", "40", "53", "55", "57", "58"})


def is_passing(error: BaseException) -> bool:
    """Return whether trying again may help: the database or the way to it is at fault, not what was asked."""
    if isinstance(error, asyncpg.PostgresError):
        return str(getattr(error, "sqlstate", ""))[:2] in _PASSING_CLASSES
    if isinstance(error, ValueError):
        return False  # A value that no statement can take; asyncpg's own is an interface error as well.
    return isinstance(error, OSError | TimeoutError | asyncpg.InterfaceError)


def is_away(error: BaseException) -> bool:
    """Return whether the database is not there: down, starting, or not to be reached."""
    if isinstance(error, TimeoutError):
        return False  # Of a statement, or of a connection that others hold.
    return isinstance(
        error,
        OSError
        | asyncpg.InterfaceError
        | asyncpg.PostgresConnectionError
        | asyncpg.AdminShutdownError
        | asyncpg.CrashShutdownError
        | asyncpg.CannotConnectNowError,
    ) and is_passing(error)
