"""Grids of acquiring fees: versions with a date, approved by a second person."""
