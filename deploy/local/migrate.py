"""Bring a database to the newest schema with dbmate: plain SQL files, up and down."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import asyncpg

from deploy.local import child
from deploy.local.binaries import dbmate_binary
from deploy.local.errors import MigrationFailed
from deploy.local.postgres import CORE_ROLE

MIGRATIONS_FOLDER = Path(__file__).resolve().parents[2] / "core" / "db" / "migrations"
_TIMEOUT_S = 300
# A migration that waits for a lock holds up everybody behind it, so it gives up early and is run again.
_SESSION_LIMITS = "&lock_timeout=5000&statement_timeout=240000"


async def migrate(owner_dsn: str, folder: Path = MIGRATIONS_FOLDER) -> int:
    """Run every migration not yet run, as the owner, and return how many there are in all.

    A folder that is absent or empty changes nothing. Raises: BinaryMissing, MigrationFailed.
    """
    count = len(list(folder.glob("*.sql"))) if folder.is_dir() else 0
    if count == 0:
        return 0
    await asyncio.to_thread(run_dbmate, owner_dsn, "migrate", folder)
    connection = await asyncpg.connect(owner_dsn)
    try:
        # The record of what was run is the owner's business; core may read it to check its version.
        await connection.execute(f"REVOKE INSERT, UPDATE, DELETE ON schema_migrations FROM {CORE_ROLE}")
    finally:
        await connection.close()
    return count


def run_dbmate(owner_dsn: str, command: str, folder: Path = MIGRATIONS_FOLDER) -> str:
    """Run one dbmate command (`migrate`, `rollback`, `status`) and return what it printed.

    Raises: BinaryMissing, MigrationFailed with the tool's last line, which never holds the address.
    """
    done = subprocess.run(
        [str(dbmate_binary()), "--migrations-dir", str(folder), "--no-dump-schema", command],
        # The address holds a password, and other users can read command lines but not environments.
        env={**child.base_environment(), "DATABASE_URL": owner_dsn + _SESSION_LIMITS},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        said = " | ".join(lines[-2:]).replace(owner_dsn, "the database")
        raise MigrationFailed("migration-failed", said=said, folder=folder.name)
    return done.stdout
