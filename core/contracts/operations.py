"""Every operation, slice by slice: what the desk serves and the gateway offers."""

from typing import Any, Final

from core.contracts import approvals, fees, macros
from core.contracts.operation import Operation, refuse_twins

OPERATIONS: Final[tuple[Operation[Any, Any], ...]] = (
    *approvals.OPERATIONS,
    *fees.OPERATIONS,
    *macros.OPERATIONS,
)
refuse_twins(OPERATIONS)
