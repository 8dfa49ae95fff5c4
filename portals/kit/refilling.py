"""A page of ours with a form filled again: what was typed is written into the fields that it was typed in."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urlsplit

Fields = Sequence[tuple[str, str]]

# Made for each page, or never to be shown again.
FRESH = frozenset({"csrf", "page_of"})
_NEVER_FILLED = frozenset({"password", "file", "submit", "image", "button", "reset"})
# Those of the page that the form was typed on: with newer ones a save would pass over a colleague's change unseen,
# and what may have been done already would be done twice.
_OF_THE_TYPED = frozenset({"revision", "idempotency_key", "was"})
_VOID = frozenset({"input", "br", "hr", "img", "meta", "link", "use", "rect", "path", "circle"})

Attributes = list[tuple[str, str | None]]


class _Form(NamedTuple):
    number: int
    actions: set[str]  # of the form and of its buttons
    hidden: dict[str, str]
    names: set[str]
    details: tuple[int, ...]


def refill(
    page: str, *, address: str, action: str, fields: Fields, notice: str = "", as_of_then: bool = False
) -> str | None:
    """Return the page with the form of `action` filled and `notice` (HTML) before it, None when it has no such form.

    `address` is where the page stands, for a form that names no action. Passwords and files are never filled.
    `as_of_then` brings back the revision and the key of the form that was sent; a page that refuses has given new ones.
    """
    reader = _Reader(address)
    reader.feed(page)
    reader.close()
    form = _form_of(reader.forms, action, dict(fields))
    if form is None:
        return None
    writer = _Writer(form, fields, notice, as_of_then=as_of_then)
    writer.feed(page)
    writer.close()
    return "".join(writer.parts)


def number_of(page: str, *, address: str, action: str, fields: Fields) -> int | None:
    """Return which of the forms of a page these fields came from."""
    reader = _Reader(address)
    reader.feed(page)
    reader.close()
    form = _form_of(reader.forms, action, dict(fields))
    return None if form is None else form.number


def _form_of(forms: Sequence[_Form], action: str, typed: dict[str, str]) -> _Form | None:
    """Return the form that these fields came from: of several with one action, what is hidden tells them apart."""
    # What is sent stands in the form that it came from; one of another act on the same address lacks a field of it.
    sent = {name for name in typed if not _moves(name)}
    possible = [form for form in forms if action in form.actions and sent and sent <= form.names]
    fitting = [form for form in possible if all(typed.get(name, "") == value for name, value in _fixed(form))]
    if not fitting:
        return possible[0] if len(possible) == 1 else None
    # A form that hides nothing fits whatever was sent: the one that says most of it is meant.
    return max(fitting, key=lambda form: len(_fixed(form)))


def _fixed(form: _Form) -> list[tuple[str, str]]:
    """Return the hidden fields that tell a form from others of one action."""
    return [(name, value) for name, value in form.hidden.items() if not _moves(name)]


def _moves(name: str) -> bool:
    """Whether a hidden field is another one each time the page is made."""
    return name in FRESH or name in _OF_THE_TYPED


class _Reader(HTMLParser):
    """Finds the forms of a page that are posted, and what they are folded into."""

    def __init__(self, address: str) -> None:
        super().__init__(convert_charrefs=False)
        self._address = address
        self.forms: list[_Form] = []
        self._count = -1
        self._details: list[int] = []
        self._details_count = -1
        self._open: _Form | None = None

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """Note a form, a field of it, or a fold around it."""
        told = dict(attrs)
        match tag:
            case "details":
                self._details_count += 1
                self._details.append(self._details_count)
            case "form":
                self._count += 1
                posted = (told.get("method") or "").lower() == "post"
                action = path_of(told.get("action") or self._address)
                self._open = _Form(self._count, {action}, {}, set(), tuple(self._details)) if posted else None
            case "input" | "select" | "textarea" if self._open is not None and told.get("name"):
                name = told["name"] or ""
                self._open.names.add(name)
                if tag == "input" and told.get("type") == "hidden":
                    self._open.hidden[name] = told.get("value") or ""
            case "button" if self._open is not None:
                self._open.names.add(told.get("name") or "")
                if told.get("formaction"):
                    self._open.actions.add(path_of(told["formaction"] or ""))
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a form or a fold."""
        if tag == "details" and self._details:
            self._details.pop()
        if tag == "form" and self._open is not None:
            self.forms.append(self._open)
            self._open = None


class _Writer(HTMLParser):
    """Writes the page again, with the one form filled and everything that folds it open."""

    def __init__(self, form: _Form, fields: Fields, notice: str, *, as_of_then: bool) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._form = form
        self._notice = notice
        self._as_of_then = as_of_then
        self._values: dict[str, list[str]] = {}
        for name, value in fields:
            self._values.setdefault(name, []).append(value)
        self._count = -1
        self._details_count = -1
        self._inside = False
        self._select = ""
        self._in_textarea = False

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """Write a tag, with what was typed where it is a field of the form."""
        raw = self.get_starttag_text() or ""
        match tag:
            case "details":
                self._details_count += 1
                if self._details_count in self._form.details and "open" not in dict(attrs):
                    raw = f"{raw[:-1]} open>"
            case "form":
                self._count += 1
                self._inside = self._count == self._form.number
                if self._inside:
                    raw = self._notice + raw
            case "input" if self._inside:
                raw = self._filled(dict(attrs), raw)
            case "select" if self._inside:
                self._select = dict(attrs).get("name") or ""
            case "option" if self._select in self._values:
                told = {name: value for name, value in attrs if name != "selected"}
                if (told.get("value") or "") in self._values[self._select]:
                    told["selected"] = None
                raw = _tag("option", told)
            case "textarea" if self._inside:
                raw += self._typed_text(dict(attrs).get("name") or "")
            case _:
                pass
        self.parts.append(raw)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        """Write a tag that closes itself as any other."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Write the end of a tag."""
        if tag == "form":
            self._inside = False
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._in_textarea = False
        if tag not in _VOID:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Write text, but for what a field held before."""
        if not self._in_textarea:
            self.parts.append(data)

    def handle_entityref(self, name: str) -> None:
        """Write a named character as it stands."""
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """Write a numbered character as it stands."""
        self.handle_data(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        """Write the document type."""
        self.parts.append(f"<!{decl}>")

    def _typed_text(self, name: str) -> str:
        if not self._values.get(name):
            return ""
        self._in_textarea = True
        # A line break right after the tag is not part of the text.
        return "\n" + escape(self._values[name].pop(0))

    def _filled(self, told: dict[str, str | None], raw: str) -> str:
        name, kind = told.get("name") or "", (told.get("type") or "text").lower()
        if not name or name in FRESH or kind in _NEVER_FILLED:
            return raw
        if kind in ("checkbox", "radio"):
            checked = (told.get("value") or "on") in self._values.get(name, ())
            told.pop("checked", None)
            return _tag("input", {**told, "checked": None} if checked else told)
        if not self._values.get(name) or (kind == "hidden" and not (self._as_of_then and _moves(name))):
            return raw
        return _tag("input", {**told, "value": self._values[name].pop(0)})


def path_of(address: str) -> str:
    """Return path and query of an address."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _tag(name: str, attributes: dict[str, str | None]) -> str:
    told = "".join(
        f" {key}" if value is None else f' {key}="{escape(value)}"' for key, value in attributes.items()
    )
    return f"<{name}{told}>"
