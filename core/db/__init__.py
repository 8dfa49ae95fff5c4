"""Access to PostgreSQL: named statements, connections, migrations. The only door to the database."""
