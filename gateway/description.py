"""The API's description: its OpenAPI document, and a page of it that needs nothing from elsewhere.

Both are built once at start, compressed once, and asked for again only when they changed.
"""

from __future__ import annotations

import asyncio
import gzip
import html
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec
from litestar import Litestar, MediaType, Request, Response

from gateway.problems import PROBLEM_TYPE, ProblemBody

_CACHE: Final = "public, max-age=300, must-revalidate"
_PAGE_POLICY: Final = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
_LANGUAGES: Final = ("fr", "en")
_TAGS_READ_MAX: Final = 32
_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; font-size: 1.2rem; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .5rem .75rem; }
summary { cursor: pointer; } code, pre { font: 14px/1.45 ui-monospace, monospace; }
pre { background: var(--soft); padding: .75rem; overflow-x: auto; border-radius: 4px; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 600; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .25rem .5rem;
border-bottom: 1px solid var(--line); vertical-align: top; }
"""

_WORDS: Final = {
    "fr": {"parameters": "Paramètres", "body": "Corps", "answers": "Réponses", "types": "Types"},
    "en": {"parameters": "Parameters", "body": "Body", "answers": "Answers", "types": "Types"},
}
_PROBLEM: Final = {
    "description": "A problem: its code says which",
    "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
}
_NULL: Final = {"type": "null"}
_METHODS: Final = ("get", "post", "put", "patch", "delete")


class _Form(NamedTuple):
    """One representation with its strong ETag."""

    body: bytes
    etag: str


class Ready(NamedTuple):
    """One resource: as it is, and compressed."""

    plain: _Form
    gzipped: _Form
    media_type: str
    headers: dict[str, str]

    def answer(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Return it in the form that the caller takes, or 304 when that is what the caller has."""
        compressed = _takes_gzip(request.headers.get("accept-encoding", ""))
        form = self.gzipped if compressed else self.plain
        headers = {**self.headers, "ETag": form.etag, "Cache-Control": _CACHE}
        if _has(request.headers.get("if-none-match", ""), form.etag):
            return Response(b"", status_code=304, headers=headers)
        if compressed:
            headers["Content-Encoding"] = "gzip"
        return Response(form.body, media_type=self.media_type, headers=headers)


def to_json(document: dict[str, Any]) -> bytes:
    """Return a document as bytes, keys in order, so that two runs give the same ones."""
    return msgspec.json.format(msgspec.json.encode(document, order="deterministic"), indent=2)


def document_of(app: Litestar) -> dict[str, Any]:
    """Return the document as plain values; every refusal is a problem, whatever the framework would say."""
    document = app.openapi_schema.to_schema()
    _, problems = msgspec.json.schema_components([ProblemBody], ref_template="#/components/schemas/{name}")
    document["components"]["schemas"] |= problems
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("400", None)
            for answer in operation["responses"].values():
                _describe_files(answer.get("content", {}))
            operation["responses"]["default"] = _PROBLEM
            for parameter in operation.get("parameters", ()):
                _say_absent(parameter)
    _drop_examples(document["components"]["schemas"])
    _drop_examples(document["paths"])
    return document


def _say_absent(parameter: dict[str, Any]) -> None:
    """Take null out of a parameter: one that is not given is left out, and a client would send the word."""
    schema = parameter["schema"]
    one_of = [each for each in schema.pop("oneOf", ()) if each != _NULL]
    if len(one_of) == 1:
        schema.update(one_of[0])
    elif one_of:
        schema["oneOf"] = one_of
    if isinstance(schema.get("type"), list):
        kinds = [each for each in schema["type"] if each != "null"]
        schema["type"] = kinds[0] if len(kinds) == 1 else kinds
    if "enum" in schema:
        schema["enum"] = [each for each in schema["enum"] if each is not None]
    if schema.get("type") == "integer":
        schema.update({bound: int(schema[bound]) for bound in ("minimum", "maximum") if bound in schema})
    if parameter.get("required") or schema.get("default", "") is None:
        schema.pop("default", None)


def _describe_files(content: dict[str, Any]) -> None:
    """Say that what is neither JSON nor text is bytes."""
    for media_type, described in content.items():
        if media_type.startswith("text/"):
            described["schema"] = {"type": "string"}
        elif not media_type.endswith("json"):
            described["schema"] = {"type": "string", "format": "binary"}


def _drop_examples(part: object) -> None:
    """Take out what the framework invents: it is other nonsense at every start."""
    if isinstance(part, dict):
        if not isinstance(part.get("examples"), dict) or "properties" in part:
            part.pop("examples", None)
        for value in part.values():
            _drop_examples(value)
    elif isinstance(part, list):
        for value in part:
            _drop_examples(value)


