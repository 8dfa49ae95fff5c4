"""The door of identity for other slices and for composition roots."""

from core.contracts.permissions import Permission
from core.contracts.scope import EVERYTHING, Scope
from core.identity.errors import NotPermitted
from core.identity.handlers import PASSWORDS, IdentityHandlers, hash_of_token
from core.identity.idempotency import Claim, once
from core.identity.model import Grant, SignedIn
from core.identity.permits import require
from core.identity.store import forget_old, record_action

__all__ = [
    "EVERYTHING",
    "PASSWORDS",
    "Claim",
    "Grant",
    "IdentityHandlers",
    "NotPermitted",
    "Permission",
    "Scope",
    "SignedIn",
    "forget_old",
    "hash_of_token",
    "once",
    "record_action",
    "require",
]
