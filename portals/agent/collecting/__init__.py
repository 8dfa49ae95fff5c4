"""The daily run."""
