"""The forms of a page as a browser would send them."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

_TAG: Final = re.compile(
    r"""<!--.*?-->|<(?P<raw>script|style)\b.*?</(?P=raw)\s*>"""
    r"""|<(?P<ends>/?)(?P<tag>form|input|select|option|textarea)\b(?P<told>(?:[^>"']|"[^"]*"|'[^']*')*)>""",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE: Final = re.compile(r"""([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")


class Forms:
    """Reads action -> fields in order, of each form that is posted.

    Only the tags of forms are looked at: thousands of pages are read so, and a parser of all HTML takes as long as it takes to
    make the pages.
    """

    def __init__(self, page: str) -> None:
        self.of: dict[str, list[tuple[str, str]]] = {}
        self._action = ""
        self._select = ""
        self._options: list[tuple[str, bool]] = []
        self._area = ""
        text_from = 0
        for found in _TAG.finditer(page):
            tag = (found["tag"] or "").lower()
            if tag and found["ends"]:
                self._end(tag, unescape(page[text_from : found.start()]))
            elif tag:
                self._start(tag, _attributes(found["told"]))
                text_from = found.end()

    def _start(self, tag: str, told: dict[str, str]) -> None:
        """Take a field as a browser does."""
        if tag == "form":
            self._action = told.get("action", "") if told.get("method") == "post" else ""
        elif tag == "option" and self._select:
            self._options.append((told.get("value", ""), "selected" in told))
        elif not self._action or not told.get("name"):
            return
        elif tag == "input":
            kind = told.get("type", "text")
            if kind in ("submit", "file") or (kind in ("checkbox", "radio") and "checked" not in told):
                return
            self._add(told["name"], told.get("value", "on" if kind == "checkbox" else ""))
        elif tag == "select":
            self._select, self._options = told["name"], []
        elif tag == "textarea":
            self._area = told["name"]

    def _end(self, tag: str, text: str) -> None:
        """Give a field its value; `text`: what stands since the last tag of a form that began."""
        if tag == "form":
            self._action = ""
        if tag == "select" and self._select and self._options:
            chosen = [value for value, selected in self._options if selected] or [self._options[0][0]]
            self._add(self._select, chosen[-1])
        if tag == "select":
            self._select = ""
        if tag == "textarea" and self._area:
            self._add(self._area, text.removeprefix("\n"))
            self._area = ""

    def _add(self, name: str, value: str) -> None:
        self.of.setdefault(self._action, []).append((name, value))


def _attributes(told: str) -> dict[str, str]:
    return {
        name.lower(): unescape(double or single or bare)
        for name, double, single, bare in _ATTRIBUTE.findall(told)
    }
