"""0400, 0420 and their repeats: the terminal takes back one of its own messages.

Field 90: original message type (4), trace number (6), transmission date and time (10), then zeros. The transmission
time is UTC and the business date is local, so the original's business date is that moment's date in Paris.
Source: ISO 8583:1987, data element 90.
"""

from datetime import UTC, datetime, timedelta

from core.contracts.payment import Reverse
from core.contracts.reasons import Reason
from core.values.clock import paris_date
from core.values.money import NUMERIC_CODES
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.translate.errors import RequestRefused, malformed
from edge.translate.fields import (
    OFFLINE_DAYS,
    Arrival,
    nearest_date,
    read_business_date,
    read_card,
    read_times,
)
from edge.translate.masked import masked_bytes

CANCELLED_BY_CUSTOMER_CODE = "17"
_REVERSIBLE = {"01": 1, "02": 2}


def from_reversal(message: Message, arrival: Arrival, keys: SecurityModule) -> Reverse:
    """Return the request to core.

    Raises: RequestRefused, 30 without an original, 12 for an original that cannot be reversed.
    """
    stan, original = message.get(11), message.get(90)
    if stan is None:
        raise malformed(11)
    if not isinstance(original, str):
        raise malformed(90)
    original_class = _REVERSIBLE.get(original[:2])
    if original_class is None:
        raise RequestRefused(Reason.INVALID_TRANSACTION, field=90)
    _, local_time = read_times(message)
    business_date = read_business_date(local_time, today=arrival.today, days=OFFLINE_DAYS)
    card = None
    if 2 in message or 35 in message:
        pan, expiry = read_card(message)
        card = keys.seal_card(pan, expiry)
    customer = message.get(39) == CANCELLED_BY_CUSTOMER_CODE or message.get(25) == CANCELLED_BY_CUSTOMER_CODE
    return Reverse(
        id=arrival.id,
        terminal_id=arrival.terminal_id,
        stan=int(stan),
        business_date=business_date,
        original_message_class=original_class,
        original_stan=int(original[4:10]),
        original_business_date=_paris_date_of(original[10:20], arrival.today),
        cause=Reason.CANCELLED_BY_CUSTOMER if customer else Reason.REVERSED_BY_TERMINAL,
        amount_minor=int(message.get(4, 0)),
        currency=NUMERIC_CODES.get(str(message.get(49, "")), ""),
        card=card,
        received_at_us=arrival.received_at_us,
        request=masked_bytes(message),
    )


def _paris_date_of(transmitted_at: str, today: int) -> int:
    ordinal = nearest_date(transmitted_at[:4], today)
    hour, minute, second = int(transmitted_at[4:6]), int(transmitted_at[6:8]), int(transmitted_at[8:10])
    if ordinal == 0 or hour > 23 or minute > 59 or second > 59:
        raise malformed(90)
    moment = datetime.fromordinal(ordinal).replace(tzinfo=UTC) + timedelta(hours=hour, minutes=minute)
    return paris_date(moment).toordinal()
