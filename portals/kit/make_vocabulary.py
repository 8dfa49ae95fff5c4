"""Write `portals/kit/vocabulary.py` from the API's description: `python -m portals.kit.make_vocabulary`.

Pages offer the closed sets of the API (states, kinds, steps …) in its own spelling and order. They are read from
docs/openapi.json, so that a set which grows in core reaches the pages, and a set that a page names must exist.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

DESCRIPTION: Final = Path(__file__).parents[2] / "docs" / "openapi.json"
MODULE: Final = Path(__file__).parent / "vocabulary.py"

SETS: Final = {
    "ALERT_KINDS": "RuleTerms.kind",
    "ALERT_SEVERITIES": "AlertRule.severity",
    "CARD_BRANDS": "FeeRow.brand",
    "CARD_REGIONS": "FeeRow.region",
    "CARD_TYPES": "FeeRow.card_type",
    "CONTACT_CHANNELS": "SetOpeningHours.channel",
    "CONTRACT_STATES": "ContractSummary.state",
    "DOCUMENT_KINDS": "DocumentsAnswers.wanted",
    "EXPORT_COLUMNS": "AskExport.columns",
    "FAQ_TOPICS": "MakeFaqEntry.topic",
    "FEE_ACTS": "FeeActView.act",
    "FIGURES": "TransactionQuery.figure",
    "JOURNAL_KINDS": "JournalEntry.kind",
    "MACRO_KINDS": "AddMacro.kind",
    "MACRO_STEPS": "AddMacro.steps",
    "MAIL_STATES": "MailView.state",
    "ONBOARDING_MOVES": "OnboardingDetail.moves",
    "ONBOARDING_STEPS": "Step.name",
    "ORDER_MAILS": "OrderMailPreview.template",
    "ORDER_MAIL_SAMPLES": "OrderMailPreview.sample",
    "ORDER_STATES": "OrderSummary.state",
    "PLAN_PARTS": "MakePlan.parts",
    "PLAN_STEP_UNITS": "MakePlan.step_unit",
    "REQUEST_FIELD_KINDS": "FieldOfType.kind",
    "REQUEST_PRIORITIES": "RequestView.priority",
    "SERVICE_KINDS": "ServiceLine.kind",
    "TERMINAL_CONDITIONS": "ListedTerminal.condition",
    "WEBHOOK_DELIVERY_STATES": "WebhookDelivery.state",
    "WEBHOOK_KINDS": "AddWebhookEndpoint.kinds",
    "WEBHOOK_STATES": "WebhookEndpoint.state",
}
"""Each set by its name in the pages, with the property of the API that takes or gives one of its members."""


class SetMissing(Exception):
    """The API has no closed set where a page looks for one."""

    def __init__(self, name: str, where: str) -> None:
        super().__init__(f"{name}: {where} of docs/openapi.json is no closed set")


def members(schemas: dict[str, Any], name: str, where: str) -> tuple[str, ...]:
    """Return the members of one set in the order of the API, what is none of the others last. Raises: SetMissing."""
    schema, _, property_name = where.partition(".")
    found = _closed_set(schemas.get(schema, {}).get("properties", {}).get(property_name, {}))
    if not found:
        raise SetMissing(name, where)
    named = [member for member in found if member is not None]
    return tuple(sorted(named, key=lambda member: member == "other"))


def _closed_set(part: dict[str, Any]) -> list[str | None]:
    if "enum" in part:
        return part["enum"]
    if "items" in part:
        return _closed_set(part["items"])
    return next((found for each in part.get("oneOf", ()) if (found := _closed_set(each))), [])


def module_of(document: bytes) -> str:
    """Return the module as text. Raises: SetMissing."""
    schemas = msgspec.json.decode(document)["components"]["schemas"]
    lines = [
        '"""The closed sets of the API, as pages offer them: written by portals/kit/make_vocabulary.py."""',
        "",
        "from typing import Final",
        "",
    ]
    for name, where in SETS.items():
        lines.append(f"{name}: Final = (")
        lines += [f'    "{member}",' for member in members(schemas, name, where)]
        lines.append(")")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    MODULE.write_text(module_of(DESCRIPTION.read_bytes()))
