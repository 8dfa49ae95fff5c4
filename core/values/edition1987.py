"""What every zone says in the terms of ISO 8583:1987: response codes (data element 39) and what an answer repeats."""

from typing import Final

APPROVED: Final = "00"
PARTIALLY_APPROVED: Final = "10"
INVALID_TRANSACTION: Final = "12"
FORMAT_ERROR: Final = "30"
NOT_SUPPORTED: Final = "40"
NOT_PERMITTED_TO_TERMINAL: Final = "58"
SECURITY_VIOLATION: Final = "63"  # The certificate, or the session, is not that of the terminal's identifier.
UNAVAILABLE: Final = "91"
MALFUNCTION: Final = "96"

ORIGINAL_CLASSES: Final = {"01": 1, "02": 2}
"""The class of the natural key by a message type's first digits: what a later message may be about (data element 90)."""

MIRRORED: Final = (3, 4, 7, 11, 12, 13, 41, 42, 49)
"""Data elements that an answer repeats of its request."""
