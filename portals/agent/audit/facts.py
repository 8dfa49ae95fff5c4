"""The facts of an action in words: names from the catalogue, records by theirs, amounts as money, yes and no."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from portals.agent.addresses import kind_of, page_of
from portals.kit import formats
from portals.kit.gateway import Json
from portals.kit.i18n import Words

_ID: Final = re.compile(r"[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}")
_TECHNICAL: Final = re.compile(r"[a-z0-9]+(?:[_.][a-z0-9]+)+|[0-9a-f]{32,}")
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]{5})")
_CODE_LIST: Final = re.compile(r"[a-z][a-z0-9_]*(?:,[a-z][a-z0-9_]*)*")
_ITEMS_MAX: Final = 12
_CUT_AT_CHARACTERS: Final = 500  # where a journal cuts a fact
_ARROW: Final = "→"
_DOCUMENT: Final = "doc_"
_MONEY: Final = ("contactless_max", "amount_min", "amount_max")
"""Amounts whose names do not say that they are in minor units."""
_CODED: Final = frozenset({"role", "team", "type", "status", "statuses", "code"})
"""Facts that hold a code of the institution's own, which the API names."""
TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "added": ("permission.",),
    "after": ("contract.state.",),
    "before": ("contract.state.",),
    "brands": ("brand.",),
    "code": ("reason.", "audit_denial.", "contact_channel."),
    "columns": ("export_column.",),
    "connectivity": ("option_value.connectivity.", "connectivity."),
    "contact_channel": ("contact_channel.",),
    "dialect": ("dialect.",),
    "document": ("document.",),
    "door": ("action_operation.",),
    "filter.brand": ("brand.",),
    "filter.figure": ("counter.",),
    "filter.kind": ("kind.",),
    "filter.reason": ("reason.",),
    "filter.state": ("state.transaction.",),
    "format": ("audit_value.",),
    "kind": ("service.", "audit_value."),
    "limit": ("audit_limit.",),
    "list": ("nav.",),
    "matter": ("matter_kind.",),
    "method": ("audit_value.",),
    "permission": ("permission.",),
    "permissions": ("permission.",),
    "priority": ("requests.priority_",),
    "regions": ("region.",),
    "removed": ("permission.",),
    "role": ("role.", "contact_role."),
    "service": ("service.",),
    "services": ("service.",),
    "status": ("audit_value.",),
    "steps": ("onboarding_step.", "macros.step.", "macros.outcome."),
    "team": ("role.",),
    "template": ("mail.template.",),
    "terms.kind": ("alerts.kind_",),
    "terms.per": ("rules.per_",),
    "time_zone": ("time_zone.",),
    "webhook_kind": ("webhook_kind.",),
    "webhook_kinds": ("webhook_kind.",),
}
"""Where in the catalogues the value of a fact may have its word, by the fact's name."""
_LABELS: Final = ("action_fact.", "merchant_field.", "option.", "assign.", "services.", "field.")
_INNER: Final = frozenset({"filter", "terms"})
"""Facts with facts of their own, whose names mean something else there."""


class Fact(NamedTuple):
    """One fact as it is shown. `code` texts are for machines; `href` leads to the record."""

    label: str
    text: str
    href: str = ""
    code: bool = False


def facts_of(
    words: Words, facts: Json, names: Mapping[str, str] | None = None, closed: Collection[str] = ()
) -> list[Fact]:
    """Return the facts of an action in their order; `names` is what the API calls what they mention.

    `closed` are records that the reader may not open, or that are gone.
    """
    told = _Teller(words, names or {}, str(facts.get("currency") or "EUR"), closed)
    has_amount = any(name.endswith("_minor") for name in facts)
    return [
        fact
        for name, value in facts.items()
        if not (name == "currency" and has_amount)
        for fact in told.shown(name, value)
    ]


def facts_of_texts(words: Words, texts: Mapping[str, str], closed: Collection[str] = ()) -> list[Fact]:
    """Return the facts of a journal, whose API tells each as a text: what has parts as JSON, cut where it is long."""
    return facts_of(words, {name: _with_parts(text) for name, text in texts.items()}, None, closed)


def change_of(words: Words, name: str, value: str) -> str:
    """Return "before → after" of one field with both in words."""
    return _Teller(words, {}, "EUR").change(name, value)


def label_of(words: Words, target: Json) -> str:
    """Return what the target of an action is called; of a service the kind in words."""
    label = str(target["label"] or "")
    return _with_service(words, label) if target["kind"] == "service" else label


