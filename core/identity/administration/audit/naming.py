"""What an action mentions: records by their ids, roles, types and statuses by their codes."""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, TypeAlias

from core.contracts.administration import ActionView
from core.contracts.ids import kind_of_prefix
from core.values.ids import IdMalformed, decode_id, encode_id

Codes: TypeAlias = dict[tuple[str, str, str], str]
"""Names by kind (`role`, `type`, `status`), the type that a status is of, and code."""

_ID: Final = re.compile(r"([a-z]{3})_[0-9a-hjkmnp-tv-z]{26}")
_ROLE_FACTS: Final = ("role", "team")


class Mentioned(NamedTuple):
    """A record by its kind and its sixteen bytes."""

    kind: str
    raw: bytes

    @property
    def public(self) -> str:
        """Its public identifier."""
        return encode_id(self.kind, self.raw)


def records_in(action: ActionView) -> set[Mentioned]:
    """Return the records that an action was done to and that its facts mention."""
    texts = [*_texts(action.facts), action.target.id or ""]
    return {record for text in texts for record in _record_of(text)}


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


def _record_of(text: str) -> Iterator[Mentioned]:
    match = _ID.fullmatch(text)
    kind = kind_of_prefix(match[1]) if match else None
    if kind is None:
        return
    try:
        yield Mentioned(kind, decode_id(kind, text))
    except IdMalformed:
        # A text of a person that only looks like an identifier.
        return
