"""Pure decisions on terminals."""

from core.contracts.payment import SignOn
from core.contracts.reasons import Reason
from core.terminals.model import SigningOn


def refusal_of(request: SignOn, known: SigningOn | None) -> Reason:
    """Return why a terminal may not sign on, NONE when it may (EDG-2).

    A certificate of another name, or a wrong acceptor, is answered like an unknown terminal: whoever tries
    numbers learns nothing.
    """
    if known is None or request.acceptor.strip() != known.acceptor.strip():
        return Reason.TERMINAL_UNKNOWN
    if request.certificate_name and request.certificate_name != request.terminal:
        return Reason.TERMINAL_UNKNOWN
    if known.activated_at is None:
        return Reason.TERMINAL_NOT_ACTIVE
    if known.terminal_blocked_at is not None:
        return Reason.TERMINAL_BLOCKED
    if known.store_blocked_at is not None:
        return Reason.STORE_BLOCKED
    if known.service_blocked_at is not None:
        return Reason.SERVICE_BLOCKED
    if not known.service_active:
        return Reason.SERVICE_NOT_ACTIVE
    return Reason.NONE
