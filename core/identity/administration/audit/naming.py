"""What an action mentions: records by their ids, roles, types and statuses by their codes."""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from core.contracts.administration import ActionView
from core.runtime.naming import Mentioned, record_of

Codes: TypeAlias = dict[tuple[str, str, str], str]
"""Names by kind (`role`, `type`, `status`), the type that a status is of, and code."""

_ROLE_FACTS: Final = ("role", "team")


def records_in(action: ActionView) -> set[Mentioned]:
    """Return the records that an action was done to and that its facts mention."""
    texts = [*_texts(action.facts), action.target.id or ""]
    return {record for text in texts if (record := record_of(text)) is not None}


def codes_in(action: ActionView, codes: Codes, *, request_type: str) -> dict[str, str]:
    """Return code -> name of what the facts mention; `request_type` is that of the request they are about."""
    facts = {name: value for name, value in action.facts.items() if isinstance(value, str)}
    wanted = [("role", "", facts.get(name, "")) for name in _ROLE_FACTS]
    if action.target.kind == "request_type":
        kind = facts.get("code", "")
        wanted += [
            ("type", "", kind),
            *(("status", kind, one) for one in facts.get("statuses", "").split(",")),
        ]
    if action.target.kind == "request":
        wanted += [("type", "", facts.get("type", "")), ("status", request_type, facts.get("status", ""))]
    return {key[-1]: codes[key] for key in wanted if key in codes}


def _texts(facts: Any) -> Iterator[str]:
    match facts:
        case str():
            yield facts
        case dict():
            for value in facts.values():
                yield from _texts(value)
        case list():
            for value in facts:
                yield from _texts(value)
        case _:
            return
