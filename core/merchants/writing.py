"""What every write of merchants shares: the audit of an edit, and who was there before."""

from datetime import datetime
from typing import Any, TypeVar

import msgspec

from core.contracts.desk import FieldProblem
from core.contracts.refusals import ChangedMeanwhile
from core.db.rows import Connection
from core.identity.api import name_and_moment
from core.merchants.directory import store
from core.merchants.rules import masked_iban

_Fields = TypeVar("_Fields", bound=msgspec.Struct)
_SHOWN_CHARACTERS_MAX = 80


def changes_between(before: _Fields, after: _Fields) -> dict[str, list[str]]:
    """Return field -> before and after, for the audit; of an IBAN only what a list may show."""
    old, new = msgspec.structs.asdict(before), msgspec.structs.asdict(after)
    changed = {name: [str(old[name] or ""), str(new[name] or "")] for name in new if old[name] != new[name]}
    if "iban" in changed:
        changed["iban"] = [_iban_shown(text) for text in changed["iban"]]
    return changed


async def refuse_if_changed(
    connection: Connection, *, target_id: bytes, read_version: int, version: int
) -> None:
    """Raise ChangedMeanwhile, telling who wrote what since, when the version that was read is not the present one."""
    if read_version == version:
        return
    problems: list[FieldProblem] = []
    for edit in await store.edits_since(connection, target_id, read_version):
        changes: dict[str, Any] = edit.facts.get("changes") or {}
        problems += [
            FieldProblem(field, "changed_meanwhile", _edit_shown(edit.name, edit.at, pair[1]))
            for field, pair in changes.items()
        ]
    raise ChangedMeanwhile(problems or [FieldProblem("revision", "changed_meanwhile", str(version))])


def _edit_shown(name: str, at: datetime, value: str) -> str:
    return f"{name_and_moment(name, at)} : « {value[:_SHOWN_CHARACTERS_MAX]} »"


def _iban_shown(iban: str) -> str:
    return "…".join(masked_iban(iban)) if iban else ""
