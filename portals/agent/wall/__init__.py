"""The terminal wall."""
