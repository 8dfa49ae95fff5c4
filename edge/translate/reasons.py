"""The answer to a sign-on, and what an answer says: the reason behind a response code (data element 39)."""

from typing import Final

from core.contracts.reasons import Reason
from core.contracts.response_codes import CODES_1987, UNKNOWN_CODE
from core.contracts.terminal_answers import SHOWN, payment_code
from core.values.edition1987 import APPROVED

_BY_SHOWN: Final[dict[str, int]] = {text: reason for reason, text in SHOWN.items()}


def sign_on_code(reason: int) -> str:
    """Return the response code of a sign-on: each rule of EDG-2 has its own."""
    return APPROVED if reason == Reason.NONE else payment_code(reason)


def reason_of_host(code: str) -> Reason:
    """Return what a host's response code says of a payment; HOST_CODE_UNKNOWN for one that the table does not have."""
    return CODES_1987.get(code, UNKNOWN_CODE).reason


def reason_of_answer(code: str, shown: str) -> int:
    """Return the Reason that an answer to a terminal carries: ours by its words, else the issuer's by its code."""
    ours = _BY_SHOWN.get(shown.strip())
    return reason_of_host(code) if ours is None else ours
