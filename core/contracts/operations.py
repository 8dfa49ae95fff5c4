"""Every operation, slice by slice: what the desk serves and the gateway offers."""

from typing import Any, Final

from core.contracts import (
    access,
    administration,
    agreements,
    approvals,
    directory,
    documents,
    estate,
    fees,
    host_matters,
    limits,
    macros,
    merchants,
    notifications,
    onboarding,
    requests,
    searching,
    supervision,
    transactions,
)
from core.contracts.operation import Operation, refuse_twins

OPERATIONS: Final[tuple[Operation[Any, Any], ...]] = (
    *access.OPERATIONS,
    *administration.OPERATIONS,
    *agreements.OPERATIONS,
    *approvals.OPERATIONS,
    *directory.OPERATIONS,
    *documents.OPERATIONS,
    *estate.OPERATIONS,
    *fees.OPERATIONS,
    *host_matters.OPERATIONS,
    *limits.OPERATIONS,
    *macros.OPERATIONS,
    *merchants.OPERATIONS,
    *notifications.OPERATIONS,
    *onboarding.OPERATIONS,
    *requests.OPERATIONS,
    *searching.OPERATIONS,
    *supervision.OPERATIONS,
    *transactions.OPERATIONS,
)
refuse_twins(OPERATIONS)

REFUSED: Final = "access.refused"
"""What the desk itself leaves in the audit of a call that was refused for want of a right."""
AUDITED: Final = frozenset(kind for operation in OPERATIONS for kind in operation.audit) | {REFUSED}
"""Every kind of row in the audit."""