def page_of(document: dict[str, Any], locale: str) -> str:
    """Return the page of a document. It holds no script."""
    words = _WORDS[locale]
    parts = [f"<h1>{_text(document['info']['title'])} {_text(document['info']['version'])}</h1>"]
    parts.append(f"<p>{_text(document['info'].get('description', ''))}</p>")
    parts.append('<p><a href="/openapi.json">openapi.json</a></p>')
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if method in operations:
                operation = operations[method]
                tag = (operation.get("tags") or ["API"])[0]
                by_tag.setdefault(tag, []).append(_operation(method, path, operation, words))
    for tag, shown in by_tag.items():
        parts.append(f"<h2>{_text(tag)}</h2>" + "".join(shown))
    parts.append(f"<h2>{words['types']}</h2>")
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        parts.append(f"<details id='{_text(name)}'><summary>{_text(name)}</summary>{_json(schema)}</details>")
    head = f'<!doctype html><html lang="{locale}"><head><meta charset="utf-8"><title>Guichet API</title>'
    head += '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/docs/page.css">'
    return f"{head}</head><body>{''.join(parts)}</body></html>"


def _operation(method: str, path: str, operation: dict[str, Any], words: dict[str, str]) -> str:
    parts = [f"<p>{_text(operation.get('description', ''))}</p>"]
    parameters = operation.get("parameters", [])
    if parameters:
        rows = "".join(
            f"<tr><td><code>{_text(each['name'])}</code></td><td>{_text(each['in'])}</td>"
            f"<td>{_text(each.get('description', ''))}</td></tr>"
            for each in parameters
        )
        parts.append(f"<h4>{words['parameters']}</h4><table>{rows}</table>")
    if "requestBody" in operation:
        parts.append(f"<h4>{words['body']}</h4>{_json(operation['requestBody']['content'])}")
    parts.append(f"<h4>{words['answers']}</h4>{_json(operation.get('responses', {}))}")
    title = f"<span class='method'>{method.upper()}</span> <code>{_text(path)}</code>"
    return (
        f"<details><summary>{title} {_text(operation.get('summary', ''))}</summary>{''.join(parts)}</details>"
    )


def _json(value: Any) -> str:
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return f"<pre>{_text(text)}</pre>"


def _text(value: str) -> str:
    return html.escape(value, quote=True)


class Description:
    """The document, its page in each language and the page's style."""

    def __init__(self, build: Callable[[Litestar], dict[str, Any]] = document_of) -> None:
        self._build = build
        self._making = asyncio.Lock()
        self._ready: dict[str, Ready] = {}

    async def find(self, app: Litestar, name: str) -> Ready:
        """Return `json`, `css`, or the page by its language."""
        if not self._ready:
            async with self._making:
                if not self._ready:
                    # Over a second of work, and serialising holds the loop up: away from it.
                    self._ready = await asyncio.to_thread(self._make, app)
        return self._ready[name]

    def _make(self, app: Litestar) -> dict[str, Ready]:
        document = self._build(app)
        made = {
            "json": _ready(
                to_json(document), "application/vnd.oai.openapi+json", {"Vary": "Accept-Encoding"}
            ),
            "css": _ready(_STYLE.encode(), "text/css", {"Vary": "Accept-Encoding"}),
        }
        for language in _LANGUAGES:
            made[language] = _ready(
                page_of(document, language).encode(),
                MediaType.HTML,
                {"Vary": "Accept-Encoding, Accept-Language", "Content-Security-Policy": _PAGE_POLICY},
            )
        return made


def _ready(body: bytes, media_type: str, headers: dict[str, str]) -> Ready:
    # Without a time in it, equal bodies give equal bytes, in every instance.
    compressed = gzip.compress(body, compresslevel=9, mtime=0)
    tag = sha256(body).hexdigest()[:32]
    return Ready(_Form(body, f'"{tag}"'), _Form(compressed, f'"{tag}-gz"'), media_type, headers)


def _takes_gzip(accepted: str) -> bool:
    """Read Accept-Encoding: whether gzip is named, or everything is, and not with a weight of nothing."""
    weights: dict[str, bool] = {}
    for part in accepted.split(",")[:_TAGS_READ_MAX]:
        coding, _, weight = part.strip().lower().partition(";")
        weights[coding.strip()] = weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return weights.get("gzip", weights.get("*", False))


def _has(known: str, etag: str) -> bool:
    """Read If-None-Match; a proxy may have made the tag weak on its way."""
    return known.strip() == "*" or etag in {
        tag.strip().removeprefix("W/") for tag in known.split(",")[:_TAGS_READ_MAX]
    }
