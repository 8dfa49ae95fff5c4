"""Roles and databases of a cluster: who owns the schema, who may only read and write rows."""

from __future__ import annotations

import asyncpg

from deploy.local.postgres import ADMIN_ROLE, CORE_ROLE, DATABASE, OWNER_ROLE, PostgresServer


async def prepare_cluster(server: PostgresServer, database: str = DATABASE) -> None:
    """Make the two roles and the database, or bring an existing cluster to the same state."""
    # These statements hold passwords, so not even a failing one may reach the server's log.
    connection = await asyncpg.connect(
        server.dsn(ADMIN_ROLE, "postgres"),
        server_settings={"log_min_error_statement": "panic", "log_min_duration_statement": "-1"},
    )
    try:
        for role in (OWNER_ROLE, CORE_ROLE):
            await _ensure_role(connection, role, server.password(role))
        await create_database(connection, server, database)
    finally:
        await connection.close()


async def create_database(connection: asyncpg.Connection, server: PostgresServer, database: str) -> None:
    """Make `database` for the owner and give core its rights there, unless it exists already."""
    known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database)
    if known is None:
        await connection.execute(f'CREATE DATABASE "{database}" OWNER {OWNER_ROLE}')
    await connection.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
    await connection.execute(f'GRANT CONNECT ON DATABASE "{database}" TO {CORE_ROLE}')
    inside = await asyncpg.connect(server.dsn(ADMIN_ROLE, database))
    try:
        await _grant_rights(inside)
    finally:
        await inside.close()


async def copy_database(connection: asyncpg.Connection, *, template: str, database: str) -> None:
    """Make `database` as a copy of `template`, which nobody may be connected to."""
    await connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}" OWNER {OWNER_ROLE}')
    await connection.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
    await connection.execute(f'GRANT CONNECT ON DATABASE "{database}" TO {CORE_ROLE}')


async def _ensure_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    verb = "CREATE" if known is None else "ALTER"
    # A utility statement takes no parameters; the password's alphabet has no quote in it.
    await connection.execute(
        f"{verb} ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{password}'"
    )


async def _grant_rights(connection: asyncpg.Connection) -> None:
    """Give the schema to the owner and, for all that it will ever make, rows to core."""
    await connection.execute(
        f"""
        ALTER SCHEMA public OWNER TO {OWNER_ROLE};
        REVOKE ALL ON SCHEMA public FROM PUBLIC;
        GRANT USAGE ON SCHEMA public TO {CORE_ROLE};
        ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER_ROLE} GRANT USAGE ON SCHEMAS TO {CORE_ROLE};
        ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER_ROLE}
            GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {CORE_ROLE};
        ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER_ROLE} GRANT USAGE, SELECT ON SEQUENCES TO {CORE_ROLE};
        ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER_ROLE} GRANT EXECUTE ON FUNCTIONS TO {CORE_ROLE};
        """
    )
