"""The style sheet and the logo of the host that was asked, which pages wear."""

from __future__ import annotations

from typing import Final

from litestar import Response, get

from portals.kit.entrance import OPEN
from portals.kit.visit import Visit

_KEPT: Final = "public, max-age=31536000, immutable"
# An SVG of ours holds no script; should one ever, no browser runs it here.
_LOGO_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


@get("/brand/style.css", opt=OPEN)
async def brand_style(visit: Visit) -> Response[str]:
    """Return the colours of the host's face; the address changes with them."""
    brand = visit.kit.brands.of(visit.request.headers.get("host", ""))
    return Response(brand.style, media_type="text/css", headers={"cache-control": _KEPT})


@get("/brand/logo", opt=OPEN)
async def brand_logo(visit: Visit) -> Response[bytes]:
    """Return the logo of the host's face."""
    brand = visit.kit.brands.of(visit.request.headers.get("host", ""))
    if not brand.logo_type:
        return Response(b"", status_code=404)
    headers = {"cache-control": _KEPT, "content-security-policy": _LOGO_POLICY}
    return Response(brand.picture, media_type=brand.logo_type, headers=headers)


HANDLERS = (brand_style, brand_logo)
