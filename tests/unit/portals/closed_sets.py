"""The values that a fact of the audit may have where the code has a closed set of them, by the fact's name."""

from __future__ import annotations

import ast
from typing import Any, Final, get_args

import msgspec

from core.contracts.access import FactorKind
from core.contracts.agreements import ContractState
from core.contracts.agreements import ServiceKind as Service
from core.contracts.host_matters import HostMatterKind
from core.contracts.macros import MacroKind, StepOutcome
from core.contracts.macros import StepName as MacroStep
from core.contracts.onboarding import DocumentKind, StepName
from core.contracts.opening_hours import ContactChannelName
from core.contracts.operation import AGENTS
from core.contracts.operations import OPERATIONS, RIGHTS
from core.contracts.reasons import Reason
from core.contracts.references import BrandName, KindName, StateName
from core.contracts.requests import Priority
from core.contracts.supervision import ExportColumn, ExportFormat, RuleKind, Subject, ViewedList
from core.contracts.terminals import Connectivity, DialectName
from core.contracts.transaction_filter import FigureName
from core.contracts.webhooks import WebhookKind
from core.merchants.agreements.services.rules import OPTION_RULES
from core.merchants.rules import CONTACT_ROLES
from core.values.regions import REGIONS
from core.values.zones import TIME_ZONES
from portals.agent.audit.facts import TABLES
from tests.support.recorded import ROOT

_ROLES: Final = (
    "hotline",
    "shop_seller",
    "technician",
    "back_office",
    "sales",
    "legal",
    "supervisor",
    "administrator",
)
_REASONS: Final = tuple(one.name.lower() for one in Reason if one not in (Reason.NONE, Reason.APPROVED))
_PERMISSIONS: Final = tuple(RIGHTS)


def _operations() -> tuple[str, ...]:
    """Return what can be denied: only agents have rights that somebody may lack."""
    return tuple(sorted(each.name.replace(".", "_") for each in OPERATIONS if each.access.reach in AGENTS))


def _denials() -> tuple[str, ...]:
    """Return the codes of what is denied besides a missing permission, which has its own fact."""
    found: set[str] = set()
    for file in (ROOT / "core").rglob("errors.py"):
        for one in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(one, ast.ClassDef) and any(ast.unparse(base) == "Denied" for base in one.bases):
                calls = [node for node in ast.walk(one) if isinstance(node, ast.Call) and node.args]
                found |= {
                    str(call.args[0].value)
                    for call in calls
                    if ast.unparse(call.func) == "super().__init__" and isinstance(call.args[0], ast.Constant)
                }
    assert "approval_own" in found
    return tuple(sorted(found - {"not_permitted"}))


def _choices(name: str) -> tuple[str, ...]:
    return tuple(
        choice
        for rules in OPTION_RULES.values()
        for rule in rules
        if rule.name == name
        for choice in rule.choices
    )


CLOSED: Final[dict[str, tuple[str, ...]]] = {
    "added": _PERMISSIONS,
    "after": get_args(ContractState),
    "before": get_args(ContractState),
    "brands": get_args(BrandName),
    "code": (*_REASONS, *_denials(), *get_args(ContactChannelName)),
    "columns": get_args(ExportColumn),
    "connectivity": (*get_args(Connectivity), *_choices("connectivity")),
    "contact_channel": get_args(ContactChannelName),
    "dialect": get_args(DialectName),
    "document": get_args(DocumentKind),
    "door": _operations(),
    "filter.brand": get_args(BrandName),
    "filter.figure": get_args(FigureName),
    "filter.kind": get_args(KindName),
    "filter.reason": _REASONS,
    "filter.state": get_args(StateName),
    "format": get_args(ExportFormat),
    "kind": (*get_args(Service), *get_args(MacroKind), *get_args(FactorKind)),
    "limit": ("transaction.refund",),
    "list": get_args(ViewedList),
    "matter": get_args(HostMatterKind),
    "method": ("typed", "uploaded"),
    "permission": _PERMISSIONS,
    "permissions": _PERMISSIONS,
    "priority": get_args(Priority),
    "regions": tuple(REGIONS),
    "removed": _PERMISSIONS,
    "role": (*_ROLES, *CONTACT_ROLES),
    "service": get_args(Service),
    "services": get_args(Service),
    "status": ("close", "reopen"),
    "steps": (*get_args(StepName), *get_args(MacroStep), *get_args(StepOutcome)),
    "team": _ROLES,
    "template": ("agent_invitation", "request_assigned", "contract_to_sign", "contract_active", "receipt"),
    "terms.kind": get_args(RuleKind),
    "terms.per": get_args(Subject),
    "time_zone": TIME_ZONES,
    "webhook_kind": get_args(WebhookKind),
    "webhook_kinds": get_args(WebhookKind),
}


def prefixes_of(name: str) -> tuple[str, ...]:
    """Return where in the catalogues a value of such a fact may have its word."""
    return (*TABLES[name], f"option_value.{name}.")


def names_of(struct: Any) -> list[str]:
    """Return the names of a struct's fields as they are written."""
    return [field.encode_name for field in msgspec.structs.fields(struct)]
