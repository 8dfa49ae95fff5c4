"""The statements of the jobs on transactions."""

from pathlib import Path

from core.db.queries import load

queries = load(Path(__file__).with_name("queries.sql"))
