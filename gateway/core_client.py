"""Asks core's desk over the bus."""

from typing import Any, Final, TypeVar

import msgspec

from core.bus import Bus, BusError
from core.contracts import ids
from core.contracts.desk import DeskReply, DeskRequest, Principal
from core.contracts.listing import Written
from core.contracts.operation import Answered, Asked, Operation
from gateway.cards import refuse_card_numbers
from gateway.decoding import decode_answer
from gateway.problems import Problem

REQUEST_TIMEOUT_S: Final = 8.0
WRITE_TIMEOUT_S: Final = 27.0  # A refund waits for a running twin, then for the engine.

Result = TypeVar("Result")


class Caller(msgspec.Struct, frozen=True):
    """Who asks, as far as the gateway knows: core finds out the rest."""

    session: bytes | None  # the token's hash: who listens is known by it
    locale: str
    ip: str
    trace_id: str
    token: str = ""

    def __repr__(self) -> str:
        return f"Caller(trace_id={self.trace_id!r})"


class CoreClient:
    """One request, one reply; refusals become problems."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self._decode = msgspec.msgpack.Decoder(DeskReply).decode

    async def ask(
        self,
        operation: Operation[Asked, Answered],
        body: Asked,
        *,
        caller: Caller | None = None,
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> Answered:
        """Return core's answer to an operation. Raises: Problem."""
        return await self.send(
            operation.subject, body, operation.answered, caller=caller, timeout_s=timeout_s
        )

    async def write(self, operation: Operation[Asked, Any], body: Asked, *, caller: Caller) -> Written:
        """Return what an operation under a key made: the bytes of its first answer. Raises: Problem."""
        return await self.send(operation.subject, body, Written, caller=caller, timeout_s=WRITE_TIMEOUT_S)

    async def send(
        self,
        subject: str,
        body: msgspec.Struct,
        result: type[Result],
        *,
        caller: Caller | None,
        timeout_s: float,
    ) -> Result:
        """Return what core says on a subject.

        Raises: Problem, `service_unavailable` when core does not answer in time, `invalid_request` for a number
        beyond 64 bits, `card_number_refused` for a text that may go nowhere.
        """
        refuse_card_numbers(body)
        principal = None
        if caller is not None and caller.session is not None:
            principal = Principal(caller.token, caller.locale, caller.ip, session=caller.session)
        try:
            encoded = msgspec.Raw(ids.encode(body))
        except OverflowError as error:
            # A whole number that nothing of ours could hold; its field has no tighter bound of its own.
            raise Problem.of_field("body", "number_too_large") from error
        request = DeskRequest(
            trace_id="" if caller is None else caller.trace_id, principal=principal, body=encoded
        )
        try:
            payload = await self.bus.request(subject, msgspec.msgpack.encode(request), timeout_s)
        except BusError as error:
            raise Problem("service_unavailable") from error
        reply = self._decode(payload)
        if reply.problem is not None:
            raise Problem.of_desk(reply.problem)
        assert reply.result is not None
        return decode_answer(reply.result, result)
