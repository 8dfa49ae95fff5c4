"""The end of a reversal, by the host's word or by a person's."""

from core.contracts.states import Kind, State
from core.transactions.bookings import store as bookings
from core.transactions.bookings.attempts import Standing
from core.transactions.bookings.store import Connection
from core.transactions.bookings.taking_back import give_back


async def settle_reversal(connection: Connection, standing: Standing) -> int:
    """Let a locked attempt whose result was unknown be reversed; return the state that it has now."""
    if standing.state != State.UNKNOWN:
        return standing.state
    await bookings.move(
        connection, standing, to=State.REVERSED, reason=standing.reason, from_states=(State.UNKNOWN,)
    )
    if standing.kind == Kind.REFUND:
        await give_back(connection, standing)
    return State.REVERSED
