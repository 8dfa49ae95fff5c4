"""All that the engine is asked."""

from core.contracts.acts import CARRY_OUT
from core.contracts.host_messages import HOST_SAYS
from core.contracts.payment import TERMINAL_REQUESTS

ENGINE_REQUESTS = (*TERMINAL_REQUESTS, HOST_SAYS, CARRY_OUT)
