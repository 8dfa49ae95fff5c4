"""What each form of the desk asks of the API: the operation whose right decides who may send it.

A form is sent to an address that says what is done to what, as the API's own does: `/plans/new` makes what `POST /plans` makes,
`/stores/{store_id}/edit` changes what `PATCH /stores/{id}` changes. Only forms that say it otherwise are named here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from litestar.handlers import HTTPRouteHandler

from core.contracts.operation import Operation, Reach
from core.contracts.operations import OPERATIONS
from portals.agent.app import PAGE_HANDLERS
from portals.agent.pages import PAGES

OWN: Final = ("/login", "/logout", "/invitation", "/preferences", "/onlookers", "/security")
"""What begins addresses that everybody sends to about themselves."""

OTHERWISE: Final = {
    "/agents/invite": "agents.invite",
    "/agents/{agent_id}/grants/{grant_id}/revoke": "grants.revoke",
    "/approvals/limits": "approval_limits.set",
    "/assign-terminal": "terminals.assign",
    "/branding": "brands.save",
    "/branding/{brand_id}/remove": "brands.remove",
    "/companies/{company_id}/api-keys": "api_keys.make",
    "/companies/{company_id}/api-keys/{key_id}/revoke": "api_keys.revoke",
    "/contact/channels/{channel}/edit": "contact_channels.change",
    "/contact/exceptions/new": "opening_exceptions.add",
    "/contact/exceptions/{exception_id}/remove": "opening_exceptions.remove",
    "/contact/hours/new": "opening_hours.set",
    "/contact/hours/{hours_id}/withdraw": "opening_hours.withdraw",
    "/contracts/templates/new": "contract_templates.write",
    "/contracts/{contract_id}/acts/{act}": "contracts.move",
    "/contracts/{contract_id}/signed": "contracts.sign",
    "/contracts/{contract_id}/terms": "contracts.word",
    "/exports/{export_id}/cancel": "exports.cancel",
    "/faq/new": "faq_entries.make",
    "/faq/{entry_id}/edit": "faq_entries.change",
    "/faq/{entry_id}/remove": "faq_entries.remove",
    "/fees/versions/{version_id}/acts": "fee_versions.move",
    "/fees/versions/{version_id}/rows": "fee_versions.edit",
    "/macros/{macro_id}/{kind}/{target_id}": "macros.run",
    "/onboarding/{file_id}/attach": "onboarding.attach",
    "/onboarding/{file_id}/move/{move}": "onboarding.move",
    "/onboarding/{file_id}/{step}": "onboarding.save",
    "/requests/types": "request_types.save",
    "/requests/{code}/{action}": "requests.comment",
    "/roles/{code}": "roles.change",
    "/stores/{store_id}/block": "blocks.make",
    "/stores/{store_id}/unblock": "blocks.lift",
    "/terminals/{terminal_id}/block": "blocks.make",
    "/terminals/{terminal_id}/unblock": "blocks.lift",
    "/terminals/{terminal_id}/{act}": "terminals.set_options",
    "/to-check/{matter_id}/close": "host_matters.close",
    "/to-check/{matter_id}/retry": "host_matters.retry",
    "/webhooks/deliveries/{delivery_id}/resend": "webhook_deliveries.resend",
}
"""Forms whose address is not that of their operation, or stands for several of one right."""

_VERBS: Final = {
    "": "POST",
    "/new": "POST",
    "/edit": "PATCH",
    "/save": "PATCH",
    "/remove": "DELETE",
    "/delete": "DELETE",
}
_PLACE: Final = re.compile(r"\{[^}]*\}")
_BY_NAME: Final[dict[str, Operation[Any, Any]]] = {each.name: each for each in OPERATIONS}
_BY_ROUTE: Final = {
    (each.http.method, _PLACE.sub("{}", each.http.path)): each.name
    for each in OPERATIONS
    if each.http is not None
}


def _addresses() -> set[str]:
    return {
        _PLACE.sub(lambda place: place[0].partition(":")[0].rstrip("}") + "}", path)
        for handler in PAGE_HANDLERS
        if isinstance(handler, HTTPRouteHandler) and "POST" in handler.http_methods
        for path in handler.paths
        if not path.startswith(OWN)
    }


def _in_the_api(address: str) -> Iterator[str]:
    """Return what an address may be called in the API: as it is, or by the kind of the record that the page is of."""
    yield address
    for kind, (_, folder) in PAGES.folders.items():
        if f"{address}/".startswith(f"/{folder}/"):
            yield f"/{kind.replace('_', '-')}s{address.removeprefix(f'/{folder}')}"


def operation_of_address(address: str) -> str | None:
    for path in _in_the_api(_PLACE.sub("{}", address)):
        for ending, method in _VERBS.items():
            if path.endswith(ending) and (name := _BY_ROUTE.get((method, path.removesuffix(ending)))):
                return name
    return None


SENDS: Final = {
    address: OTHERWISE.get(address) or operation_of_address(address) or "" for address in _addresses()
}
"""The address that a form is sent to -> the operation that it asks for, empty where nothing says it."""

# An address without parameters goes before one that would take its last word as one.
_SHAPES: Final = [
    (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(address))), name)
    for address, name in sorted(SENDS.items(), key=lambda pair: pair[0].count("{"))
]


def may_send(permissions: Collection[str], action: str) -> bool:
    """Return whether somebody with these rights may send a form; of a right that depends on the record, core has said it."""
    if action.startswith(OWN):
        return True
    path = action.partition("?")[0]
    access = _BY_NAME[next(name for shape, name in _SHAPES if shape.fullmatch(path))].access
    return access.reach in (Reach.BY_RECORD, Reach.ANYONE) or access.right in permissions
