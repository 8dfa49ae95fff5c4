"""Internal requests."""
