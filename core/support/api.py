"""What support offers other slices and the processes."""

from core.support.requests.configuring import RequestTypes
from core.support.requests.creating import RequestCreation
from core.support.requests.handlers import RequestHandlers, who_sees
from core.support.requests.unassigning import unassign_from_disabled

__all__ = [
    "RequestCreation",
    "RequestHandlers",
    "RequestTypes",
    "unassign_from_disabled",
    "who_sees",
]
