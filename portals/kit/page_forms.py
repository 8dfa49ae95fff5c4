"""The forms of one page as its templates draw them: the one that was sent with what was typed, all others as given.

A form is named by the path it is sent to, or by the hidden field `form_name` where several of a page share one. Fields
ask here what stands in them. The form that was sent says what is wrong with it, and whatever it is folded into is open.
A save that came too late is merged with what a colleague saved meanwhile (`portals/kit/originals.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec
from markupsafe import Markup

from portals.kit.originals import FIELD, REVISION, Field, Merge, Values, merged, originals

How = Literal["refused", "late", "kept"]
"""Why a form is shown again: it was refused, or came after a colleague's, or was kept while it could not be taken."""


class DrawnForm(NamedTuple):
    """A form as its frame is written around it."""

    body: Markup
    was: str
    how: How | None
    errors: Mapping[str, str]
    fields: Mapping[str, Field]
    merge: Merge | None
    sent: Mapping[str, str]

    def again(self, name: str, given: object) -> object:
        """Return a token of the page that the form was typed on where it comes back as it was, else the given one.

        With a newer revision a save would pass over a colleague's change unseen; with another key, what may have been
        done already would be done twice.
        """
        return self.sent.get(name) or given if self.how == "kept" else given

    def field(self, error: str) -> Field | None:
        """Return the field that an error stands at."""
        return next((one for one in self.fields.values() if one.error == error), self.fields.get(error))


class _Open:
    """The form that is being drawn: its fields as given, and the values that stand in them instead."""

    def __init__(self, values: Sequence[tuple[str, str]] | None) -> None:
        self.fields: dict[str, Field] = {}
        self.values: Values | None = None if values is None else {}
        for name, value in values or ():
            if self.values is not None:
                self.values.setdefault(name, []).append(value)

    def field(self, name: str, label: object, error: str, element: str) -> Field:
        """Return what is noted of a field, in the order of the page."""
        if name not in self.fields:
            self.fields[name] = Field([], str(label), {}, error or name, element or f"f-{name}")
        return self.fields[name]


class PageForms:
    """What templates ask while they draw the forms of a page."""

    def __init__(
        self,
        name: str = "",
        sent: Sequence[tuple[str, str]] = (),
        how: How | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> None:
        self._name = name
        self._sent = sent
        self.how: How | None = how
        self.errors = errors or {}
        self.shown = False  # the form that was sent stands on the page
        self.opened = ""  # the act that stands open
        self._open: _Open | None = None
        self._says = False  # the errors are those of the form that is drawn

    def open(self, act: str) -> str:
        """Note that an act stands open for its form, so that the menu around it does too."""
        self.opened = act
        return ""

    def draw(
        self, name: str, body: Callable[[], Markup], *, tokens: bool, revision: object, judged: bool = False
    ) -> DrawnForm:
        """Return a form with what stands in it.

        `tokens`: it remembers what its fields held, against stale edits. `judged`: where no form was sent, the errors of
        the page are those of this one.
        """
        is_sent = self.how is not None and name == self._name
        shown_as: How | None = self.how if is_sent else None
        merge = None
        self._says = is_sent or (judged and self.how is None)
        drawn = self._fill(body, self._sent if is_sent else None)
        fields = self._fields()
        told = dict(self._sent) if is_sent else {}
        before = originals(told.get(FIELD, ""))
        was = {each: field.values for each, field in fields.items()}
        same = told.get(REVISION) == str(revision) if revision else self.how != "late"
        if is_sent and self.how == "late" and not (revision and same):
            merge = merged(fields, self._sent)
        if merge is not None:
            drawn = self._fill(body, merge.fields)
        if same and before.keys() & was.keys():
            was |= before
        if is_sent:
            self.shown = True
        errors = self.errors if self._says else {}
        self._open, self._says = None, False
        return DrawnForm(
            drawn,
            msgspec.json.encode(was).decode() if tokens else "",
            shown_as,
            errors,
            fields,
            merge,
            told,
        )

    def text(
        self,
        name: str,
        given: object = "",
        label: object = "",
        error: str = "",
        element: str = "",
        show: Callable[[str], str] | None = None,
    ) -> str:
        """Return the value of a field in which one types."""
        value = "" if given is None else str(given)
        if self._open is None:
            return value
        field = self._open.field(name, label, error, element)
        field.values.append(value)
        self._open.fields[name] = field._replace(show=show or str)
        typed = self._open.values.get(name) if self._open.values is not None else None
        return typed.pop(0) if typed else value

    def chosen(
        self,
        name: str,
        value: object,
        given: object,
        word: object = "",
        label: object = "",
        error: str = "",
        element: str = "",
    ) -> str:
        """Return ` selected` for the option of a field that is chosen."""
        is_chosen = bool(given)
        if self._open is not None:
            field = self._open.field(name, label, error, element)
            # A browser chooses the first where none is.
            if is_chosen or not field.choices:
                field.values[:] = [str(value)]
            field.choices[str(value)] = str(word)
            if self._open.values is not None and name in self._open.values:
                is_chosen = str(value) in self._open.values[name]
        return " selected" if is_chosen else ""

    def ticked(
        self, name: str, given: object, word: object = "", value: object = "1", label: object = ""
    ) -> str:
        """Return ` checked` for a box that is ticked; `label` is that of several boxes under one name."""
        is_ticked = bool(given)
        if self._open is not None:
            field = self._open.field(name, label or word, "", "")
            field.choices[str(value)] = str(word)
            if is_ticked:
                field.values.append(str(value))
            if self._open.values is not None:
                is_ticked = str(value) in self._open.values.get(name, ())
        return " checked" if is_ticked else ""

    def wrong(self, *errors: str) -> str:
        """Return what is wrong with a field of the form that is being drawn, by what its error may be called."""
        found = [self.errors[each] for each in errors if each in self.errors] if self._says else []
        return found[0] if found else ""

    def _fill(self, body: Callable[[], Markup], values: Sequence[tuple[str, str]] | None) -> Markup:
        self._open = _Open(values)
        return body()

    def _fields(self) -> dict[str, Field]:
        return self._open.fields if self._open is not None else {}
