"""Who else looks at a record."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

HANDLERS: tuple[ControllerRouterHandler, ...] = ()
