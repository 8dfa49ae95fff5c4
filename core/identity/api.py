"""The door of identity for other slices and for composition roots."""

from core.identity.errors import NotPermitted
from core.identity.handlers import PASSWORDS, IdentityHandlers, hash_of_token
from core.identity.idempotency import Claim, once
from core.identity.model import Right, Role, SignedIn
from core.identity.rules import may
from core.identity.scope import EVERYTHING, Scope
from core.identity.store import forget_old, record_action


def require(caller: SignedIn, right: Right) -> None:
    """Return when the caller's role has the right.

    Raises: NotPermitted.
    """
    if not may(caller.role, right):
        raise NotPermitted(right.value)


__all__ = [
    "EVERYTHING",
    "PASSWORDS",
    "Claim",
    "IdentityHandlers",
    "NotPermitted",
    "Right",
    "Role",
    "Scope",
    "SignedIn",
    "forget_old",
    "hash_of_token",
    "may",
    "once",
    "record_action",
    "require",
]
