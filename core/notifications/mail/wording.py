"""The words of mail: one file a template in ../templates, beside the layout around them all, read once."""

import functools
from pathlib import Path
from typing import Final

import msgspec

from core.notifications.errors import TemplateUnknown
from core.notifications.mail.model import Template

_FOLDER: Final = Path(__file__).parents[1] / "templates"


@functools.cache
def all_templates() -> dict[str, Template]:
    """Return every template by its name. Raises: msgspec.ValidationError, when a file lacks a part."""
    return {
        file.stem: msgspec.toml.decode(file.read_bytes(), type=Template)
        for file in sorted(_FOLDER.glob("*.toml"))
    }


def template_for(name: str, facts: dict[str, str]) -> Template:
    """Return a template whose every fact is given. Raises: TemplateUnknown."""
    template = all_templates().get(name)
    if template is None:
        raise TemplateUnknown(f"there is no template {name}")
    if set(template.facts) != set(facts):
        raise TemplateUnknown(f"the template {name} takes exactly the facts {', '.join(template.facts)}")
    return template


@functools.cache
def layout() -> str:
    """Return the HTML around every mail."""
    return (_FOLDER / "layout.html").read_text(encoding="utf-8")
