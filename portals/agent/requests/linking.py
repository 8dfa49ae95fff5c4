"""What a new request is about: found by the search and chosen by a button, so that nobody types an id."""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

from portals.kit.gateway import Json
from portals.kit.records import beside, path_part
from portals.kit.visit import Visit

KINDS: Final = ("company", "store", "terminal", "transaction", "contract")
QUERY_CHARACTERS_MAX: Final = 100
_PER_KIND: Final = 5
_WHERE: Final = {
    "company": ("companies", "legal_name"),
    "store": ("stores", "name"),
    "terminal": ("terminals", "terminal"),
    "transaction": ("transactions", "rrn"),
    "contract": ("contracts", "number"),
}


class Link(NamedTuple):
    """One thing that the request is about."""

    kind: str
    id: str
    name: str


def is_linking(fields: dict[str, str]) -> bool:
    """Return whether the form asks to find, choose or take out something, and not yet to be written.

    Words that were typed and lead nowhere yet count: the request would be written without what was meant.
    """
    return bool(
        fields.get("link")
        or fields.get("unlink")
        or fields.get("go") == "find"
        or fields.get("about_query", "").strip()
    )


def linked(fields: dict[str, str]) -> dict[str, str]:
    """Return the form with what was chosen in it, and without what was taken out."""
    form = dict(fields)
    kind, _, chosen = form.pop("link", "").partition(":")
    if kind in KINDS:
        form[kind] = chosen[:40]
        form["about_query"] = ""
    form.pop(form.pop("unlink", ""), None)
    return form


async def named(visit: Visit, form: dict[str, str]) -> list[Link]:
    """Return what the form is linked to, by name; an id alone where the agent does not see it."""
    kinds = [kind for kind in KINDS if form.get(kind, "").strip()]
    records = await asyncio.gather(
        *(beside(visit, f"/v1/{_WHERE[kind][0]}/{path_part(form[kind].strip())}") for kind in kinds)
    )
    return [
        Link(kind, form[kind].strip(), str(record.get(_WHERE[kind][1]) or form[kind]))
        for kind, record in zip(kinds, records, strict=True)
    ]


async def find(visit: Visit, words: str) -> list[Json]:
    """Return what the search finds of the kinds that a request can be about."""
    found = await visit.gateway.get("/v1/search", [("q", words[:QUERY_CHARACTERS_MAX])])
    return [hit for group in found["groups"] if group["kind"] in KINDS for hit in group["data"][:_PER_KIND]]
