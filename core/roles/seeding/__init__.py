"""Demonstration and load data: `python -m core.seed`."""
