"""The action codes (data element 39) of the 1993 edition, for each response code of the 1987 one.

A response code says one thing of every message; an action code also says which class of message it answers: 0xx, 1xx
and 2xx a payment, 4xx a reversal, 5xx a reconciliation, 6xx an administrative message, 8xx network management, 9xx any request.
Source: ISO 8583:1993, annex A, table of action codes.
"""

from typing import Final

_PAYMENTS: Final = ("1", "2")
_RECONCILIATION: Final = "5"
MALFUNCTION: Final = "909"

ACTION_CODES: Final[dict[str, str]] = {
    "00": "000",
    "01": "107",
    "02": "108",
    "03": "109",
    "04": "200",
    "05": "100",
    "06": MALFUNCTION,
    "07": "207",
    "08": "001",
    "09": "923",
    "10": "002",
    "11": "003",
    "12": "902",
    "13": "110",
    "14": "111",
    "15": "908",
    "16": "004",
    "17": "100",
    "18": "100",
    "19": "903",
    "20": MALFUNCTION,
    "21": "914",  # no action taken: the original cannot be traced back
    "22": MALFUNCTION,
    "23": "113",
    "25": "914",
    "30": "904",
    "31": "905",
    "32": MALFUNCTION,
    "33": "201",
    "34": "202",
    "35": "203",
    "36": "204",
    "37": "205",
    "38": "206",
    "39": "114",
    "40": "115",
    "41": "208",
    "42": "114",
    "43": "209",
    "44": "114",
    "51": "116",
    "52": "114",
    "53": "114",
    "54": "101",
    "55": "117",
    "56": "118",
    "57": "119",
    "58": "120",
    "59": "102",
    "60": "103",
    "61": "121",
    "62": "104",
    "63": "122",
    "64": "110",
    "65": "123",
    "66": "105",
    "67": "200",
    "68": "911",
    "75": "106",
    "85": "000",
    "90": "906",
    "91": "907",
    "92": "908",
    "93": "124",
    "94": "913",
    "95": "915",
    "96": MALFUNCTION,
    # The schemes' own additions have no action code.
    "1A": "100",
    "R1": "100",
}
_APPROVED: Final = ACTION_CODES["00"]
RESPONSE_CODES: Final[dict[str, str]] = {action: code for code, action in reversed(ACTION_CODES.items())}
_ANY_DECLINE: Final = "05"


def accepted_code(message_class: str, *, in_balance: bool) -> str:
    """Return the action code of an answer that accepts: the first of its class, approved for a payment.

    Of a reconciliation it says besides whether both sides count the same.
    """
    if message_class in _PAYMENTS:
        return _APPROVED
    if message_class == _RECONCILIATION and not in_balance:
        return "501"
    return f"{message_class}00"


def advised_code(action_code: str) -> str:
    """Return the response code of what an advice says became of it; the action code itself where nobody knows.

    0xx is approved in one way or another, 1xx and 2xx are declined.
    """
    match action_code[:1]:
        case "0":
            return "00"
        case "1" | "2":
            return RESPONSE_CODES.get(action_code, _ANY_DECLINE)
        case _:
            return RESPONSE_CODES.get(action_code, action_code)
