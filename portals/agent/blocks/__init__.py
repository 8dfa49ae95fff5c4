"""The journal of blocks, and its two actions."""
