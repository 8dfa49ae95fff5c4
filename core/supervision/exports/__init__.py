"""Exports as jobs of the worker."""
