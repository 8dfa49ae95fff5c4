"""The forms of a page as a browser would send them."""

from __future__ import annotations

from html.parser import HTMLParser


class Forms(HTMLParser):
    """Reads action -> fields in order, of each form that is posted."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.of: dict[str, list[tuple[str, str]]] = {}
        self._action = ""
        self._select = ""
        self._options: list[tuple[str, bool]] = []
        self._area = ""
        self._text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a field as a browser does."""
        told = {name: value or "" for name, value in attrs}
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
            self._area, self._text = told["name"], ""

    def handle_data(self, data: str) -> None:
        """Gather the text of a field of several lines."""
        if self._area:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        """Give a field its value."""
        if tag == "form":
            self._action = ""
        if tag == "select" and self._select and self._options:
            chosen = [value for value, selected in self._options if selected] or [self._options[0][0]]
            self._add(self._select, chosen[-1])
        if tag == "select":
            self._select = ""
        if tag == "textarea" and self._area:
            self._add(self._area, self._text.removeprefix("\n"))
            self._area = ""

    def _add(self, name: str, value: str) -> None:
        self.of.setdefault(self._action, []).append((name, value))
