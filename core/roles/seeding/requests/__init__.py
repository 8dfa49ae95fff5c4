"""Requests of the demonstration."""

from core.roles.seeding.requests.store import seed_requests

__all__ = ["seed_requests"]
