"""Agents and their grants."""
