"""What core consists of: every contract, and the slice that carries it out. A new contract is two lines here.

From this list come the operations that the desk serves and the gateway offers, the rights that a role may allow, the
kinds of the audit, and the manifests of the slices (`core/slices.py`).
"""

from types import ModuleType
from typing import Any, Final

from core.contracts import (
    access,
    administration,
    agreements,
    api_keys,
    approval_limits,
    approvals,
    blocks,
    card_changes,
    cards,
    collecting,
    conversations,
    customers,
    documents,
    faq,
    fees,
    host_matters,
    macros,
    merchants,
    my_orders,
    my_settlements,
    notifications,
    onboarding,
    opening_hours,
    order_mails,
    order_payments,
    order_records,
    orders,
    plans,
    requests,
    searching,
    supervision,
    terminals,
    transactions,
    webhooks,
)
from core.contracts.operation import Operation, refuse_twins
from core.contracts.permissions import Permission, Right

CONTRACTS: Final[tuple[tuple[str, ModuleType], ...]] = (
    ("identity", access),
    ("identity", administration),
    ("identity", customers),
    ("merchants", agreements),
    ("merchants", api_keys),
    ("transactions", approvals),
    ("terminals", blocks),
    ("cards", cards),
    ("documents", documents),
    ("terminals", terminals),
    ("merchants", fees),
    ("transactions", host_matters),
    ("transactions", approval_limits),
    ("support", macros),
    ("merchants", merchants),
    ("notifications", notifications),
    ("merchants", onboarding),
    ("schedules", order_mails),
    ("schedules", order_records),
    ("schedules", orders),
    ("schedules", order_payments),
    ("schedules", my_orders),
    ("schedules", card_changes),
    ("schedules", my_settlements),
    ("schedules", collecting),
    ("conversations", opening_hours),
    ("conversations", faq),
    ("conversations", conversations),
    ("schedules", plans),
    ("support", requests),
    ("searching", searching),
    ("supervision", supervision),
    ("transactions", transactions),
    ("webhooks", webhooks),
)
"""The slice that carries it out, and the contract: its operations are those that its module declares."""
OPERATIONS: Final[tuple[Operation[Any, Any], ...]] = tuple(
    each for _, contract in CONTRACTS for each in vars(contract).values() if isinstance(each, Operation)
)
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
