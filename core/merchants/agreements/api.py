"""The door of contracts for composition roots."""

from core.merchants.agreements.handlers import ContractHandlers, list_contracts
from core.merchants.agreements.moving import carry_out_due
from core.merchants.agreements.ports import Filing, Signatures
from core.merchants.agreements.services.handlers import ServiceHandlers
from core.merchants.agreements.signing import LocalSignatures
from core.merchants.agreements.templates import TemplateHandlers

__all__ = [
    "ContractHandlers",
    "Filing",
    "LocalSignatures",
    "ServiceHandlers",
    "Signatures",
    "TemplateHandlers",
    "carry_out_due",
    "list_contracts",
]
