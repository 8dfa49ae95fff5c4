"""What stood in a form when its page was made, and what is left of a colleague's change when the form is saved late.

Each form that carries a token against stale edits also carries, in the hidden field `was`, what its fields held. A save
that comes too late is shown again from the newest record: fields that this person did not touch show the colleague's
change, those that only this person touched keep what was typed, and those that both touched are set side by side.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from html.parser import HTMLParser
from typing import Final, NamedTuple

import msgspec

FIELD: Final = "was"
REVISION: Final = "revision"
_FORM: Final = re.compile(r"<form\b.*?</form>", re.DOTALL)
# A form without a token asks for `was` by an empty one.
_CARRIES: Final = re.compile(r'<input type="hidden"[^>]* name="revision"|name="was" value=""')
_ASKED: Final = '<input type="hidden" name="was" value="">'
_NOT_TYPED: Final = frozenset({"hidden", "password", "file", "submit", "image", "button", "reset"})
# The columns of a numbered row, and the places of a numbered list, mean something only together.
_ROW: Final = re.compile(r"([a-z_]*\d+)\.|([a-z]+)_\d+$")

Values = dict[str, list[str]]
Fields = Sequence[tuple[str, str]]


class Field(NamedTuple):
    """A field of a form, as people read it."""

    values: list[str]
    label: str
    choices: dict[str, str]

    def said(self, values: Sequence[str]) -> str:
        """Return values in the words of the field."""
        return ", ".join(self.choices.get(value, value) for value in values if value) or "–"


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


def with_originals(page: str, sent: Fields, *, late: bool) -> str:
    """Return the page with `was` in each form that has a token against stale edits.

    `sent` are the fields of the request that is answered: a form that is shown again of the same revision keeps the
    `was` that it was sent with, because what stands in its fields is what was typed. `late`: the page answers a save
    that came too late, so a form without a token holds the newest record.
    """
    if not _CARRIES.search(page):
        return page
    told = dict(sent)
    return _FORM.sub(lambda form: _with_was(form[0], told, late=late), page)


def _with_was(form: str, told: Mapping[str, str], *, late: bool) -> str:
    if not _CARRIES.search(form):
        return form
    reader = _read(form)
    was: Values = {name: field.values for name, field in reader.fields.items()}
    before = originals(told.get(FIELD, ""))
    same = not late if reader.token is None else told.get(REVISION) == reader.token
    if same and before.keys() & was.keys():
        was |= before
    text = escape(msgspec.json.encode(was).decode())
    return form.replace(_ASKED, "").replace(
        "</form>", f'<input type="hidden" name="{FIELD}" value="{text}"></form>'
    )


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


def merged(page: str, number: int, sent: Fields) -> Merge | None:
    """Return the form of a late save, None when the form is of the same record as the one sent."""
    forms = _FORM.findall(page)
    if number >= len(forms):
        return None
    reader = _read(forms[number])
    told = dict(sent)
    was, now = originals(told.get(FIELD, "")), originals(reader.was)
    fresh = reader.token is None or told.get(REVISION) != reader.token
    if not was or not now or not fresh:
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
                field = reader.fields.get(name)
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


def _read(form: str) -> _FormReader:
    reader = _FormReader()
    reader.feed(form)
    reader.close()
    return reader


class _FormReader(HTMLParser):
    """Reads what stands in the fields of one form, and what they are called."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.token: str | None = None
        self.was = ""
        self._found: dict[str, Field] = {}
        self._ids: dict[str, str] = {}  # field -> its id
        self._labels: dict[str, str] = {}  # id -> words
        self._label_of: str | None = None
        self._legend = ""
        self._within: list[str] = []  # fields inside the open label
        self._text: list[str] | None = None
        self._select = ""
        self._option: tuple[str, bool] | None = None
        self._area = ""

    @property
    def fields(self) -> dict[str, Field]:
        """The fields that a person fills, in order, each with its label."""
        return {
            name: field._replace(label=field.label or self._labels.get(self._ids.get(name, ""), ""))
            for name, field in self._found.items()
        }

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a field, a label or a choice."""
        told = {name: value or "" for name, value in attrs}
        name, kind = told.get("name", ""), told.get("type", "text").lower()
        match tag:
            case "label":
                self._label_of, self._within, self._text = told.get("for"), [], []
            case "legend":
                self._text = []
            case "input" if kind == "hidden" and name == REVISION:
                self.token = told.get("value", "")
            case "input" if kind == "hidden" and name == FIELD:
                self.was = told.get("value", "")
            case "input" if name and kind in ("checkbox", "radio"):
                self._field(name, told)
                value = told.get("value", "on")
                self._found[name].choices.setdefault(value, told.get("aria-label", ""))
                if "checked" in told:
                    self._found[name].values.append(value)
            case "input" if name and kind not in _NOT_TYPED:
                self._field(name, told)
                self._found[name].values.append(told.get("value", ""))
            case "select" if name:
                self._field(name, told)
                self._select = name
            case "option" if self._select:
                self._option, self._text = (told.get("value", ""), "selected" in told), []
            case "textarea" if name:
                self._field(name, told)
                self._area, self._text = name, []
            case _:
                pass

    def handle_data(self, data: str) -> None:
        """Gather the words of a label, a choice or a longer field."""
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Give the words to what they belong to."""
        text = "".join(self._text or ())
        words = " ".join(text.split()).rstrip(" *")
        match tag:
            case "option" if self._option is not None:
                value, selected = self._option
                field = self._found[self._select]
                field.choices[value] = words
                if selected:
                    field.values[:] = [value]
                self._option = self._text = None
            case "select" if self._select:
                field = self._found[self._select]
                if not field.values and field.choices:
                    # A browser chooses the first.
                    field.values.append(next(iter(field.choices)))
                self._select = ""
            case "textarea" if self._area:
                self._found[self._area].values.append(text.removeprefix("\n"))
                self._area, self._text = "", None
            case "legend":
                self._legend, self._text = words, None
            case "label":
                if self._label_of:
                    self._labels[self._label_of] = words
                for name in self._within:
                    for value in self._found[name].choices:
                        self._found[name].choices[value] = self._found[name].choices[value] or words
                    self._found[name] = self._found[name]._replace(label=self._found[name].label or words)
                self._label_of, self._within, self._text = None, [], None
            case _:
                pass

    def _field(self, name: str, told: Mapping[str, str]) -> None:
        if name not in self._found:
            self._found[name] = Field([], told.get("aria-label", "") if not told.get("id") else "", {})
        self._ids.setdefault(name, told.get("id", ""))
        if self._label_of is None and self._text is not None:
            self._within.append(name)
        if self._legend and not self._found[name].label and not told.get("id"):
            self._found[name] = self._found[name]._replace(label=self._legend)
