"""What core asks of an acquirer host, as ISO 8583, and the host's answers as what core may know."""

from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from core.contracts.payment import (
    DELIVERY_REFUSED,
    HOST_NO_REPLY,
    HOST_NOT_SENT,
    HOST_REPLIED,
    HostReply,
    HostRequest,
)
from core.contracts.reasons import Reason
from core.contracts.response_codes import CODES_1987, UNKNOWN_CODE, HostCode
from core.values.money import ALPHA_TO_NUMERIC
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.translate.masked import encode, masked
from edge.translate.payment import PARTIAL_APPROVAL_MARK
from edge.translate.stored_cards import NETWORK_ID, network_id_kept, stored_card_fields

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
# What an answer repeats of its question, by name. Terminal and trace number are the key that found the question; the
# amount and the card are compared apart.
_REPEATED: Final = (
    (3, "processing_code"),
    (7, "transmitted_at"),
    (12, "local_time"),
    (13, "local_date"),
    (37, "reference"),
    (49, "currency"),
)
# What some hosts fill with blanks for having nothing to say: it is not said then.
_BLANK_IF_ABSENT: Final = (37, 38, 42)
# Most hosts repeat these and nothing else that is compared: one comparison of all of them is the whole of it then.
_USUALLY_REPEATED: Final = (3, 4, 7, 37, 49)
_SELDOM_REPEATED: Final = frozenset({2, 12, 13, 14, 35, 42, 90, 95})
_usually_repeated = itemgetter(*_USUALLY_REPEATED)
_NO_MESSAGES: Final = encode([{}, {}])


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
        49: ALPHA_TO_NUMERIC.get(request.currency, request.currency),
    }
    if request.card_expiry:
        message[14] = request.card_expiry
    if request.merchant_category:
        message[18] = request.merchant_category
    if request.entry_mode:
        message[22] = request.entry_mode
    if request.approval_code:
        message[38] = f"{request.approval_code:6}"
    if request.partial_ok:
        message[60] = PARTIAL_APPROVAL_MARK
    if request.original_message:
        message[90] = _original_elements(request)
        if request.message[1] == "4":
            message[39] = _REVERSAL_CODES.get(request.reason, _NO_ACTION)  # pyright: ignore
        if request.replacement_minor >= 0:
            message[95] = _replacement(request)
    if request.initiator:
        message.update(stored_card_fields(request))
    if request.sensitive:
        message.update(keys.open_sensitive(request.sensitive))
    return message


def hash_card(message: Message) -> int:
    """Return what tells the card of a message from others, for as long as it waits for its answer.

    Python keys this hash afresh in each process, so it says nothing of the number to who finds it.
    """
    return hash(message[2])


def to_host_reply(
    request: HostRequest,
    asked: dict[int, Any],
    answer: Message,
    card_hash: int,
    *,
    sent_us: int,
    replied_us: int,
    late: bool,
) -> HostReply:
    """Return what core is told of an answer, compared with its question (law 8).

    An answer that differs from its question is HOST_ANSWER_DIFFERS whatever its code says; a code that the table does
    not have, a blank one and none are HOST_CODE_UNKNOWN. Core makes both unknown, and reverses. `asked` is the masked
    request, whose fields of _REPEATED are never masked; `card_hash` is `hash_card` of the card that was sent.
    """
    shown = masked(answer)
    if request.initiator and NETWORK_ID in answer:
        shown[NETWORK_ID] = network_id_kept(answer[NETWORK_ID])  # pyright: ignore
    code: str = answer.get(39, "")  # pyright: ignore
    approval_code: str = answer.get(38, "")  # pyright: ignore
    meant = CODES_1987.get(code, UNKNOWN_CODE)
    reason: int = meant.reason
    delivery = meant.delivery
    if meant.reason == Reason.DUPLICATE_AT_HOST and not request.repeat:
        # It was never sent before: what the host has under this number is another's, and a person must look.
        delivery = DELIVERY_REFUSED
    differs: list[str] = []
    if _is_usual(tuple(answer)) and _usually_repeated(answer) == _usually_repeated(asked):
        approved_minor = request.amount_minor if meant.outcome == "approved" else 0
    else:
        answer = _without_blanks(answer)
        differs = _differences(request, asked, answer, card_hash)
        amount_differs, approved_minor = _judge_amount(request, asked, answer, meant)
        if amount_differs:
            differs.append("amount")
    if differs:
        reason, delivery, approved_minor = Reason.HOST_ANSWER_DIFFERS, UNKNOWN_CODE.delivery, 0
    elif meant.outcome == "approved_if_zero" and request.amount_minor:
        reason, delivery = UNKNOWN_CODE.reason, UNKNOWN_CODE.delivery
    # By position: keywords cost a payment more than the rest of the call (decision 28).
    return HostReply(
        request.id,
        request.message,
        HOST_REPLIED,
        reason,
        code,
        "" if approval_code.isspace() else approval_code,
        approved_minor,
        sent_us,
        replied_us,
        encode((asked, shown)),
        late,
        request.replacement_minor,
        " ".join(differs) if differs else "",
        delivery,
    )


