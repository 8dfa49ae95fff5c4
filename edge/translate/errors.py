"""A request that edge itself refuses: nothing of it is recorded, the terminal is told why."""

from core.contracts.reasons import Reason
from core.contracts.terminal_answers import payment_code
from core.values.edition1987 import FORMAT_ERROR
from edge.protocol.errors import ProtocolError


class RequestRefused(ProtocolError):
    """A well-formed message that asks for what cannot be. Names the field, never its content."""

    code = "request_refused"

    def __init__(self, reason: Reason, *, field: int, response_code: str = "") -> None:
        super().__init__(f"field {field}: {reason.name.lower()}")
        self.reason = reason
        self.field = field
        self.response_code = response_code or payment_code(reason)


def malformed(field: int) -> RequestRefused:
    """Return the refusal of a field that is absent or senseless here."""
    return RequestRefused(Reason.MESSAGE_REFUSED, field=field, response_code=FORMAT_ERROR)
