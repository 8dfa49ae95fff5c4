"""Where the call that is being served came from, so that each action can say it without passing it through."""

from contextvars import ContextVar
from typing import Final

# Each call of the desk runs in a task of its own, so what is set here ends with the call.
CALLED_FROM: Final[ContextVar[str]] = ContextVar("called_from", default="")
