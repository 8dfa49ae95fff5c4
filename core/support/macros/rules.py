"""Pure decisions of macros: which steps exist, what each would do, the text of an answer."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from core.contracts.desk import FieldProblem
from core.contracts.macros import (
    COMMENT_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    REASON_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
    AddMacro,
    StepInput,
    StepName,
    StepView,
)
from core.contracts.permissions import Permission
from core.merchants.rules import check_email
from core.support.macros.model import Target

STEPS_MAX: Final = 10
REASON_CHARACTERS_MIN: Final = 3
FIELDS: Final = ("store", "terminal", "reason")

PERMISSIONS: Final[dict[StepName, Permission]] = {
    "lift_block": Permission.BLOCKS_WRITE,
    "activate_terminal": Permission.TERMINALS_WRITE,
    "reload_parameters": Permission.BLOCKS_WRITE,
    "resend_receipt": Permission.TRANSACTIONS_READ,
    "add_comment": Permission.MACROS_USE,
}
"""The closed table of steps, and what each one needs of whoever runs it."""

_INPUTS: Final[dict[StepName, StepInput]] = {
    "lift_block": "reason",
    "resend_receipt": "email",
    "add_comment": "comment",
}
_OF_TERMINALS: Final = frozenset({"activate_terminal", "reload_parameters", "resend_receipt"})
_FIELD = re.compile(r"\{([^{}]*)\}")


def inputs_of(steps: Sequence[StepName]) -> list[StepInput]:
    """Return what must be typed to run these steps."""
    return list(dict.fromkeys(_INPUTS[step] for step in steps if step in _INPUTS))


def problems_of_macro(fields: AddMacro) -> list[FieldProblem]:
    """Return what is wrong with a macro beside its types, field by field."""
    problems = [
        FieldProblem(name, "length", f"1 to {NAME_CHARACTERS_MAX} characters")
        for name in ("name_fr", "name_en")
        if not getattr(fields, name).strip()
    ]
    return problems + (_problems_of_texts(fields) if fields.kind == "answer" else _problems_of_steps(fields))


def problems_of_inputs(
    steps: Sequence[StepName], *, reason: str, email: str, comment: str
) -> list[FieldProblem]:
    """Return what is missing to run these steps."""
    wanted = inputs_of(steps)
    problems: list[FieldProblem] = []
    if "reason" in wanted and not REASON_CHARACTERS_MIN <= len(reason) <= REASON_CHARACTERS_MAX:
        limits = f"{REASON_CHARACTERS_MIN} to {REASON_CHARACTERS_MAX} characters"
        problems.append(FieldProblem("reason", "length", limits))
    if "email" in wanted and (not email or check_email(email).code is not None):
        problems.append(FieldProblem("email", "malformed", "an e-mail address"))
    if "comment" in wanted and not 1 <= len(comment) <= COMMENT_CHARACTERS_MAX:
        problems.append(FieldProblem("comment", "length", f"1 to {COMMENT_CHARACTERS_MAX} characters"))
    return problems


def plan(steps: Sequence[StepName], target: Target, *, allowed: Collection[StepName]) -> list[StepView]:
    """Return what each step would do to the target as it stands, in their order."""
    return [_plan_one(step, target, permitted=step in allowed) for step in steps]


def filled(text: str, target: Target, *, reason: str) -> str:
    """Return an answer with its fields filled; a field without a value stays, for whoever sends it to see."""
    values = {"store": target.store_name, "terminal": target.terminal, "reason": reason}
    return _FIELD.sub(lambda found: values.get(found[1]) or found[0], text)


def _plan_one(step: StepName, target: Target, *, permitted: bool) -> StepView:
    if not permitted:
        return StepView(step=step, outcome="refused", why="not_permitted")
    match step:
        case "lift_block":
            if target.block_id is None:
                return StepView(step=step, outcome="nothing_to_do", why="not_blocked")
            return StepView(step=step, outcome="will_do", detail=target.block_reason)
        case "activate_terminal":
            if not target.service_active:
                return StepView(step=step, outcome="refused", why="service_not_active")
            if target.active:
                return StepView(step=step, outcome="nothing_to_do", why="active_already")
            return StepView(step=step, outcome="will_do")
        case "reload_parameters":
            if target.retired:
                return StepView(step=step, outcome="refused", why="retired")
            return StepView(step=step, outcome="will_do")
        case "resend_receipt":
            if target.last_payment is None:
                return StepView(step=step, outcome="refused", why="no_payment")
            return StepView(step=step, outcome="will_do", detail=f"·· {target.last_payment.card_last_four}")
        case "add_comment":
            return StepView(step=step, outcome="will_do")


def _problems_of_texts(fields: AddMacro) -> list[FieldProblem]:
    problems: list[FieldProblem] = []
    for name in ("text_fr", "text_en"):
        text = getattr(fields, name)
        unknown = sorted({found for found in _FIELD.findall(text) if found not in FIELDS})
        if not 1 <= len(text.strip()) <= TEXT_CHARACTERS_MAX:
            problems.append(FieldProblem(name, "length", f"1 to {TEXT_CHARACTERS_MAX} characters"))
        elif unknown:
            problems.append(
                FieldProblem(name, "unknown_field", f"only {{{'}, {'.join(FIELDS)}}}, not {{{unknown[0]}}}")
            )
    if fields.steps:
        problems.append(FieldProblem("steps", "not_allowed", "an answer has no steps"))
    return problems


def _problems_of_steps(fields: AddMacro) -> list[FieldProblem]:
    if not 1 <= len(fields.steps) <= STEPS_MAX:
        return [FieldProblem("steps", "length", f"1 to {STEPS_MAX} steps")]
    if len(set(fields.steps)) != len(fields.steps):
        return [FieldProblem("steps", "repeated", "each step once")]
    if fields.target_kind != "terminal" and _OF_TERMINALS.intersection(fields.steps):
        return [FieldProblem("steps", "wrong_target", "this step needs a terminal")]
    if fields.target_kind == "any":
        return [FieldProblem("target_kind", "unknown_value", "a sequence runs on a terminal or a store")]
    return []
