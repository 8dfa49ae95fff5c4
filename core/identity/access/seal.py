"""Keeps what must be read again encrypted at rest, under a key that the database never has."""

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from observability.secret_files import load_or_make_secret

_NONCE_BYTES: Final = 12


class Seal:
    """AES-256-GCM under a key derived from one secret; each purpose has its own."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        self._secret = secret
        self._purpose = purpose

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def seal(self, owner_id: bytes, content: bytes) -> bytes:
        """Return nonce and ciphertext, bound to the owner: copied to another owner's row it does not open."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._key(self._purpose)).encrypt(nonce, content, owner_id)

    def unseal(self, owner_id: bytes, sealed: bytes) -> bytes | None:
        """Return the content, None when it was altered or sealed under another key."""
        try:
            return AESGCM(self._key(self._purpose)).decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], owner_id
            )
        except (InvalidTag, ValueError):
            return None

    def _key(self, purpose: str) -> bytes:
        return hmac.new(self._secret, purpose.encode(), hashlib.sha256).digest()


class FactorSeal(Seal):
    """What second factors are sealed with, and HMAC-SHA-256 under a key of its own for codes."""

    def __init__(self, secret: bytes) -> None:
        super().__init__(secret, "factor")

    def digest(self, agent_id: bytes, code: str) -> bytes:
        """Return what is stored of a recovery code: too short to be hashed without a key."""
        return hmac.new(self._key("recovery code"), agent_id + code.encode(), hashlib.sha256).digest()


def load_or_make_key(file: Path) -> bytes:
    """Return the key of a file, made when missing. Raises: SecretUnusable."""
    return load_or_make_secret(file, mend="restore the key that sealed what stands")
