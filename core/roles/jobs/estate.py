"""Usual levels of terminals, and approved acts that a crash left under way."""

from core.roles.jobs.job import Job, JobParts
from core.terminals.api import Levels
from core.transactions.approvals.handlers import ApprovalHandlers


def jobs(parts: JobParts) -> list[Job]:
    """Return the rounds of this topic."""
    approvals = ApprovalHandlers(parts.pool, parts.clock, parts.bus)
    return [
        Job("terminal_levels", 60.0, Levels(parts.pool, parts.clock).round),
        Job("approvals_under_way", 15.0, approvals.take_up),
    ]
