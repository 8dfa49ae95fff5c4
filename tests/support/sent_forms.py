"""What each form of the desk asks of the API: the operation whose right decides who may send it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from core.contracts.operation import Operation, Reach
from core.contracts.operations import OPERATIONS

SENDS: Final = {
    "/accounts/{account_id}/edit": "accounts.edit",
    "/agents/invite": "agents.invite",
    "/agents/{agent_id}/disable": "agents.disable",
    "/agents/{agent_id}/enable": "agents.enable",
    "/agents/{agent_id}/grants": "grants.give",
    "/agents/{agent_id}/grants/{grant_id}/revoke": "grants.revoke",
    "/alerts/rules": "alert_rules.add",
    "/alerts/rules/{rule_id}/delete": "alert_rules.remove",
    "/alerts/{alert_id}/acknowledge": "alerts.acknowledge",
    "/alerts/{alert_id}/snooze": "alerts.snooze",
    "/approvals/limits": "approval_limits.set",
    "/approvals/{approval_id}/approve": "approvals.approve",
    "/approvals/{approval_id}/refuse": "approvals.refuse",
    "/approvals/{approval_id}/withdraw": "approvals.withdraw",
    "/assign-terminal": "terminals.assign",
    "/branding": "brands.save",
    "/branding/{brand_id}/remove": "brands.remove",
    "/companies/new": "companies.create",
    "/companies/{company_id}/edit": "companies.edit",
    "/companies/{company_id}/validate": "companies.validate",
    "/contacts/new": "contacts.add",
    "/contacts/{contact_id}/edit": "contacts.edit",
    "/contacts/{contact_id}/remove": "contacts.remove",
    "/contracts/new": "contracts.make",
    "/contracts/templates/new": "contract_templates.write",
    "/contracts/{contract_id}/acts/{act}": "contracts.move",
    "/contracts/{contract_id}/sign": "contracts.sign",
    "/contracts/{contract_id}/signed": "contracts.sign",
    "/contracts/{contract_id}/terms": "contracts.word",
    "/exports": "exports.ask",
    "/exports/{export_id}/cancel": "exports.cancel",
    "/fees/new": "fee_grids.make",
    "/fees/versions/{version_id}/acts": "fee_versions.move",
    "/fees/versions/{version_id}/rows": "fee_versions.edit",
    "/fees/{grid_id}/companies": "fee_grids.assign",
    "/fees/{grid_id}/versions": "fee_versions.make",
    "/macros/{macro_id}/remove": "macros.remove",
    "/macros/{macro_id}/save": "macros.change",
    "/macros/{macro_id}/{kind}/{target_id}": "macros.run",
    "/mail/{mail_id}/resend": "mail.resend",
    "/notices/read": "notices.read",
    "/onboarding/new": "onboarding.start",
    "/onboarding/{file_id}/attach": "onboarding.attach",
    "/onboarding/{file_id}/move/{move}": "onboarding.move",
    "/onboarding/{file_id}/{step}": "onboarding.save",
    "/plans/new": "plans.make",
    "/plans/{plan_id}/retire": "plans.retire",
    "/requests/new": "requests.create",
    "/requests/types": "request_types.save",
    "/requests/{code}/{action}": "requests.comment",
    "/roles": "roles.create",
    "/roles/{code}": "roles.change",
    "/services": "services.make",
    "/services/{service_id}/limits": "services.set_limits",
    "/services/{service_id}/options": "services.set_options",
    "/stores/new": "stores.create",
    "/stores/{store_id}/block": "blocks.make",
    "/stores/{store_id}/edit": "stores.edit",
    "/stores/{store_id}/unblock": "blocks.lift",
    "/terminals/{terminal_id}/block": "blocks.make",
    "/terminals/{terminal_id}/unblock": "blocks.lift",
    "/terminals/{terminal_id}/{act}": "terminals.set_options",
    "/to-check/{matter_id}/close": "host_matters.close",
    "/to-check/{matter_id}/retry": "host_matters.retry",
    "/transactions/{transaction_id}/cancel": "transactions.cancel",
    "/transactions/{transaction_id}/refund": "transactions.refund",
    "/views": "views.add",
    "/views/default": "views.choose_default",
    "/views/{view_id}/delete": "views.remove",
}
"""The address that a form is sent to -> the operation that it asks for."""

OWN: Final = ("/login", "/logout", "/invitation", "/preferences", "/onlookers", "/security")
"""What begins addresses that everybody sends to about themselves."""

_BY_NAME: Final[dict[str, Operation[Any, Any]]] = {each.name: each for each in OPERATIONS}
# An address without parameters goes before one that would take its last word as one.
_SHAPES: Final = [
    (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(address))), _BY_NAME[name])
    for address, name in sorted(SENDS.items(), key=lambda pair: pair[0].count("{"))
]


def may_send(permissions: Collection[str], action: str) -> bool:
    """Return whether somebody with these rights may send a form; of a right that depends on the record, core has said it."""
    if action.startswith(OWN):
        return True
    path = action.partition("?")[0]
    access = next(operation.access for shape, operation in _SHAPES if shape.fullmatch(path))
    return access.reach in (Reach.BY_RECORD, Reach.ANYONE) or access.right in permissions