@lru_cache(maxsize=256)
def _is_usual(shape: tuple[int, ...]) -> bool:
    """Whether an answer of these fields repeats what is usually repeated, and nothing that is compared apart."""
    return _SELDOM_REPEATED.isdisjoint(shape) and set(_USUALLY_REPEATED) <= set(shape)


def _without_blanks(answer: Message) -> Message:
    blank = [number for number in _BLANK_IF_ABSENT if number in answer and not str(answer[number]).strip()]
    return {number: value for number, value in answer.items() if number not in blank} if blank else answer


def _judge_amount(
    request: HostRequest, asked: dict[int, Any], answer: Message, meant: HostCode
) -> tuple[bool, int]:
    """Return whether the amount differs from what such a code may say, and how much is approved."""
    amount = answer.get(4)
    if amount is None or amount == asked[4]:
        # A part that is not named is none.
        return False, request.amount_minor if meant.outcome == "approved" else 0
    said_minor = int(amount)
    match meant.outcome:
        case "approved" | "approved_if_zero":
            return True, 0
        case "approved_partly":
            # Core knows whether the terminal can take a part.
            return said_minor > request.amount_minor, said_minor
        case "declined" | "unknown":
            # Who declines may repeat the amount, or say that nothing was approved.
            return said_minor != 0, 0


def _differences(request: HostRequest, asked: dict[int, Any], answer: Message, card_hash: int) -> list[str]:
    """Return the names of what both messages hold and the answer holds otherwise, amount apart."""
    differs = [name for number, name in _REPEATED if answer.get(number, asked[number]) != asked[number]]
    if 42 in answer and str(answer[42]).strip() != request.acceptor.strip():
        differs.append("acceptor")
    if 90 in answer and request.original_message and answer[90] != _original_elements(request):
        differs.append("original")
    if 95 in answer and request.replacement_minor >= 0 and answer[95] != _replacement(request):
        differs.append("replacement")
    if 2 in answer or 35 in answer:
        track_pan = str(answer.get(35, "")).replace("D", "=").partition("=")[0]
        if any(said and hash(said) != card_hash for said in (answer.get(2), track_pan)):
            differs.append("card")
    if 14 in answer and request.card_expiry and answer[14] != request.card_expiry:
        differs.append("expiry")
    return differs


def _original_elements(request: HostRequest) -> str:
    return f"{request.original_message}{request.original_stan:06d}{request.original_transmitted_at}{_NO_ACQUIRERS}"


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
        messages=encode((shown_request, {})),
        replacement_minor=request.replacement_minor,
    )


def not_sent(request: HostRequest, reason: Reason, *, at_us: int) -> HostReply:
    """Return what core is told when not one byte has left; what cannot be written is refused for good."""
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
        messages=_NO_MESSAGES,
        replacement_minor=request.replacement_minor,
        delivery=DELIVERY_REFUSED if reason == Reason.MESSAGE_REFUSED else 0,
    )


def _replacement(request: HostRequest) -> str:
    return f"{request.replacement_minor:012d}{_NO_OTHER_AMOUNTS}"
