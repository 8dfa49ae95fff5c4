"""All that the engine is asked."""

from core.contracts.host_messages import HOST_SAYS
from core.contracts.payment import TERMINAL_REQUESTS
from core.contracts.payment_acts import CARRY_OUT, PAY_FIRST, VERIFY_CARD

ENGINE_REQUESTS = (*TERMINAL_REQUESTS, HOST_SAYS, CARRY_OUT, PAY_FIRST, VERIFY_CARD)
