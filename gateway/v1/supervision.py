"""Saved views, exports, alerts, activity."""

from litestar.types import ControllerRouterHandler

from gateway.v1 import exports

HANDLERS: tuple[ControllerRouterHandler, ...] = (*exports.HANDLERS,)
