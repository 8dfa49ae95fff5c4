"""The statements of the hot path."""

from pathlib import Path

from core.db.queries import load

queries = load(Path(__file__).with_name("queries.sql"))
