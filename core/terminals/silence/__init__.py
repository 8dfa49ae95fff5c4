"""Terminals that were there today and are not any more."""
