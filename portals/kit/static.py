"""Static files, named by their content and therefore cached for good; read once, compressed once."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import NamedTuple

import msgspec
from litestar import Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException

FOREVER = "public, max-age=31536000, immutable"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}


class AssetsMissing(Exception):
    """portals/assets/dist was never built."""


class Asset(NamedTuple):
    """One file as it is served."""

    content: bytes
    compressed: bytes | None
    media_type: str


class Assets:
    """Every file of dist/ in memory (about 400 KiB), by its hashed name."""

    def __init__(self, folder: Path) -> None:
        """Raises: AssetsMissing."""
        manifest = folder / "manifest.json"
        if not manifest.is_file():
            raise AssetsMissing(f"{folder} is not built: run `python -m portals.assets.build`")
        self.names = msgspec.json.decode(manifest.read_bytes(), type=dict[str, str])
        self._files = {hashed: _load(folder / hashed) for hashed in self.names.values()}

    def url(self, name: str) -> str:
        """Return the address of a file by its plain name."""
        return f"/static/{self.names[name]}"

    def find(self, hashed: str) -> Asset | None:
        """Return a file by its hashed name."""
        return self._files.get(hashed)


@get("/static/{name:str}", include_in_schema=False, opt={"open": True})
async def serve_static(name: str, state: State, headers: dict[str, str]) -> Response[bytes]:
    """Serve one file; an unknown name is a 404 that nobody may cache."""
    assets: Assets = state.assets
    asset = assets.find(name)
    if asset is None:
        raise NotFoundException
    answer_headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
    content = asset.content
    if asset.compressed is not None and "gzip" in headers.get("accept-encoding", ""):
        content = asset.compressed
        answer_headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=asset.media_type, headers=answer_headers)


def _load(file: Path) -> Asset:
    compressed = file.with_name(f"{file.name}.gz")
    media_type = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Asset(file.read_bytes(), compressed.read_bytes() if compressed.is_file() else None, media_type)
