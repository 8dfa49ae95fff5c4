"""Access to PostgreSQL: named statements, connections, migrations. Nothing else reaches the database."""
