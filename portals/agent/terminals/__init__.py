"""Terminals: the list and one."""
