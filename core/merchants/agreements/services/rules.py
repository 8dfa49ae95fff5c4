"""Which options a service has and which limits it may have: one table, for checks and for forms (MER-4)."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from core.contracts.agreements import AMOUNT_MINOR_MAX, Limits, OptionRule, Options, OptionValue, ServiceKind
from core.contracts.desk import FieldProblem

CONTACTLESS_MINOR_MAX: Final = 1_000_000
_TEXT_CHARACTERS_MAX: Final = 200

OPTION_RULES: Final[Mapping[ServiceKind, tuple[OptionRule, ...]]] = {
    "pax": (
        OptionRule(
            "model",
            "choice",
            ("PAX A920Pro", "PAX A35", "PAX A77", "PAX A50", "PAX IM30"),
            default="PAX A920Pro",
        ),
        OptionRule("connectivity", "choice", ("ethernet", "wifi", "4g"), default="4g"),
        OptionRule("tip", "flag", default=False),
        OptionRule("preauthorisation", "flag", default=False),
        OptionRule("contactless_max_minor", "amount", max=CONTACTLESS_MINOR_MAX),
    ),
    "softpos": (
        OptionRule("tip", "flag", default=False),
        OptionRule("pin_on_screen", "flag", default=True),
    ),
    "onsite": (
        OptionRule("tip", "flag", default=False),
        OptionRule("receipt", "choice", ("email", "sms", "none"), default="email"),
    ),
    "ecommerce": (
        OptionRule("site", "text", default=""),
        OptionRule("strong_authentication", "choice", ("always", "when_required"), default="when_required"),
        OptionRule("capture", "choice", ("at_once", "on_shipping"), default="at_once"),
    ),
}


def checked_options(
    kind: ServiceKind, given: Options, field: str = "options"
) -> tuple[Options, list[FieldProblem]]:
    """Return every option of the kind, defaults filled in, and what is wrong with those given."""
    rules = {rule.name: rule for rule in OPTION_RULES[kind]}
    problems = [FieldProblem(f"{field}.{name[:50]}", "unknown_field") for name in given if name not in rules]
    options: Options = {}
    for name, rule in rules.items():
        value = given.get(name, rule.default)
        code = _problem_of(rule, value)
        if code:
            problems.append(FieldProblem(f"{field}.{name}", code, _detail_of(rule)))
        options[name] = value
    return options, problems


def limit_problems(limits: Limits, options: Options, *, amount_max_minor: int | None) -> list[FieldProblem]:
    """Return what keeps limits from being set; `amount_max_minor` is how far this agent may go."""
    problems: list[FieldProblem] = []
    if amount_max_minor is not None and limits.transaction_max_minor > amount_max_minor:
        problems.append(FieldProblem("limits.transaction_max_minor", "above_your_limit"))
    for name in ("terminal_day_max_minor", "store_day_max_minor"):
        day_max: int | None = getattr(limits, name)
        if day_max is not None and day_max < limits.transaction_max_minor:
            # A day below one payment would refuse a payment that the other limit promises.
            problems.append(FieldProblem(f"limits.{name}", "below_transaction_max"))
    if (
        limits.terminal_day_max_minor is not None
        and limits.store_day_max_minor is not None
        and limits.store_day_max_minor < limits.terminal_day_max_minor
    ):
        problems.append(FieldProblem("limits.store_day_max_minor", "below_terminal_day_max"))
    if len(set(limits.brands)) != len(limits.brands):
        problems.append(FieldProblem("limits.brands", "twice"))
    if above_transaction_max(options, limits.transaction_max_minor):
        problems.append(FieldProblem("limits.transaction_max_minor", "below_contactless"))
    return problems


def above_transaction_max(options: Options, transaction_max_minor: int) -> bool:
    """Return whether contactless would be allowed beyond what any payment is."""
    contactless = options.get("contactless_max_minor")
    return isinstance(contactless, int) and contactless > min(transaction_max_minor, AMOUNT_MINOR_MAX)


def _problem_of(rule: OptionRule, value: OptionValue) -> str:
    """Return a stable code, empty for a value that may stand."""
    match rule.type:
        case "choice":
            return "" if value in rule.choices else "unknown_value"
        case "flag":
            return "" if isinstance(value, bool) else "malformed"
        case "amount":
            if value is None:
                return ""
            if isinstance(value, bool) or not isinstance(value, int):
                return "malformed"
            return "" if 0 <= value <= rule.max else "out_of_range"
        case "text":
            return "" if isinstance(value, str) and _is_site(value) else "malformed"


def _detail_of(rule: OptionRule) -> str:
    match rule.type:
        case "choice":
            return "one of: " + ", ".join(rule.choices)
        case "flag":
            return "true or false"
        case "amount":
            return f"0 EUR cents to {rule.max} EUR cents"
        case "text":
            return "an address that begins with https://, or nothing"


def _is_site(text: str) -> bool:
    if not text:
        return True
    if len(text) > _TEXT_CHARACTERS_MAX or not text.isprintable():
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and "." in (parts.hostname or "")
