"""Stored answers and one-click repairs: operations, requests, and the public shapes of API v1."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.ids import MacroId, TargetId
from core.contracts.listing import Nothing, Revision
from core.contracts.operation import ACT, DELETE, GET, PATCH, POST, Operation, everywhere, somewhere, unplaced
from core.contracts.permissions import Permission
from core.contracts.references import Timestamp
from core.contracts.texts import LINES

MacroKind = Literal["answer", "sequence"]
MacroTarget = Literal["terminal", "store"]
MacroFor = Literal["terminal", "store", "any"]
StepName = Literal["lift_block", "activate_terminal", "reload_parameters", "resend_receipt", "add_comment"]
StepOutcome = Literal["will_do", "done", "nothing_to_do", "refused"]
StepInput = Literal["reason", "email", "comment"]


NAME_CHARACTERS_MAX: Final = 120
TEXT_CHARACTERS_MAX: Final = 4_000
REASON_CHARACTERS_MAX: Final = 300
COMMENT_CHARACTERS_MAX: Final = 2_000

Name = Annotated[str, msgspec.Meta(max_length=NAME_CHARACTERS_MAX)]
Words = Annotated[str, msgspec.Meta(max_length=500)]
Text = Annotated[str, msgspec.Meta(max_length=TEXT_CHARACTERS_MAX), LINES]
Reason = Annotated[str, msgspec.Meta(max_length=REASON_CHARACTERS_MAX)]
Comment = Annotated[str, msgspec.Meta(max_length=COMMENT_CHARACTERS_MAX), LINES]


class ListMacros(msgspec.Struct, kw_only=True):
    """Those for a kind of target, or all."""

    target_kind: MacroTarget | None = None


class AddMacro(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A text with fields like {store} in both languages, or steps."""

    kind: MacroKind
    target_kind: MacroFor
    name_fr: Name
    name_en: Name
    text_fr: Text = ""
    text_en: Text = ""
    steps: Annotated[list[StepName], msgspec.Meta(max_length=10)] = []
    idempotency_key: str = ""


class ChangeMacro(AddMacro, kw_only=True, forbid_unknown_fields=True):
    """Every field of a macro; another revision than the present one means that somebody wrote since."""

    id: MacroId
    revision: Revision


class RemoveMacro(msgspec.Struct, kw_only=True):
    """Take it out of use."""

    id: MacroId


class PreviewMacro(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The terminal or store that it would run on, and the reason that an answer may name."""

    id: MacroId
    target: TargetId
    reason: Reason = ""


class RunMacro(PreviewMacro, kw_only=True, forbid_unknown_fields=True):
    """The terminal or store that it runs on, and what its steps need to know."""

    email: Words = ""
    comment: Comment = ""
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


_CHANGE: Final = (
    "Write every field of a macro; refused when somebody else wrote after the revision that is named."
)
_PREVIEW: Final = "What would happen step by step, or the text with its fields filled. Changes nothing."
_RUN: Final = "Run every step in one transaction, with the caller’s own rights: all of them happen, or none."
_MACROS_USE: Final = somewhere(Permission.MACROS_USE)
_MACROS_WRITE: Final = everywhere(Permission.MACROS_WRITE)
_EXAMPLE: Final = {
    "kind": "answer",
    "target_kind": "any",
    "name_fr": "Terminal silencieux",
    "name_en": "Silent terminal",
    "text_fr": "Bonjour",
    "text_en": "Hello",
}
LIST = Operation(
    "macros.list",
    ListMacros,
    MacroList,
    unplaced(Permission.MACROS_USE),
    http=GET("/macros", "List macros", "Stored answers and sequences, by name."),
)
ADD = Operation(
    "macros.add",
    AddMacro,
    Macro,
    _MACROS_WRITE,
    http=POST("/macros", "Add a macro", "Write a new answer or sequence."),
    audit=("macro.added",),
    example=_EXAMPLE,
)
CHANGE = Operation(
    "macros.change",
    ChangeMacro,
    Macro,
    _MACROS_WRITE,
    http=PATCH("/macros/{id}", "Change a macro", _CHANGE),
    audit=("macro.changed",),
    example=_EXAMPLE,
)
REMOVE = Operation(
    "macros.remove",
    RemoveMacro,
    Nothing,
    _MACROS_WRITE,
    http=DELETE("/macros/{id}", "Remove a macro", "Take a macro out of use; what it did stays on record."),
    audit=("macro.removed",),
)
PREVIEW = Operation(
    "macros.preview",
    PreviewMacro,
    MacroPreview,
    _MACROS_USE,
    http=ACT("/macros/{id}/preview", "Preview a macro", _PREVIEW),
)
RUN = Operation(
    "macros.run",
    RunMacro,
    MacroRun,
    _MACROS_USE,
    http=ACT("/macros/{id}/run", "Run a macro", _RUN),
    audit=("macro.run", "block.lifted", "terminal.activated", "terminal.reload_wanted"),
)
