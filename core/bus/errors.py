"""What can go wrong on the bus."""

from typing import ClassVar, Literal

BusLimit = Literal["payload_bytes_max", "pending_bytes_max", "closed"]


class BusError(Exception):
    """The bus could not do what it was asked."""

    code: ClassVar[str] = "bus_error"


class BusRefused(BusError):
    """A message was not taken: nothing of it left this process."""

    code = "bus_refused"

    def __init__(self, limit: BusLimit) -> None:
        super().__init__(f"message refused by {limit}")
        self.limit: BusLimit = limit


class BusUnreachable(BusError):
    """The first connection did not come about; later ones are retried for ever."""

    code = "bus_unreachable"

    def __init__(self, cause: str) -> None:
        super().__init__(f"no connection to the bus: {cause}")
        self.cause = cause


class NoResponders(BusError):
    """Nobody listens to the subject: the request reached no process."""

    code = "no_responders"

    def __init__(self, subject: str) -> None:
        super().__init__(f"nobody listens to {subject}")
        self.subject = subject


class RequestTimedOut(BusError):
    """No reply in time: what became of the request is unknown."""

    code = "request_timed_out"

    def __init__(self, subject: str) -> None:
        super().__init__(f"no reply from {subject}")
        self.subject = subject


class WireMalformed(BusError):
    """The peer does not speak NATS, or broke a bound: the connection is closed and made anew."""

    code = "wire_malformed"
