"""Home: the state of things now."""
