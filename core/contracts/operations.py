"""What core consists of: every contract, and the slice that carries it out. A new contract is two lines here.

From this list come the operations that the desk serves and the gateway offers, the rights that a role may allow, the
kinds of the audit, and the manifests of the slices (`core/slices.py`).
"""

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
from core.contracts.permissions import Permission, Right

CONTRACTS: Final[tuple[tuple[str, tuple[Operation[Any, Any], ...]], ...]] = (
    ("identity", access.OPERATIONS),
    ("identity", administration.OPERATIONS),
    ("merchants", agreements.OPERATIONS),
    ("transactions", approvals.OPERATIONS),
    ("merchants", directory.OPERATIONS),
    ("documents", documents.OPERATIONS),
    ("terminals", estate.OPERATIONS),
    ("merchants", fees.OPERATIONS),
    ("transactions", host_matters.OPERATIONS),
    ("transactions", limits.OPERATIONS),
    ("support", macros.OPERATIONS),
    ("merchants", merchants.OPERATIONS),
    ("notifications", notifications.OPERATIONS),
    ("merchants", onboarding.OPERATIONS),
    ("support", requests.OPERATIONS),
    ("searching", searching.OPERATIONS),
    ("supervision", supervision.OPERATIONS),
    ("transactions", transactions.OPERATIONS),
)
"""The slice that carries it out, and the operations of a contract."""
OPERATIONS: Final = tuple(operation for _, operations in CONTRACTS for operation in operations)
refuse_twins(OPERATIONS)

RIGHTS: Final[dict[str, Right]] = {
    right.value: right
    for rights in dict.fromkeys(
        (Permission, *(type(each.access.right) for each in OPERATIONS if each.access.right))
    )
    for right in rights
}
"""Every right that there is, by its name: those that many share, and each contract's own."""

REFUSED: Final = "access.refused"
"""What the desk itself leaves in the audit of a call that was refused for want of a right."""
AUDITED: Final = frozenset(kind for operation in OPERATIONS for kind in operation.audit) | {REFUSED}
"""Every kind of row in the audit."""
