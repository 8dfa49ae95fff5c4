"""Stored answers and one-click repairs: requests, and the public shapes of API v1."""

from typing import Literal

import msgspec

from core.contracts.desk_views import Timestamp
from core.contracts.subjects import DESK

MACROS = f"{DESK}.macros"  # ListMacros -> MacroList
SAVE_MACRO = f"{DESK}.save_macro"  # SaveMacro -> Written (Macro)
REMOVE_MACRO = f"{DESK}.remove_macro"  # desk_requests.ById -> desk_requests.Nothing
PREVIEW_MACRO = f"{DESK}.preview_macro"  # PreviewMacro -> MacroPreview
RUN_MACRO = f"{DESK}.run_macro"  # RunMacro -> desk_requests.Written (MacroRun)

MacroKind = Literal["answer", "sequence"]
MacroTarget = Literal["terminal", "store"]
MacroFor = Literal["terminal", "store", "any"]
StepName = Literal["lift_block", "activate_terminal", "reload_parameters", "resend_receipt", "add_comment"]
StepOutcome = Literal["will_do", "done", "nothing_to_do", "refused"]
StepInput = Literal["reason", "email", "comment"]


class ListMacros(msgspec.Struct):
    """Those for a kind of target, or all."""

    target_kind: str | None = None


class MacroFields(msgspec.Struct):
    """What is written of a macro: a text with fields like {store}, or steps."""

    kind: str
    target_kind: str
    name_fr: str
    name_en: str
    text_fr: str = ""
    text_en: str = ""
    steps: list[str] = []


class SaveMacro(msgspec.Struct):
    """A new macro, or with `id` every field of one."""

    macro: MacroFields
    id: bytes | None = None
    revision: int | None = None  # what was read; another one means that somebody wrote since
    idempotency_key: str = ""


class PreviewMacro(msgspec.Struct):
    """What would happen; `reason` fills the field of an answer."""

    id: bytes
    target_kind: str
    target_id: bytes
    reason: str = ""


class RunMacro(msgspec.Struct):
    """Run every step on one target."""

    id: bytes
    target_kind: str
    target_id: bytes
    reason: str = ""
    email: str = ""
    comment: str = ""
    idempotency_key: str = ""


class Macro(msgspec.Struct, kw_only=True):
    """A stored answer or a sequence of steps; `runnable` when the caller may do each of its steps somewhere."""

    id: str
    kind: MacroKind
    target_kind: MacroFor
    name: str
    name_fr: str
    name_en: str
    text_fr: str
    text_en: str
    steps: list[StepName]
    inputs: list[StepInput]
    runnable: bool
    changed_at: Timestamp
    changed_by: str | None
    revision: int  # moves with each change


class MacroList(msgspec.Struct):
    """In the order of their names."""

    data: list[Macro]
    next_cursor: str | None = None


class StepView(msgspec.Struct, kw_only=True):
    """One step: what it will do, did, or why not; `detail` is a block's reason, an amount, an address."""

    step: StepName
    outcome: StepOutcome
    why: str | None = None
    detail: str = ""


class MacroPreview(msgspec.Struct, kw_only=True):
    """What will happen to the target, or the text with its fields filled."""

    macro: Macro
    target: str
    label: str
    possible: bool
    steps: list[StepView]
    text: str


class MacroRun(msgspec.Struct, kw_only=True):
    """What each step did."""

    id: str
    macro: str
    label: str
    steps: list[StepView]
