"""The API's description as it is served: built once at start, compressed once, asked for again only when it changed."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final, NamedTuple

from litestar import Litestar, MediaType, Request, Response

from gateway.openapi_page import STYLE, document_of, page_of, to_json

_CACHE: Final = "public, max-age=300, must-revalidate"
_PAGE_POLICY: Final = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
_LANGUAGES: Final = ("fr", "en")
_TAGS_READ_MAX: Final = 32


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
            "css": _ready(STYLE.encode(), "text/css", {"Vary": "Accept-Encoding"}),
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
