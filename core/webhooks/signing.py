"""Signatures of messages.

Source: Standard Webhooks 1.0.0 (signature scheme `v1`, symmetric; secrets of 24 to 64 bytes behind `whsec_`).
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - how secrets begin.
SECRET_BYTES: Final = 32


def secret_text(secret: bytes) -> str:
    """Return a secret as whoever checks signatures types it in."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def signature(secret: bytes, *, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of one message; `timestamp` is in seconds since 1970."""
    signed = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def headers_of(secrets: Sequence[bytes], *, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers by which a message is known and checked: a signature for each secret in use."""
    signatures = [signature(each, message_id=message_id, timestamp=timestamp, body=body) for each in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
