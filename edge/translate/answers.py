"""What core's reply adds to the answer to a terminal."""

from typing import Final

from core.contracts.payment import AuthoriseReply
from core.contracts.reasons import Reason
from edge.protocol.answers import APPROVED, PARTIALLY_APPROVED
from edge.protocol.field import Message
from edge.translate.reasons import booking_code, declined_code, payment_code, shown_for

# ISO 8583:1987, additional amounts: default account, original amount.
_ORIGINAL_AMOUNT: Final = "0057"


def finish_payment(answer: Message, reply: AuthoriseReply) -> Message:
    """Complete the answer to an authorisation, purchase, verification or refund, in place."""
    reason = reply.reason
    if reply.rrn:
        answer[37] = reply.rrn
    if reason == Reason.APPROVED:
        if reply.approval_code:
            answer[38] = reply.approval_code
        answer[39] = "00"
    elif reason == Reason.PARTIAL_APPROVAL:
        if reply.approval_code:
            answer[38] = reply.approval_code
        answer[39] = PARTIALLY_APPROVED
        answer[54] = f"{_ORIGINAL_AMOUNT}{answer[49]}D{answer[4]}"
        answer[4] = f"{reply.approved_minor:012d}"
    else:
        answer[39] = declined_code(reply.host_code, reason) or payment_code(reason)
        if shown := shown_for(reason):
            answer[44] = shown
    return answer


def finish_booking(answer: Message, reply: AuthoriseReply) -> Message:
    """Complete the answer to a reversal, an advice or a completion, in place."""
    if reply.rrn:
        answer[37] = reply.rrn
    if reply.approval_code:
        answer[38] = reply.approval_code
    answer[39] = booking_code(reply.reason)
    if answer[39] != APPROVED and (shown := shown_for(reply.reason)):
        answer[44] = shown
    return answer
