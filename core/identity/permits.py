"""The one question before anything is shown or done: may this agent, and where?"""

from core.contracts.permissions import Right
from core.contracts.scope import Scope
from core.identity.errors import NotPermitted
from core.identity.model import SignedIn


def require(caller: SignedIn, permission: Right) -> Scope:
    """Return where the caller holds the permission: every statement that serves the call is bound to it.

    Raises: NotPermitted, when no grant holds it.
    """
    if not caller.may(permission):
        raise NotPermitted(permission.value)
    return caller.scope_of(permission)


def require_everywhere(caller: SignedIn, permission: Right) -> Scope:
    """Return the caller's scope, when it is the whole institution, as what belongs to no place asks for.

    Raises: NotPermitted.
    """
    scope = require(caller, permission)
    if not scope.is_everything:
        raise NotPermitted(permission.value)
    return scope
