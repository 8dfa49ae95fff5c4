"""Every operation, slice by slice: what the desk serves and the gateway offers."""

from typing import Any, Final

from core.contracts import (
    access,
    administration,
    agreements,
    approvals,
    documents,
    fees,
    host_matters,
    limits,
    macros,
    merchants,
    onboarding,
    requests,
)
from core.contracts.operation import Operation, refuse_twins

OPERATIONS: Final[tuple[Operation[Any, Any], ...]] = (
    *access.OPERATIONS,
    *administration.OPERATIONS,
    *agreements.OPERATIONS,
    *approvals.OPERATIONS,
    *documents.OPERATIONS,
    *fees.OPERATIONS,
    *host_matters.OPERATIONS,
    *limits.OPERATIONS,
    *macros.OPERATIONS,
    *merchants.OPERATIONS,
    *onboarding.OPERATIONS,
    *requests.OPERATIONS,
)
refuse_twins(OPERATIONS)
