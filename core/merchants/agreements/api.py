"""Contracts, for other slices and for the processes."""

from collections.abc import Mapping
from typing import Final

import asyncpg

from core.documents.api import DocumentHandlers
from core.merchants.agreements.handlers import ContractHandlers, list_contracts
from core.merchants.agreements.moving import carry_out_due
from core.merchants.agreements.ports import Signatures
from core.merchants.agreements.services.handlers import ServiceHandlers
from core.merchants.agreements.signing import LocalSignatures
from core.merchants.agreements.templates import TemplateHandlers
from core.values.clock import Clock

_INSTITUTION_CHARACTERS_MAX: Final = 40


def contract_handlers(
    pool: asyncpg.Pool, clock: Clock, documents: DocumentHandlers, environment: Mapping[str, str]
) -> ContractHandlers:
    """Return what answers for contracts, in the name of GUICHET_INSTITUTION."""
    return ContractHandlers(
        pool,
        clock,
        documents,
        signatures=LocalSignatures(),
        institution=environment.get("GUICHET_INSTITUTION", "Guichet")[:_INSTITUTION_CHARACTERS_MAX],
    )


__all__ = [
    "ContractHandlers",
    "LocalSignatures",
    "ServiceHandlers",
    "Signatures",
    "TemplateHandlers",
    "carry_out_due",
    "contract_handlers",
    "list_contracts",
]
