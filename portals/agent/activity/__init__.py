"""Charts of activity."""
