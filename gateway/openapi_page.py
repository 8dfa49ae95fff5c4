"""The OpenAPI document as bytes, and as a page that needs nothing from elsewhere."""

import html
import sys
from typing import Any, Final

import msgspec
from litestar import Litestar

from gateway.problems import PROBLEM_TYPE, ProblemBody

STYLE: Final = """
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
_METHODS: Final = ("get", "post", "put", "patch", "delete")


def openapi_json(app: Litestar) -> bytes:
    """Return the document of an application as bytes."""
    return to_json(document_of(app))


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
            operation["responses"]["default"] = _PROBLEM
    _drop_examples(document["components"]["schemas"])
    _drop_examples(document["paths"])
    return document


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


def render_page(app: Litestar, locale: str) -> str:
    """Return the page of an application."""
    return page_of(document_of(app), locale)


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


def main() -> None:
    """Write the document to standard output: `python -m gateway.openapi_page > docs/openapi.json`."""
    from gateway.app import build_app  # noqa: PLC0415 -- the application imports this module.

    sys.stdout.buffer.write(openapi_json(build_app(None)) + b"\n")


if __name__ == "__main__":
    main()
