"""One's own access: password, second factors, devices."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

HANDLERS: tuple[ControllerRouterHandler, ...] = ()
