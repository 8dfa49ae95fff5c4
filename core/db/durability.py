"""Law 1: PostgreSQL holds every fact, so a server that may forget is refused at start."""

from typing import Final

import asyncpg

REQUIRED_SETTINGS: Final = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "data_checksums": ("on",),
    # Every value but "off" and, with a standby, "local" waits at least for the local disk.
    "synchronous_commit": ("on", "remote_write", "remote_apply"),
}
_QUERY: Final = "SELECT name, setting FROM pg_settings WHERE name = ANY($1::text[])"


class DatabaseNotDurable(Exception):
    """The server may lose a commit that it has confirmed."""

    code = "database_not_durable"

    def __init__(self, *, setting: str, value: str) -> None:
        super().__init__(f"PostgreSQL has {setting} = {value}; Guichet starts only with {setting} = on")
        self.setting = setting
        self.value = value


async def check_durability(connection: asyncpg.Connection) -> None:
    """Return when the server and this login keep what they confirm.

    Raises: DatabaseNotDurable, naming the first setting that is wrong.
    """
    rows = await connection.fetch(_QUERY, list(REQUIRED_SETTINGS))
    present = {row["name"]: row["setting"] for row in rows}
    for setting, accepted in REQUIRED_SETTINGS.items():
        value = present.get(setting, "absent")
        if value not in accepted:
            raise DatabaseNotDurable(setting=setting, value=value)
