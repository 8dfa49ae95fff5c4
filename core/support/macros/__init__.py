"""Stored answers and one-click sequences for frequent repairs."""
