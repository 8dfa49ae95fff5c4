"""Requests made from descriptions: a value for a JSON schema, a body for a subject's Struct, with ids of real records."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import inspect

from core.contracts.ids import Id
from core.values.ids import PREFIXES, encode_id
from deploy.sandbox.demonstration.numbers import siren, siret

Json = Any
Records = Mapping[str, bytes]
"""Kind of an id -> the id of a record that exists."""

# A name of a field says more than its type; these are values that pass every check of their kind.
_BY_NAME: Mapping[str, Json] = {
    "email": "walk@guichet.example",
    "phone": "+33142685300",
    "siren": siren(8_000_001),
    "siret": siret(siren(8_000_001), 1),
    "iban": "FR7630006000011234567890189",
    "bic": "AGRIFRPP",
    "department": "75",
    "postcode": "75001",
    "currency": "EUR",
    "locale": "fr",
    "country": "FR",
    "password": "a walk that nobody takes twice",
    "merchant_category": "5411",
    "service": "pax",
    "list": "transactions",
}
_KIND_OF_NAME = {"assignee": "agent"}
_ID_CHARACTERS = 30
_ID_PATTERN = re.compile(r"\^\(?([a-z|]+)\)?_\[")
_WORDS = "walking out of scope"


def kind_of(name: str) -> str | None:
    """Return the kind of id that a name stands for: `store`, `store_id`, `stores`, `store_ids`."""
    bare = name.rsplit(".", 1)[-1].removesuffix("_ids").removesuffix("_id")
    for candidate in (bare, bare.removesuffix("s"), bare.removesuffix("ies") + "y", _KIND_OF_NAME.get(bare)):
        if candidate in PREFIXES:
            return candidate
    return None


class Sampler:
    """Makes values; `records` are what ids are taken from."""

    def __init__(self, schemas: Mapping[str, Json], records: Records) -> None:
        self._schemas = schemas
        self.records = records

    def typed(self, kind: str) -> str:
        """Return the id of the record of a kind, as it is written on the wire."""
        return encode_id(kind, self.records[kind])

    def value(self, schema: Json, name: str = "", kind: str | None = None) -> Json:
        """Return a value that the schema takes; `kind` is what a plain `id` inside it is an id of."""
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return next(
                (each for each in schema["enum"] if each in self.records and name == "kind"),
                schema["enum"][0],
            )
        named = kind_of(name)
        match schema.get("type"):
            case "object":
                return self._object(schema, named or kind)
            case "array":
                return [
                    self.value(schema.get("items", {}), name, kind)
                    for _ in range(max(1, schema.get("minItems", 1)))
                ]
            case "string" if found := self._of_pattern(schema.get("pattern", ""), named or kind):
                return found
            case "string":
                wanted = kind if name == "id" else named
                if "pattern" in schema or schema.get("maxLength", _ID_CHARACTERS) < _ID_CHARACTERS:
                    wanted = None
                return self.typed(wanted) if wanted and wanted in self.records else _text(schema, name)
            case "integer" | "number":
                return max(1, int(schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)))
            case "boolean":
                return False
        return None

    def _of_pattern(self, pattern: str, kind: str | None) -> str | None:
        """Return the id of a record where a pattern is that of ids: of `kind`, if it may be one."""
        prefixes = _ID_PATTERN.match(pattern)
        if prefixes is None:
            return None
        return next(
            (
                self.typed(each)
                for each in sorted(self.records, key=lambda each: each != kind)
                if PREFIXES[each] in prefixes[1].split("|")
            ),
            None,
        )

    def _object(self, schema: Json, kind: str | None) -> Json:
        properties = schema.get("properties", {})
        required = set(schema.get("required", ())) or set(list(properties)[:1])
        made: dict[str, Json] = {}
        # The kind beside an id says what it is an id of, so it is made first.
        for name in sorted(required & set(properties), key=lambda each: each != "kind"):
            beside = made.get("kind") if made.get("kind") in self.records else kind
            made[name] = self.value(properties[name], name, beside)
        return made

    def _resolved(self, schema: Json) -> Json:
        while True:
            if "$ref" in schema:
                schema = self._schemas[schema["$ref"].rsplit("/", 1)[-1]]
            elif choices := schema.get("oneOf") or schema.get("anyOf"):
                schema = next(each for each in choices if each.get("type") != "null")
            else:
                return schema

    def body(self, kind: type[msgspec.Struct]) -> msgspec.Struct:
        """Return a body of a subject with its required fields, ids of real records in it."""
        return self._struct(inspect.type_info(kind))

    def _struct(self, info: Any) -> Any:
        values: dict[str, Any] = {}
        for field in info.fields:
            if field.required or kind_of(field.name) or field.name == "id":
                values[field.name] = self._of(field.type, field.name, str(values.get("kind")))
        return info.cls(**values)

    def _of(self, info: Any, name: str, beside: str = "") -> Any:
        """Return a value of a type; `beside` is the kind that stands beside it."""
        match info:
            case inspect.Metadata():
                return self._of(info.type, name, beside)
            case inspect.BytesType():
                return self.records.get(kind_of(name) or "", self.records["store"])
            case inspect.StrType():
                bounds = {"minLength": info.min_length, "maxLength": info.max_length}
                return _text({**bounds, "pattern": info.pattern}, name)
            case inspect.IntType() | inspect.FloatType():
                return max(1, int(info.ge or 0))
            case inspect.BoolType():
                return False
            case inspect.DateTimeType():
                return datetime.now(UTC)
            case inspect.DateType():
                return datetime.now(UTC).date()
            case inspect.StructType():
                return self._struct(info)
            case inspect.UnionType():
                return self._of(
                    next(t for t in info.types if not isinstance(t, inspect.NoneType)), name, beside
                )
            case inspect.ListType() | inspect.CollectionType():
                return [self._of(info.item_type, name)]
            case inspect.VarTupleType():
                return (self._of(info.item_type, name),)
            case inspect.DictType():
                return {}
            case inspect.LiteralType():
                return info.values[0]
            case inspect.EnumType():
                return next(iter(info.cls)) if issubclass(info.cls, enum.Enum) else None
            case inspect.CustomType() if issubclass(info.cls, Id):
                kinds = getattr(info.cls, "kinds", (info.cls.kind,))
                return info.cls.read(self.typed(beside if beside in kinds else kinds[0]))
            case inspect.RawType():
                return msgspec.Raw(msgspec.msgpack.encode(None))
        return None


def _text(schema: Json, name: str) -> str:
    bare = name.rsplit(".", 1)[-1]
    if bare in _BY_NAME:
        return _BY_NAME[bare]
    match schema.get("format"):
        case "date":
            return datetime.now(UTC).date().isoformat()
        case "date-time":
            return datetime.now(UTC).isoformat().replace("+00:00", "Z")
        case "uuid":
            return "0192f0a0-0000-7000-8000-000000000000"
    match schema.get("pattern"):
        case "^[A-Z]{3}$":
            return "EUR"
        case str() as pattern if r"\d{4}-\d{2}-\d{2}" in pattern or pattern.startswith("^20[0-9]{2}-"):
            return datetime.now(UTC).date().isoformat()
        case str() as pattern if pattern.startswith(("^[a-z]", "[a-z]")):
            return "walk"
    text = _WORDS
    longest = schema.get("maxLength") or 1_000
    shortest = schema.get("minLength") or 0
    return (text + "." * max(0, shortest - len(text)))[:longest]
