"""Refusals of identity, with stable codes."""

from core.contracts.refusals import Denied, Refused


class InvalidCredentials(Refused):
    """The e-mail, the password or the account is not good: never said which."""

    def __init__(self) -> None:
        super().__init__("invalid_credentials")


class TooManyAttempts(Refused):
    """Guessing must wait."""

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__("too_many_attempts", {"retry_after_s": retry_after_s})


class SessionEnded(Refused):
    """No session, or one that ended."""

    def __init__(self) -> None:
        super().__init__("session_ended")


class NotPermitted(Denied):
    """The agent's role does not have this right."""

    def __init__(self, right: str) -> None:
        super().__init__("not_permitted", {"right": right})


class KeyReused(Refused):
    """The idempotency key was used with another body or another path."""

    def __init__(self) -> None:
        super().__init__("idempotency_key_reused")


class StillRunning(Refused):
    """The first call under this key has not finished yet."""

    def __init__(self) -> None:
        super().__init__("still_running", {"retry_after_s": 2})
