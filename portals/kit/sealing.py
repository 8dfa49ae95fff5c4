"""Seal what a browser keeps for us: encrypted and authenticated, so that nobody reads or alters it there."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class Sealer:
    """AES-256-GCM under keys derived from one secret; each purpose has its own key."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        # Copies of the stack on one host share the browser's cookie jar; the mark keeps their cookies apart.
        self.mark = hashlib.sha256(b"cookie name" + secret).hexdigest()[:8]

    def __repr__(self) -> str:
        return "Sealer(…)"

    def seal(self, purpose: str, content: bytes) -> bytes:
        """Return nonce and ciphertext; only `unseal` with the same purpose opens them."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._key(purpose)).encrypt(nonce, content, purpose.encode())

    def unseal(self, purpose: str, sealed: bytes) -> bytes | None:
        """Return the content, or None when it was altered or sealed by another secret."""
        if len(sealed) <= _NONCE_BYTES:
            return None
        try:
            return AESGCM(self._key(purpose)).decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode()
            )
        except InvalidTag:
            return None

    def proof(self, purpose: str, content: str) -> str:
        """Return a keyed hash of `content`, hexadecimal."""
        return hmac.new(self._key(purpose), content.encode(), hashlib.sha256).hexdigest()

    def _key(self, purpose: str) -> bytes:
        return hmac.new(self._secret, purpose.encode(), hashlib.sha256).digest()
