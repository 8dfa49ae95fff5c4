"""What core asks of an acquirer host, as ISO 8583, and the host's answers as what core may know."""

from typing import Any, Final

from core.contracts.payment import HOST_NO_REPLY, HOST_NOT_SENT, HOST_REPLIED, HostReply, HostRequest
from core.contracts.reasons import Reason
from core.values.money import ALPHA_TO_NUMERIC
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.translate.masked import encode, masked
from edge.translate.payment import PARTIAL_APPROVAL_MARK
from edge.translate.reasons import reason_of_host

_APPROVED: Final = frozenset({"00", "10"})
_NO_ACQUIRERS: Final = "0" * 22
# Why a reversal, in field 39: customer cancellation, response received too late; else no action taken.
_REVERSAL_CODES: Final = {
    Reason.CANCELLED_BY_CUSTOMER: "17",
    Reason.CANCELLED_BY_AGENT: "17",
    Reason.HOST_NO_REPLY: "68",
}
_NO_ACTION: Final = "21"
# Data element 95 after the amount: settlement amount, and the two fees, which are signed.
_NO_OTHER_AMOUNTS: Final = "0" * 12 + "C00000000" * 2
_EMPTY_EXCHANGE: Final = encode([{}, {}])


def to_host_message(request: HostRequest, keys: SecurityModule) -> Message:
    """Return the message to send, card in clear: from here it goes to the host's socket and nowhere else.

    Raises: SealBroken, KeyError for a currency without a number.
    """
    local_time = request.local_time
    message: Message = {
        0: request.message,
        2: keys.open_card(request.card_ciphertext),
        3: request.processing_code,
        4: f"{request.amount_minor:012d}",
        7: request.transmitted_at,
        11: f"{request.stan:06d}",
        12: local_time[4:],
        13: local_time[:4],
        37: request.rrn,
        41: f"{request.terminal:8}",
        42: f"{request.acceptor:15}",
        49: ALPHA_TO_NUMERIC[request.currency],
    }
    if request.card_expiry:
        message[14] = request.card_expiry
    if request.merchant_category:
        message[18] = request.merchant_category
    if request.entry_mode:
        message[22] = request.entry_mode
    if request.approval_code:
        message[38] = request.approval_code
    if request.partial_ok:
        message[60] = PARTIAL_APPROVAL_MARK
    if request.original_message:
        message[90] = (
            f"{request.original_message}{request.original_stan:06d}{request.original_transmitted_at}{_NO_ACQUIRERS}"
        )
        if request.message[1] == "4":
            message[39] = _REVERSAL_CODES.get(request.reason, _NO_ACTION)  # pyright: ignore
        if request.replacement_minor >= 0:
            message[95] = f"{request.replacement_minor:012d}{_NO_OTHER_AMOUNTS}"
    if request.sensitive:
        message.update(keys.open_sensitive(request.sensitive))
    return message


def to_host_reply(
    request: HostRequest,
    shown_request: dict[int, Any],
    answer: Message,
    *,
    sent_us: int,
    replied_us: int,
    late: bool,
) -> HostReply:
    """Return what core is told of an answer."""
    code: str = answer.get(39, "")  # pyright: ignore
    approved_minor = 0
    if code in _APPROVED:
        amount = answer.get(4)
        approved_minor = request.amount_minor if amount is None else int(amount)
    return HostReply(
        request.id,
        request.message,
        HOST_REPLIED,
        reason_of_host(code),
        code,
        answer.get(38, ""),  # pyright: ignore
        approved_minor,
        sent_us,
        replied_us,
        encode((shown_request, masked(answer))),
        late,
        request.replacement_minor,
    )


def no_reply(
    request: HostRequest, shown_request: dict[int, Any], *, sent_us: int, replied_us: int
) -> HostReply:
    """Return what core is told when the deadline passed, or the link broke, after sending."""
    return HostReply(
        id=request.id,
        message=request.message,
        result=HOST_NO_REPLY,
        reason=Reason.HOST_NO_REPLY,
        host_code="",
        approval_code="",
        approved_minor=0,
        sent_us=sent_us,
        replied_us=replied_us,
        exchange=encode((shown_request, {})),
        replacement_minor=request.replacement_minor,
    )


def not_sent(request: HostRequest, reason: Reason, *, at_us: int) -> HostReply:
    """Return what core is told when not one byte has left."""
    return HostReply(
        id=request.id,
        message=request.message,
        result=HOST_NOT_SENT,
        reason=reason,
        host_code="",
        approval_code="",
        approved_minor=0,
        sent_us=0,
        replied_us=at_us - request.received_at_us,
        exchange=_EMPTY_EXCHANGE,
        replacement_minor=request.replacement_minor,
    )