class _Teller:
    """Tells the facts of one action."""

    def __init__(
        self, words: Words, names: Mapping[str, str], currency: str, closed: Collection[str] = ()
    ) -> None:
        self._words = words
        self._names = names
        self._currency = currency
        self._closed = closed

    def shown(self, name: str, value: Any, within: str = "") -> Iterator[Fact]:
        """Yield a fact, or those in it."""
        label = self._label(name, within)
        match value:
            case _ if value in (None, "", [], {}):
                return
            case bool():
                yield Fact(label, self._words("audit_value.yes" if value else "audit_value.no"))
            case int() if name.endswith("_minor"):
                yield Fact(label, formats.money(value, self._currency, self._words.locale))
            case int():
                yield Fact(label, formats.integer(value, self._words.locale))
            case dict() if name == "changes":
                for inner, (before, after) in value.items():
                    text = self.change(inner, f"{before or '–'} {_ARROW} {after or '–'}")
                    yield Fact(f"{label} · {self._label(inner, '')}", text)
            case dict():
                for inner, one in value.items():
                    for fact in self.shown(inner, one, name if name in _INNER else within):
                        yield fact._replace(label=f"{label} · {fact.label}")
            case list():
                yield from self._of_list(label, name, [str(one) for one in value], within)
            case _:
                yield from self._of_text(label, name, str(value), within)

    def change(self, name: str, value: str) -> str:
        """Return "before → after" with both in words."""
        return f" {_ARROW} ".join(self._text(name, part, "") for part in value.split(f" {_ARROW} "))

    def _of_list(self, label: str, name: str, values: list[str], within: str) -> Iterator[Fact]:
        more = f" (+{len(values) - _ITEMS_MAX})" if len(values) > _ITEMS_MAX else ""
        if all(_ID.fullmatch(one) for one in values):
            for place, one in enumerate(values[:_ITEMS_MAX], 1):
                for fact in self._of_record(label, one):
                    yield fact._replace(text=fact.text + (more if place == _ITEMS_MAX else ""))
            return
        texts = [self._text(name, one, within) for one in values[:_ITEMS_MAX]]
        yield Fact(label, ", ".join(texts) + more)

    def _of_text(self, label: str, name: str, value: str, within: str) -> Iterator[Fact]:
        if value in ("true", "false"):
            # A journal's facts are texts.
            yield Fact(label, self._words("audit_value.yes" if value == "true" else "audit_value.no"))
        elif _ID.fullmatch(value):
            yield from self._of_record(label, value)
        elif name == "door" and not self._words.get(f"action_operation.{value}", ""):
            # A call of another version; the permission that it lacked stands beside.
            return
        else:
            text = self._text(name, value, within)
            yield Fact(label, text, code=_TECHNICAL.fullmatch(text) is not None)

    def _of_record(self, label: str, record_id: str) -> Iterator[Fact]:
        """Yield a record by its name. What has neither page nor name says nothing: the facts beside it do."""
        kind, name = kind_of(record_id), self._names.get(record_id, "")
        if kind:
            text = _with_service(self._words, name) if kind == "service" else name
            page = "" if record_id in self._closed else page_of(kind, record_id)
            yield Fact(label, text or self._words(f"target_kind.{kind}"), page)
        elif name and record_id.startswith(_DOCUMENT):
            yield Fact(label, name)

    def _text(self, name: str, value: str, within: str) -> str:
        if f" {_ARROW} " in value:
            return self.change(name, value)
        if value in ("yes", "no"):
            return self._words(f"audit_value.{value}")
        if _is_money(name) and value.isdecimal():
            return formats.money(int(value), self._currency, self._words.locale)
        if name in _CODED and (known := self._names.get(value)):
            return known
        if name == "factor":
            parts = value.split(" and ")
            return " + ".join(
                self._words.get(f"audit_value.{part.replace(' ', '_')}", part) for part in parts
            )
        if name == "from" and not within:
            value = _with_service(self._words, value)
        return (
            self._coded(name, value, within)
            or _day(self._words, value)
            or _moment(self._words, value)
            or value
        )

    def _coded(self, name: str, value: str, within: str) -> str:
        """Return the word of a code, or of several with commas between; empty where one has none."""
        if word := self._words.get(f"option_value.{name}.{value}", ""):
            return word
        if name == "statuses":
            return ", ".join(self._names.get(one, one) for one in value.split(","))
        if name == "steps" and ": " in value:
            step, outcome = value.split(": ", 1)
            return f"{self._word(name, step) or step} ({self._word(name, outcome) or outcome})"
        full = f"{within}.{name}" if within in _INNER else name
        parts = value.split(",") if _CODE_LIST.fullmatch(value) else [value]
        found = [self._word(full, part) for part in parts]
        return ", ".join(found) if all(found) else ""

    def _word(self, name: str, code: str) -> str:
        for table in TABLES.get(name) or TABLES.get(name.rpartition(".")[2], ()):
            if word := self._words.get(table + code, ""):
                return word
        return ""

    def _label(self, name: str, within: str) -> str:
        # In a filter "from" and "to" are bounds; elsewhere they are before and after.
        inner = (f"action_fact.{within}_",) if within in _INNER else ()
        for table in (*inner, *_LABELS):
            if word := self._words.get(table + name, ""):
                return word
        return name.replace("_", " ")


def _with_parts(text: str) -> Any:
    if not text.startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        # Somebody's own words, or what is cut in the middle and that the audit has whole.
        return text if len(text) < _CUT_AT_CHARACTERS else "…"


def _is_money(name: str) -> bool:
    return name.endswith("_minor") or name in _MONEY


def _with_service(words: Words, value: str) -> str:
    """Return "store · pax" with the service in words."""
    place, mark, service = value.rpartition(" · ")
    word = words.get(f"service.{service}", "") if mark else ""
    return f"{place} · {word}" if word else value


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
