"""0500, 0520 and their repeats: a terminal counts its day, and is told whether we count the same.

Fields: 74 and 86 credits (refunds), 76 and 88 debits (payments), 75 and 87 reversals of credits, 77 and 89 reversals
of debits; a terminal may put all its reversals into either pair, and finds ours where it put its own.
Answer: field 66 is 1 in balance, 2 out of balance. Source: ISO 8583:1987, data elements 66 and 74 to 89.
"""

from core.contracts.payment import Totals, TotalsReply
from core.values.money import NUMERIC_CODES
from edge.keys.port import SecurityModule
from edge.protocol.answers import begin_answer
from edge.protocol.field import Message
from edge.translate.fields import (
    OFFLINE_DAYS,
    Arrival,
    is_in_utc,
    read_business_date,
    read_stan,
    read_times,
    text_of,
)


def from_totals(message: Message, arrival: Arrival, _keys: SecurityModule) -> Totals:
    """Return the request to core: there is no card in it. Raises: RequestRefused."""
    stan = read_stan(message)
    _, local_time = read_times(message)

    def number(field: int) -> int:
        return int(message.get(field, 0))

    return Totals(
        id=arrival.id,
        terminal_id=arrival.terminal_id,
        stan=stan,
        business_date=read_business_date(
            text_of(message, 13) or local_time, today=arrival.today, days=OFFLINE_DAYS
        ),
        debit_count=number(76),
        debit_minor=number(88),
        credit_count=number(74),
        credit_minor=number(86),
        reversal_count=number(75) + number(77),
        reversal_minor=number(87) + number(89),
        currency=_currency(message),
        received_at_us=arrival.received_at_us,
        date_in_utc=is_in_utc(message),
    )


def begin_totals(message: Message) -> Message:
    """Return the answer as far as the request decides it, with our reversals where the terminal put its own."""
    answer = begin_answer(message)
    is_of_credits = (75 in message or 87 in message) and 77 not in message and 89 not in message
    answer[75 if is_of_credits else 77] = answer[87 if is_of_credits else 89] = ""
    return answer


def finish_totals(answer: Message, reply: TotalsReply) -> Message:
    """Complete the answer, in place."""
    answer[39] = "00"
    answer[66] = "1" if reply.in_balance else "2"
    answer[74] = f"{reply.credit_count:010d}"
    answer[75 if 75 in answer else 77] = f"{reply.reversal_count:010d}"
    answer[76] = f"{reply.debit_count:010d}"
    answer[86] = f"{reply.credit_minor:016d}"
    answer[87 if 87 in answer else 89] = f"{reply.reversal_minor:016d}"
    answer[88] = f"{reply.debit_minor:016d}"
    return answer


def _currency(message: Message) -> str:
    """Return the currency of the totals: empty when the terminal says none, its digits when we have no name for it."""
    numeric = str(message.get(49) or message.get(50) or "")
    return NUMERIC_CODES.get(numeric, numeric)
