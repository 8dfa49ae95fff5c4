"""The facts of an action in words: names from the catalogue, records as links, amounts as money, yes and no."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from portals.agent.addresses import kind_of, page_of
from portals.kit import formats
from portals.kit.gateway import Json
from portals.kit.i18n import Words

_ID: Final = re.compile(r"[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}")
_TECHNICAL: Final = re.compile(r"[a-z0-9]+(?:[_.][a-z0-9]+)+|[0-9a-f]{32,}|[a-z]{3}_[0-9a-z]{26}")
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]{5})")
_ITEMS_MAX: Final = 12
_ARROW: Final = "→"
# Catalogues in which the value of a fact may have a word, by the fact's name.
_TABLES: Final = {
    "role": ("role",),
    "columns": ("export_column",),
    "permission": ("permission",),
    "permissions": ("permission",),
    "added": ("permission",),
    "removed": ("permission",),
    "steps": ("onboarding_step", "macros.step"),
    "before": ("contract.state",),
    "after": ("contract.state",),
    "method": ("audit_value",),
    "kind": ("service", "audit_value"),
    "team": ("role",),
    "matter": ("matter_kind",),
}


class Fact(NamedTuple):
    """One fact as it is shown. `code` texts are for machines; `href` leads to the record."""

    label: str
    text: str
    href: str = ""
    code: bool = False


def facts_of(words: Words, facts: Json) -> list[Fact]:
    """Return the facts of an action in their order."""
    currency = str(facts.get("currency") or "EUR")
    shown: list[Fact] = []
    for name, value in facts.items():
        if name == "currency" and "amount_minor" in facts:
            continue
        if name.endswith("_minor") and str(value).isdecimal():
            shown.append(Fact(_label(words, name), formats.money(int(value), currency, words.locale)))
        else:
            shown += _shown(words, name, value)
    return shown


def _shown(words: Words, name: str, value: Any) -> Iterator[Fact]:
    label = _label(words, name)
    match value:
        case _ if value in (None, "", [], {}):
            return
        case bool():
            yield Fact(label, words("audit_value.yes" if value else "audit_value.no"))
        case int():
            yield Fact(label, formats.integer(value, words.locale))
        case dict() if name == "changes":
            for inner, (before, after) in value.items():
                yield Fact(
                    f"{label} · {_label(words, inner)}",
                    change_of(words, inner, f"{before or '–'} {_ARROW} {after or '–'}"),
                )
        case dict():
            for inner, one in value.items():
                # In a filter "from" and "to" are bounds; elsewhere they are before and after.
                told = f"filter_{inner}" if name == "filter" and inner in ("from", "to") else inner
                for fact in _shown(words, told, one):
                    yield fact._replace(label=f"{label} · {fact.label}")
        case list():
            texts = [_text(words, name, str(one)) for one in value[:_ITEMS_MAX]]
            more = f" (+{len(value) - _ITEMS_MAX})" if len(value) > _ITEMS_MAX else ""
            yield Fact(label, ", ".join(texts) + more, code=any(_TECHNICAL.fullmatch(one) for one in texts))
        case _:
            yield _of_text(words, name, str(value))


def _of_text(words: Words, name: str, value: str) -> Fact:
    if value in ("true", "false"):
        # A journal's facts are texts.
        return Fact(_label(words, name), words("audit_value.yes" if value == "true" else "audit_value.no"))
    if _ID.fullmatch(value) and (kind := kind_of(value)):
        return Fact(_label(words, name), words(f"target_kind.{kind}"), page_of(kind, value))
    text = _text(words, name, value)
    return Fact(_label(words, name), text, code=_TECHNICAL.fullmatch(text) is not None)


def change_of(words: Words, name: str, value: str) -> str:
    """Return "before → after" of one field with both in words."""
    return f" {_ARROW} ".join(_text(words, name, part) for part in value.split(f" {_ARROW} "))


def _text(words: Words, name: str, value: str) -> str:
    if f" {_ARROW} " in value:
        return change_of(words, name, value)
    if value in ("yes", "no"):
        return words(f"audit_value.{value}")
    if word := words.get(f"option_value.{name}.{value}", ""):
        return word
    if name == "factor":
        parts = value.split(" and ")
        return " + ".join(words.get(f"audit_value.{part.replace(' ', '_')}", part) for part in parts)
    for table in _TABLES.get(name, ()):
        if word := words.get(f"{table}.{value}", ""):
            return word
    return _day(words, value) or _moment(words, value) or value


def _moment(words: Words, value: str) -> str:
    try:
        moment = datetime.fromisoformat(value) if _MOMENT.match(value) else None
    except ValueError:
        return ""
    return formats.exact(moment, words.locale) if moment else ""


def _day(words: Words, value: str) -> str:
    try:
        day = date.fromisoformat(value) if len(value) == 10 else None
    except ValueError:
        return ""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=formats.PARIS) if day else None
    return formats.day(noon, words.locale) if noon else ""


def _label(words: Words, name: str) -> str:
    for table in ("action_fact", "merchant_field", "option", "assign", "services", "field"):
        if word := words.get(f"{table}.{name}", ""):
            return word
    return name.replace("_", " ")
