"""Refusals of keys."""

from core.contracts.refusals import Refused


class KeyUnknown(Refused):
    """No key of a merchant, or one that was revoked: never said which."""

    def __init__(self) -> None:
        super().__init__("api_key_unknown")


class TooManyKeys(Refused):
    """A company has as many keys as it may have."""

    def __init__(self) -> None:
        super().__init__("api_keys_too_many")
