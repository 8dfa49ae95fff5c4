"""Messages of the 1993 edition as those of 1987 that the translations read, and answers back again.

| 1993 | 1987 |
|---|---|
| type 1xxx, 18x4 and 18x5 for network management | 0xxx |
| 12 local date and time YYMMDDhhmmss | 12 hhmmss and 13 MMDD |
| 22 point of service data code, position 7 input mode, position 8 authentication | 22 entry mode |
| 24 function code of network management | 70 |
| 24 function code 401, 4 what stays, 30 what it was | 4 what it was, 95 what stays |
| 25 message reason code 4000 | 39 customer cancellation |
| 26 merchant category | 18 |
| 39 action code | 39 response code, and 66 in balance or not |
| 56 original type, trace number, local date and time | 90 |

Source: ISO 8583:1993, clauses 4.1 (message types) and 4.4 (data elements), annex A (codes).
"""

from typing import Final

from edge.dialects.action_codes1993 import (
    ACTION_CODES,
    ADMINISTRATIVE_ACCEPTED,
    MALFUNCTION,
    NETWORK_ACCEPTED,
    RECONCILED_IN_BALANCE,
    RECONCILED_OUT_OF_BALANCE,
    REVERSAL_ACCEPTED,
    advised_code,
)
from edge.protocol.field import AS_SENT, Message
from edge.protocol.message_types import (
    CANCELLED_BY_CUSTOMER,
    CUT_OVER,
    ECHO,
    KEY_EXCHANGE,
    SIGN_OFF,
    SIGN_ON,
)

_CUSTOMER_CANCELLATION: Final = "4000"
_PARTIAL_REVERSAL: Final = "401"
_FUNCTIONS: Final = {"801": SIGN_ON, "802": SIGN_OFF, "811": KEY_EXCHANGE, "821": CUT_OVER, "831": ECHO}
# Magnetic stripe, bar code, optical reading, chip; 1 and 6 are by hand, and contactless has letters of the schemes.
_INPUT_MODES: Final = {
    "1": "01",
    "2": "02",
    "3": "03",
    "4": "04",
    "5": "05",
    "6": "01",
    "A": "91",
    "B": "90",
    "M": "07",
}
_PIN: Final = "1"
# What 1993 moves, drops or redefines, so that nothing of it is taken for the 1987 element of that number.
_REDEFINED: Final = frozenset({12, 13, 15, 22, 24, 25, 26, 28, 29, 30, 39, 53, 56})
_NOTHING_OF_FEES: Final = "0" * 30
_NOT_IN_1993: Final = frozenset({13, 66, 70, 90, 95, AS_SENT})
_NONE_SENT: Final = ("", "", "")


def to_1987(message: Message) -> Message:
    """Return a terminal's message as the 1987 edition has it. Never raises: what is no 1987 value is refused later."""
    read: Message = {number: value for number, value in message.items() if number not in _REDEFINED}
    mti = str(message[0])
    # A type of another edition stays one that nobody knows.
    read[0] = f"0{mti[1:]}" if mti[0] == "1" else f"9{mti[1:]}"
    # An answer repeats these three as they came.
    moment, function = str(message.get(12, "")), str(message.get(24, ""))
    read[AS_SENT] = "|".join((moment, function, str(message.get(4, ""))))
    if moment:
        read[12], read[13] = moment[6:], moment[2:6]
    if 22 in message:
        read[22] = _entry_mode(str(message[22]))
    if 26 in message:
        read[18] = message[26]
    if 15 in message:
        read[15] = str(message[15])[2:]
    if message.get(25) == _CUSTOMER_CANCELLATION:
        read[39] = CANCELLED_BY_CUSTOMER
    if 56 in message:
        original = str(message[56])
        read[90] = f"0{original[1:10]}{original[12:22]}".ljust(42, "0")
    match mti[1]:
        case "1" | "2" if mti[2] == "2" and 39 in message:
            read[39] = advised_code(str(message[39]))
        case "4" if function == _PARTIAL_REVERSAL:
            was, stays = str(message.get(30, ""))[:12], message.get(4)
            # Without both amounts nobody can say which part is meant, and nothing is rounded up to the whole.
            read[95] = f"{stays}{_NOTHING_OF_FEES}" if was and stays else "?"
            if was:
                read[4] = was
        case "8":
            if code := _FUNCTIONS.get(function):
                read[70] = code
        case _:
            pass
    return read


def from_1987(answer: Message) -> Message:
    """Return the answer as a terminal of the 1993 edition reads it."""
    mti = str(answer[0])
    in_1993: Message = {number: value for number, value in answer.items() if number not in _NOT_IN_1993}
    in_1993[0] = f"1{mti[1:]}"
    moment, function, amount = (str(answer[AS_SENT]).split("|") if AS_SENT in answer else _NONE_SENT)[:3]
    if moment:
        in_1993[12] = moment
    else:
        in_1993.pop(12, None)
    if function:
        in_1993[24] = function
    code = str(answer.get(39, ""))
    in_1993[39] = _action_code(mti[1], code, str(answer.get(66, "")))
    if code == "10" and amount:
        in_1993[30] = amount.ljust(24, "0")
    elif amount:
        in_1993[4] = amount
    return in_1993


def _action_code(message_class: str, response_code: str, settlement: str) -> str:
    if response_code == "00":
        match message_class:
            case "4":
                return REVERSAL_ACCEPTED
            case "5":
                return RECONCILED_IN_BALANCE if settlement == "1" else RECONCILED_OUT_OF_BALANCE
            case "6":
                return ADMINISTRATIVE_ACCEPTED
            case "8":
                return NETWORK_ACCEPTED
            case _:
                pass
    return ACTION_CODES.get(response_code, MALFUNCTION)


def _entry_mode(point_of_service: str) -> str:
    """Return data element 22 of 1987: two digits of how the card was read, one of whether a PIN can be entered."""
    read = _INPUT_MODES.get(point_of_service[6:7], "00")
    return read + ("1" if point_of_service[1:2] == _PIN else "2")
