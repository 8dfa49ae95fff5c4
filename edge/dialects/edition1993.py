"""Messages of the 1993 edition as those of 1987 that the translations read, and answers back again.

| 1993 | 1987 |
|---|---|
| type 1xxx, 18x4 and 18x5 for network management | 0xxx |
| 12 local date and time YYMMDDhhmmss | 12 hhmmss and 13 MMDD |
| 18 merchant type | 18 |
| 22 point of service data code, position 7 input mode, position 8 authentication | 22 entry mode |
| 24 function code of network management | 70 |
| 24 function code 401, 4 what stays, 30 what it was | 4 what it was, 95 what stays |
| 25 message reason code 4000 | 39 customer cancellation |
| 26 card acceptor business code | 18 |
| 39 action code | 39 response code, and 66 in balance or not |
| 49 and 50 currency in digits or in letters | 49 and 50 in digits |
| 56 original type, trace number, local date and time | 90 |
| 72 data record of an administrative message | 60 |

Source: ISO 8583:1993, clauses 4.1 (message types) and 4.4 (data elements), annex A (codes).
"""

from typing import Final

from core.values.edition1987 import APPROVED
from core.values.money import ALPHA_TO_NUMERIC
from edge.dialects.action_codes1993 import ACTION_CODES, MALFUNCTION, accepted_code, advised_code
from edge.dialects.ascii1993 import ASCII_1993
from edge.dialects.fields1987 import FIELDS_1987
from edge.protocol.field import AS_SENT, Message
from edge.protocol.message_types import (
    CANCELLED_BY_CUSTOMER,
    CUT_OVER,
    ECHO,
    KEY_EXCHANGE,
    SIGN_OFF,
    SIGN_ON,
)

_IN_BALANCE: Final = "1"
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
_NAMES_1987: Final = {field.number: field.name for field in FIELDS_1987}
# What 1993 moves, drops or redefines, so that nothing of it is taken for the 1987 element of that number.
_REDEFINED: Final = frozenset(
    field.number for field in ASCII_1993.fields if _NAMES_1987.get(field.number) != field.name
)
_CURRENCIES: Final = (49, 50)
_NOTHING_OF_FEES: Final = "0" * 30
_NOT_IN_1993: Final = frozenset({13, 66, 70, 90, 95, AS_SENT})
_NONE_SENT: Final = ("", "", "", "")


def to_1987(message: Message) -> Message:
    """Return a terminal's message as the 1987 edition has it. Never raises: what is no 1987 value is refused later."""
    read: Message = {number: value for number, value in message.items() if number not in _REDEFINED}
    mti = str(message[0])
    # A type of another edition stays one that nobody knows.
    read[0] = f"0{mti[1:]}" if mti[0] == "1" else f"9{mti[1:]}"
    # An answer repeats these as they came.
    moment, function = str(message.get(12, "")), str(message.get(24, ""))
    read[AS_SENT] = "|".join((moment, function, str(message.get(4, "")), str(message.get(49, ""))))
    for number in _CURRENCIES:
        if number in read:
            read[number] = ALPHA_TO_NUMERIC.get(str(read[number]), read[number])
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
        case "6" if 72 in message:
            read[60] = f"{read[60]}\n{message[72]}" if 60 in read else message[72]
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
    moment, function, amount, currency = str(answer[AS_SENT]).split("|") if AS_SENT in answer else _NONE_SENT
    if moment:
        in_1993[12] = moment
    else:
        in_1993.pop(12, None)
    if function:
        in_1993[24] = function
    if currency and 49 in answer:
        in_1993[49] = currency
    code = str(answer.get(39, ""))
    in_1993[39] = (
        accepted_code(mti[1], in_balance=str(answer.get(66, "")) == _IN_BALANCE)
        if code == APPROVED
        else ACTION_CODES.get(code, MALFUNCTION)
    )
    if code == "10" and amount:
        in_1993[30] = amount.ljust(24, "0")
    elif amount:
        in_1993[4] = amount
    return in_1993


def _entry_mode(point_of_service: str) -> str:
    """Return data element 22 of 1987: two digits of how the card was read, one of whether a PIN can be entered."""
    read = _INPUT_MODES.get(point_of_service[6:7], "00")
    return read + ("1" if point_of_service[1:2] == _PIN else "2")
