"""The 1993 field set in characters. It is the 1987 table but for the elements that the 1993 edition redefines.

Source: ISO 8583:1993, clause 4.4: dates gain their century or their time, the point of service data code has twelve
positions, the action code three digits, and security data becomes binary. An element with another meaning has another
name: by it `edition1993` knows what must not be taken for the 1987 element of its number.
"""

from typing import Final

from edge.dialects.fields1987 import FIELDS_1987
from edge.protocol.field import Dialect, Encoding, Field

_REDEFINED: Final = (
    Field(12, "local date and time", "n", 12),
    Field(13, "effective date", "n", 4),
    Field(15, "settlement date", "n", 6),
    Field(22, "point of service data code", "an", 12),
    Field(24, "function code", "n", 3),
    Field(25, "message reason code", "n", 4),
    Field(26, "card acceptor business code", "n", 4),
    Field(28, "reconciliation date", "n", 6),
    Field(29, "reconciliation indicator", "n", 3),
    Field(30, "original amounts", "n", 24),
    Field(31, "acquirer reference data", "ans", 99, "LL"),
    Field(39, "action code", "n", 3),
    Field(43, "card acceptor name and location", "ans", 99, "LL"),
    Field(44, "additional response data", "ans", 99, "LL"),
    Field(46, "amounts of fees", "ans", 204, "LLL"),
    Field(49, "currency", "an", 3),
    Field(50, "settlement currency", "an", 3),
    Field(51, "cardholder billing currency", "an", 3),
    Field(53, "security related control information", "b", 48, "LL"),
    Field(56, "original data elements", "n", 35, "LL"),
    Field(57, "authorisation life cycle code", "n", 3),
    Field(58, "authorising agent institution", "n", 11, "LL"),
    Field(59, "transport data", "ans", 999, "LLL"),
    Field(66, "original amounts of fees", "ans", 204, "LLL"),
    Field(70, "authorising agent country", "n", 3),
    Field(71, "message number", "n", 8),
    Field(72, "data record", "ans", 999, "LLL"),
    Field(82, "number of inquiry reversals", "n", 10),
    Field(83, "number of payments", "n", 10),
    Field(84, "number of payment reversals", "n", 10),
    Field(85, "number of fee collections", "n", 10),
    Field(90, "number of authorisation reversals", "n", 10),
    Field(91, "transaction destination country", "n", 3),
    Field(92, "transaction originator country", "n", 3),
    Field(93, "transaction destination institution", "n", 11, "LL"),
    Field(94, "transaction originator institution", "n", 11, "LL"),
    Field(95, "card issuer reference data", "ans", 99, "LL"),
    Field(96, "key management data", "b", 999, "LLL"),
    Field(105, "chargeback amount of credits", "n", 16),
    Field(106, "chargeback amount of debits", "n", 16),
    Field(107, "number of credit chargebacks", "n", 10),
    Field(108, "number of debit chargebacks", "n", 10),
    Field(109, "fee amounts of credits", "ans", 84, "LL"),
    Field(110, "fee amounts of debits", "ans", 84, "LL"),
)
_TABLE: Final = {field.number: field for field in (*FIELDS_1987, *_REDEFINED)}

ASCII_1993: Final = Dialect(
    "ascii1993",
    Encoding(digits="ascii", bitmap="hex"),
    tuple(_TABLE[number] for number in sorted(_TABLE)),
)
