"""Seal what a browser keeps for us: encrypted and authenticated, so that nobody reads or alters it there."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SECRET_BYTES = 32
_NONCE_BYTES = 12


class SecretUnusable(Exception):
    """The secret file is too short or open to others; starting with it would be unsafe."""


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


def load_or_make_secret(file: Path) -> bytes:
    """Return the secret of `file`, made with mode 0600 when missing.

    Two portals that start at once agree: the first link wins and both read it.
    Raises: SecretUnusable.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(secrets.token_bytes(SECRET_BYTES))
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    if file.stat().st_mode & 0o077:
        raise SecretUnusable(f"{file} can be read by others: chmod 600 it")
    secret = file.read_bytes()
    if len(secret) < SECRET_BYTES:
        raise SecretUnusable(f"{file} holds fewer than {SECRET_BYTES} bytes: remove it to have it made again")
    return secret
