"""What support offers other slices and the processes."""

from core.support.requests.configuring import RequestTypes
from core.support.requests.creating import RequestCreation
from core.support.requests.handlers import RequestHandlers, who_sees
from core.support.requests.leaving import give_back_left

__all__ = [
    "RequestCreation",
    "RequestHandlers",
    "RequestTypes",
    "give_back_left",
    "who_sees",
]
