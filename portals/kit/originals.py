"""What stood in a form when its page was made, and what is left of a colleague's change when the form is saved late.

Each form that carries a token against stale edits also carries, in the hidden field `was`, what its fields held. A save
that comes too late is shown again from the newest record: fields that this person did not touch show the colleague's
change, those that only this person touched keep what was typed, and those that both touched are set side by side.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

FIELD: Final = "was"
REVISION: Final = "revision"
# The columns of a numbered row, and the places of a numbered list, mean something only together.
_ROW: Final = re.compile(r"([a-z_]*\d+)\.|([a-z]+)_\d+$")

Values = dict[str, list[str]]
Fields = Sequence[tuple[str, str]]


class Field(NamedTuple):
    """A field of a form, as people read it."""

    values: list[str]
    label: str
    choices: dict[str, str]
    error: str = ""  # what its error is called
    element: str = ""  # its id

    show: Callable[[str], str] = str  # how a value of it is read, such as a day

    def said(self, values: Sequence[str]) -> str:
        """Return values in the words of the field."""
        return ", ".join(self.choices.get(value) or self.show(value) for value in values if value) or "–"


class Difference(NamedTuple):
    """A field that a colleague changed meanwhile."""

    label: str
    before: str
    mine: str
    theirs: str


class Merge(NamedTuple):
    """The form as it is shown again."""

    fields: list[tuple[str, str]]
    taken: list[Difference]  # changed by the colleague only
    conflicts: list[Difference]  # changed by both


def originals(text: str) -> Values:
    """Return what `was` holds; nothing for what we did not write."""
    try:
        return msgspec.json.decode(text, type=Values)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return {}


def changed(form: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """Return those of the fields that this person changed; all of them when the form does not say what was there."""
    was = originals(form.get(FIELD, ""))
    return {
        name: form[name]
        for name in names
        if name in form and _plain([form[name]]) != _plain(was.get(name, ["\x00"]))
    }


def merged(fields: Mapping[str, Field], sent: Fields) -> Merge | None:
    """Return the form of a late save from what its fields hold now, None where it does not say what they held."""
    was, now = originals(dict(sent).get(FIELD, "")), {name: field.values for name, field in fields.items()}
    if not was or not now:
        return None
    mine: Values = {}
    for name, value in sent:
        mine.setdefault(name, []).append(value)
    units: dict[str, list[str]] = {}
    for name in {**now, **{name: [] for name in was}}:
        row = _ROW.match(name)
        units.setdefault((row[1] or row[2]) if row else name, []).append(name)
    merge = Merge([], [], [])
    for names in units.values():
        typed, before, there = ([_plain(one.get(name, [])) for name in names] for one in (mine, was, now))
        if there not in (before, typed):
            kind = merge.taken if typed == before else merge.conflicts
            for name in names:
                field = fields.get(name)
                own, old, new = (one.get(name, []) for one in (mine, was, now))
                if field is not None and _plain(old) != _plain(new):
                    kind.append(Difference(field.label, field.said(old), field.said(own), field.said(new)))
        kept = now if typed == before else mine
        merge.fields.extend((name, value) for name in names for value in kept.get(name, []))
    # What `was` does not tell of was in a field that a script made.
    merge.fields.extend(
        (name, value) for name, value in sent if name not in was and name not in now and name != FIELD
    )
    return merge


def _plain(values: Sequence[str]) -> list[str]:
    """Return values as they compare: browsers send other line ends, and the space around them is not kept."""
    return [text for value in values if (text := value.replace("\r\n", "\n").strip())]
