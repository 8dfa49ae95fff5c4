"""The door of access for composition roots."""

from core.identity.access.logging_in import LogInHandlers

__all__ = ["LogInHandlers"]
