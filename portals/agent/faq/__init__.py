"""Questions that customers ask, and their answers."""
