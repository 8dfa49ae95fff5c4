"""What edge asks of a security module, whichever it is."""

from typing import ClassVar, Protocol, TypeAlias

from core.contracts.payment import SealedCard

SensitiveFields: TypeAlias = dict[int, str | bytes]
"""Data elements that only the host may see: tracks, chip data, PIN block."""


class KeysRefused(Exception):
    """The keys on disk cannot be used: wrong mode, owner, size, or an unreadable folder. Says which file, never its content."""

    code: ClassVar[str] = "keys_refused"


class SealBroken(Exception):
    """Sealed bytes were altered, cut, or sealed under a key that we do not have."""

    code: ClassVar[str] = "seal_broken"


class SecurityModule(Protocol):
    """Seals what leaves edge and opens what returns. Never logs, never prints."""

    def seal_card(self, pan: str, expiry: str) -> SealedCard:
        """Return the card as the rest of the product may know it. `pan` is 12 to 19 digits, `expiry` YYMM or empty."""
        ...

    def open_card(self, ciphertext: bytes) -> str:
        """Return the card number. Raises: SealBroken."""
        ...

    def seal_sensitive(self, fields: SensitiveFields) -> bytes:
        """Return the fields sealed, empty bytes for none."""
        ...

    def open_sensitive(self, sealed: bytes) -> SensitiveFields:
        """Return the fields, none for empty bytes. Raises: SealBroken."""
        ...
