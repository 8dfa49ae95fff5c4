"""One's own access: password, second factors, recovery codes, and where one is logged in."""

from __future__ import annotations

from portals.kit.access import security

HANDLERS = security.HANDLERS
