"""Demonstration and load data: `python -m deploy.sandbox.demonstration`."""
