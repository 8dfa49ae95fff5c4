"""The door of terminals for composition roots and other slices."""

from core.terminals.handlers import TerminalHandlers

__all__ = ["TerminalHandlers"]
