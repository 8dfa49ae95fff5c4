"""Every endpoint of the gateway, found in its own table of routes, and a request for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from litestar import Litestar
from litestar.routes import HTTPRoute

from tests.support.walking.samples import Sampler, kind_of

_PLACE = re.compile(r"\{([a-z_]+)(?::[a-z]+)?\}")
_ID_PARAMETERS = {"target": "store", "subject": "store", "record": "store"}


class Endpoint(NamedTuple):
    """One method of one address."""

    method: str
    path: str
    description: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """How tables and findings call it: `POST /blocks/{block_id}/lift`."""
        return f"{self.method} {self.path.removeprefix('/v1')}"

    @property
    def places(self) -> list[str]:
        """The names of the parameters in the path."""
        return _PLACE.findall(self.path)


class Wanted(NamedTuple):
    """What to send; `narrowed` when a filter was added to the plain request."""

    path: str
    query: list[tuple[str, str]]
    body: Any
    narrowed: bool = False


def endpoints_of(app: Litestar, document: Mapping[str, Any]) -> Iterator[Endpoint]:
    """Yield every endpoint that the application has a route for; those left out of the document have no description."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        path = _PLACE.sub(r"{\1}", route.path)
        for method in sorted(set(route.route_handler_map) - {"OPTIONS", "HEAD"}):
            described = document["paths"].get(path, {}).get(method.lower())
            yield Endpoint(method, path, described)


def address_of(endpoint: Endpoint, sampler: Sampler, given: Mapping[str, Any]) -> str:
    """Return the path with its places filled. Raises: KeyError, when one is an id of no known kind."""
    path = endpoint.path
    described = endpoint.description or {}
    sets = {each["name"]: each["schema"].get("enum", ()) for each in described.get("parameters", ())}
    for place in endpoint.places:
        filled = next(iter(sets.get(place, ())), "") or given.get(place)
        path = path.replace(f"{{{place}}}", filled or sampler.typed(kind_of(place) or place))
    return path


def requests_for(endpoint: Endpoint, sampler: Sampler, example: Mapping[str, Any]) -> Iterator[Wanted]:
    """Yield the plain request, then one for each filter that takes an id or words.

    What `example` says goes before what is made from the description. Raises: KeyError, when a place in the path is an
    id of no known kind.
    """
    path = address_of(endpoint, sampler, example)
    described = endpoint.description or {}
    parameters = [each for each in described.get("parameters", ()) if each["in"] == "query"]
    needed = [
        (each["name"], _plain(example.get(each["name"], sampler.value(each["schema"], each["name"]))))
        for each in parameters
        if each.get("required") or each["name"] in example
    ]
    body = None
    if content := described.get("requestBody", {}).get("content", {}):
        schema = content.get("application/json", {}).get("schema")
        body = None if schema is None else sampler.value(schema)
    if isinstance(body, dict):
        body |= {name: value for name, value in example.items() if name not in endpoint.places}
    yield Wanted(path, needed, body)
    for each in parameters:
        kind = _ID_PARAMETERS.get(each["name"]) or kind_of(each["name"])
        if kind and kind in sampler.records and not each["schema"].get("enum"):
            yield Wanted(path, [*needed, (each["name"], sampler.typed(kind))], body, narrowed=True)
        elif each["name"] in ("query", "q"):
            yield Wanted(
                path, [*(pair for pair in needed if pair[0] != each["name"]), (each["name"], "ondine")], body
            )


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
