"""0100 and 0101: an authorisation, or with amount zero an account verification."""

from core.contracts.payment import Authorise
from core.contracts.reasons import Reason
from core.contracts.states import Kind
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.translate.errors import RequestRefused
from edge.translate.fields import SALE, Arrival, read_amount, read_currency
from edge.translate.payment import to_authorise


def from_authorisation(message: Message, arrival: Arrival, keys: SecurityModule) -> Authorise:
    """Return the request to core. Raises: RequestRefused, 12 for a processing code other than 00."""
    if message.get(3, SALE)[:2] != SALE:
        raise RequestRefused(Reason.INVALID_TRANSACTION, field=3)
    amount_minor = read_amount(message)
    return to_authorise(
        message,
        arrival,
        keys,
        kind=Kind.AUTHORISATION if amount_minor else Kind.VERIFICATION,
        amount_minor=amount_minor,
        currency=read_currency(message),
    )
