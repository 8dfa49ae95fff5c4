#!/bin/bash
# Runs once, when the cluster is made: the owner of the schema, and the login of core with rows and nothing else.
# The same rights as deploy/local/database.py gives.
set -euo pipefail
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner_password="$GUICHET_OWNER_PASSWORD" --set core_password="$GUICHET_CORE_PASSWORD" <<'SQL'
SET log_min_error_statement = panic;
SET log_statement = 'none';
CREATE ROLE guichet_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE guichet_core LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'core_password';
CREATE DATABASE guichet OWNER guichet_owner;
REVOKE ALL ON DATABASE guichet FROM PUBLIC;
GRANT CONNECT ON DATABASE guichet TO guichet_core;
\connect guichet
ALTER SCHEMA public OWNER TO guichet_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO guichet_core;
ALTER DEFAULT PRIVILEGES FOR ROLE guichet_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO guichet_core;
ALTER DEFAULT PRIVILEGES FOR ROLE guichet_owner GRANT USAGE, SELECT ON SEQUENCES TO guichet_core;
ALTER DEFAULT PRIVILEGES FOR ROLE guichet_owner GRANT EXECUTE ON FUNCTIONS TO guichet_core;
SQL
