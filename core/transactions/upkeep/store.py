"""The statements of upkeep."""

from pathlib import Path

from core.db.queries import load

queries = load(Path(__file__).with_name("queries.sql"))
