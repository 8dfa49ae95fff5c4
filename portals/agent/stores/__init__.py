"""Stores: the list and one."""
