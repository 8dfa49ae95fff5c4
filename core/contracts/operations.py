"""Every operation, slice by slice: what the desk serves and the gateway offers."""

from typing import Any, Final

from core.contracts import agreements, approvals, documents, fees, macros, requests
from core.contracts.operation import Operation, refuse_twins

OPERATIONS: Final[tuple[Operation[Any, Any], ...]] = (
    *agreements.OPERATIONS,
    *approvals.OPERATIONS,
    *documents.OPERATIONS,
    *fees.OPERATIONS,
    *macros.OPERATIONS,
    *requests.OPERATIONS,
)
refuse_twins(OPERATIONS)
