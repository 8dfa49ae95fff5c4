"""The journal of mail."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

HANDLERS: tuple[ControllerRouterHandler, ...] = ()
