"""Faults injected under load, healed, drained, and every invariant checked afterwards."""
