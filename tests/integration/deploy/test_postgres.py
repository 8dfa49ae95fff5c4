"""PostgreSQL as we run it: durable, unprivileged, back after a kill."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path

import asyncpg
import pytest

from deploy.local import postgres
from deploy.local.database import prepare_cluster
from deploy.local.errors import AlreadyRunning
from deploy.local.migrate import migrate, run_dbmate
from deploy.local.ports import free_ports
from deploy.local.postgres import ADMIN_ROLE, CORE_ROLE, OWNER_ROLE, PostgresServer
from tests.support.servers import TestDatabase


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("password_encryption", "scram-sha-256"),
        ("listen_addresses", "127.0.0.1"),
    ],
)
async def test_the_server_is_durable_and_private(migrated: TestDatabase, setting: str, value: str) -> None:
    connection = await asyncpg.connect(migrated.dsn)
    try:
        assert await connection.fetchval("SELECT current_setting($1)", setting) == value
    finally:
        await connection.close()


async def test_core_changes_rows_but_not_the_schema(database: TestDatabase) -> None:
    owner = await asyncpg.connect(database.owner_dsn)
    core = await asyncpg.connect(database.dsn)
    try:
        await owner.execute("CREATE TABLE probe_rows (id bigint GENERATED ALWAYS AS IDENTITY, word text)")
        await core.execute("INSERT INTO probe_rows (word) VALUES ('one')")
        assert await core.fetchval("SELECT word FROM probe_rows") == "one"
        for forbidden in ("CREATE TABLE mine ()", "TRUNCATE probe_rows", "DROP TABLE probe_rows"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await core.execute(forbidden)
    finally:
        await core.close()
        await owner.close()


async def test_a_wrong_password_is_refused(migrated: TestDatabase) -> None:
    wrong = migrated.dsn.replace("@127.0.0.1", "x@127.0.0.1")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(wrong)


async def test_committed_rows_survive_kill_nine_and_a_stale_pid_file(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path, port=free_ports(1)[0])
    try:
        await server.start()
        await prepare_cluster(server)
        owner = await asyncpg.connect(server.dsn(OWNER_ROLE))
        await owner.execute("CREATE TABLE kept (word text)")
        await owner.execute("INSERT INTO kept VALUES ('durable')")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        # A pid that belongs to another program by now must not keep the server from starting.
        pid_file = tmp_path / "postgres" / "postmaster.pid"
        pid_file.write_text(pid_file.read_text().replace(str(server.pid), str(os.getppid()), 1))
        await server.start()
        core = await asyncpg.connect(server.dsn(CORE_ROLE))
        assert await core.fetchval("SELECT word FROM kept") == "durable"
        await core.close()
        owner.terminate()
    finally:
        await server.stop()


async def test_a_second_server_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    first = PostgresServer(tmp_path, port=free_ports(1)[0])
    second = PostgresServer(tmp_path, port=free_ports(1)[0])
    try:
        await first.start()
        with pytest.raises(AlreadyRunning):
            await second.start()
        connection = await asyncpg.connect(first.dsn(ADMIN_ROLE, "postgres"))
        await connection.close()
    finally:
        await first.stop()


async def test_secrets_are_readable_by_their_owner_only(
    postgres_server: PostgresServer, short_folder: Path
) -> None:
    secrets = short_folder / "pg" / "secrets"
    assert secrets.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in secrets.iterdir()} == {0o600}


async def test_migrations_run_up_and_down(database: TestDatabase, tmp_path: Path) -> None:
    (tmp_path / "29990101000000_probe.sql").write_text(
        "-- migrate:up\nCREATE TABLE probe_up (id int);\n\n-- migrate:down\nDROP TABLE probe_up;\n"
    )
    assert await migrate(database.owner_dsn, tmp_path) == 1
    core = await asyncpg.connect(database.dsn)
    try:
        assert await core.fetchval("SELECT count(*) FROM probe_up") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await core.execute("DELETE FROM schema_migrations")
        run_dbmate(database.owner_dsn, "rollback", tmp_path)
        assert await core.fetchval("SELECT to_regclass('probe_up')") is None
    finally:
        await core.close()


async def test_no_migrations_change_nothing(database: TestDatabase, tmp_path: Path) -> None:
    assert await migrate(database.owner_dsn, tmp_path / "absent") == 0


async def test_root_without_user_namespaces_runs_the_server_as_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "unshare" else find(name))
    postgres.server_identity.cache_clear()
    try:
        with tempfile.TemporaryDirectory(prefix="gt-", ignore_cleanup_errors=True) as folder:
            # Another user can only reach its files through a folder that lets it pass.
            Path(folder).chmod(0o711)
            server = PostgresServer(Path(folder) / "data", port=free_ports(1)[0])
            try:
                await server.start()
                assert Path(f"/proc/{server.pid}").stat().st_uid != 0
            finally:
                await server.stop()
    finally:
        postgres.server_identity.cache_clear()
