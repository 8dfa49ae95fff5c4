"""Keeps what must be read again encrypted at rest, under a key that the database never has."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from observability.process import SettingRefused

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class KeyUnusable(SettingRefused):
    """The key file is too short or open to others; the message names it and never what it holds."""


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
    """Return the key of a file, made with mode 0600 when missing.

    Two processes that start at once agree: the first link wins and both read it.
    Raises: KeyUnusable.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(secrets.token_bytes(KEY_BYTES))
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    if file.stat().st_mode & 0o077:
        raise KeyUnusable(f"{file} can be read by others: chmod 600 it")
    key = file.read_bytes()
    if len(key) < KEY_BYTES:
        raise KeyUnusable(
            f"{file} holds fewer than {KEY_BYTES} bytes: restore the key that sealed what stands"
        )
    return key
