"""One transaction."""
