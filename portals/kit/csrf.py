"""Forgery protection: a random HttpOnly cookie, and in each form a keyed hash of it; the origin is checked too."""

from __future__ import annotations

import hmac

from portals.kit.legible import address_parts
from portals.kit.sealing import Sealer

FIELD = "csrf"
_PURPOSE = "csrf"


def form_token(sealer: Sealer, cookie: str) -> str:
    """Return what a form carries in its hidden field."""
    return sealer.proof(_PURPOSE, cookie)


def is_genuine(
    sealer: Sealer, *, cookie: str | None, field: str | None, origin: str | None, host: str | None
) -> bool:
    """Say whether a POST comes from a form of ours in the same browser."""
    if not cookie or not field:
        return False
    # Some browsers send no Origin with a same-origin form; "null" is what a sandbox sends and is refused.
    if origin is not None and address_parts(origin).netloc != host:
        return False
    return hmac.compare_digest(form_token(sealer, cookie).encode(), field.encode())
